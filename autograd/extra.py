"""Optional packages: imported when a function needs them; where one is missing, the error names the command."""

import importlib
from typing import Any

from autograd.errors import MissingExtraError


def extra(module: str, name: str) -> Any:
    """The imported ``module``, which comes with the extra ``name``.

    Raises:
        MissingExtraError: it is not installed; the text is the command that installs it.

    >>> extra("a_package_nobody_has", "plot")
    Traceback (most recent call last):
    autograd.errors.MissingExtraError: this needs a_package_nobody_has: pip install "chainrule[plot]"
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise  # it is there, and something that it needs itself is not
        raise MissingExtraError(f'this needs {package}: pip install "chainrule[{name}]"') from None
