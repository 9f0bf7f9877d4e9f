"""Every error this library raises on purpose.  No logic lives here; ``ieee.py`` is the next file to read.

::

    AutogradError
    ├── OperandTypeError      (TypeError)           something that is no number was used as one
    ├── NumberTooLargeError   (OverflowError)       an int that no float can hold
    ├── LengthError           (ValueError)          operands whose lengths do not fit, or none where one is needed
    ├── FormulaError          (ValueError)          a primitive whose formula is not in the formula language
    ├── StructureError        (TypeError)           arguments or results that are no numbers, lists, tuples or dicts
    ├── GraphError            (RuntimeError)        a graph that does not allow what was asked of it
    │   ├── StaleGraphError                         data were changed after the node was computed
    │   ├── OpaqueNodeError                         a node whose rule is only a Python function
    │   ├── GraphCycleError                         a node was made its own ancestor through ``_prev``
    │   ├── ProgramError                            a compiled program that is malformed, or asked for what it lacks
    │   └── ProgramMismatchError                    a fresh graph that is not the one a program was compiled from
    ├── AnomalyError          (FloatingPointError)  the first non-finite number, under ``detect_anomaly()``
    ├── GradcheckError        (AssertionError)      a derivative that its numeric check contradicts
    ├── ExpressionError       (ValueError)          text that is not in the expression language
    └── MissingExtraError     (ImportError)         an optional package is needed; the text names the command

Each derives from the built-in that a Python user would catch without knowing this library.
"""


class AutogradError(Exception):
    """Base of every error raised on purpose by ``autograd``, ``nn`` and ``visualize``."""


class OperandTypeError(AutogradError, TypeError):
    """Something that is no real number was given where a number or a Value belongs."""


class NumberTooLargeError(AutogradError, OverflowError):
    """An int was given that no float can hold."""


class LengthError(AutogradError, ValueError):
    """Sequences of operands do not fit together, or one is empty that must not be."""


class FormulaError(AutogradError, ValueError):
    """A primitive's formula is not in the formula language (see ``autograd.formula``)."""


class StructureError(AutogradError, TypeError):
    """A function's arguments or results are not numbers or nested lists, tuples and dicts of numbers."""


class GraphError(AutogradError, RuntimeError):
    """The graph does not allow what was asked of it."""


class StaleGraphError(GraphError):
    """A node no longer fits its operands' data: something was changed after the forward pass."""


class OpaqueNodeError(GraphError):
    """A node whose rule is known only as a Python function cannot serve this purpose."""


class GraphCycleError(GraphError):
    """The parents of a node lead back to it, so no topological order exists."""


class ProgramError(GraphError):
    """A program is not well formed, or was asked for a leaf, a shape or a backend that it does not have."""


class ProgramMismatchError(ProgramError):
    """A fresh graph takes other steps than the one the program was compiled from; the text names the first."""


class AnomalyError(AutogradError, FloatingPointError):
    """A value or gradient became infinite or NaN while ``detect_anomaly()`` was watching."""


class GradcheckError(AutogradError, AssertionError):
    """A derivative differs from its numeric check; the text names node, parent, expected and found."""


class ExpressionError(AutogradError, ValueError):
    """Text that is not in the expression language; the text carries a caret under the place."""


class MissingExtraError(AutogradError, ImportError):
    """An optional package is needed for this; the text names the command that installs it."""
