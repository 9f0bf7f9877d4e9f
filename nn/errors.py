"""Every error that ``nn`` raises on purpose, beside those of ``autograd``.  No logic lives here; next: ``module.py``.

::

    AutogradError
    ├── OptionError      (ValueError)    an argument outside its range: a negative rate, an unknown name
    │   └── OptionTypeError (TypeError)  an argument of another kind: text for a number, a class for its object
    ├── TargetError      (ValueError)    targets that a loss cannot use: a class that does not exist, a wrong shape
    ├── StateDictError   (ValueError)    a state that does not fit the module or optimiser it is loaded into
    └── ModelFileError   (ValueError)    a file that is no model, is damaged, or does not fit the model to be filled
"""

from autograd import AutogradError


class OptionError(AutogradError, ValueError):
    """An argument is outside its range, or no thing of that name exists; the text lists what does."""


class OptionTypeError(OptionError, TypeError):
    """An argument is of another kind than expected: text for a number, a bool for a size, a class for its object."""


class TargetError(AutogradError, ValueError):
    """Targets that a loss cannot use with these predictions."""


class StateDictError(AutogradError, ValueError):
    """A state does not fit what it is loaded into, which is left as it was."""


class ModelFileError(AutogradError, ValueError):
    """A file is not a whole and undamaged model that this version can read, or holds one that does not fit."""
