"""A scalar reverse-mode autograd engine that hides nothing.

    from autograd import Value
    a, b = Value(2.0), Value(-3.0)
    loss = (a * b + 10).tanh()
    loss.backward()
    a.grad, b.grad

Every primitive of the table is here as a function of Values and numbers: ``autograd.exp(x)``, ``autograd.dot(ws, xs)``.
Where to read on: ``ops.py``, the one page of calculus; ``graph.py``, what a node is; ``value.py``; ``sweep.py``, the
chain rule as a loop.  This file only gathers the public names, and needs nothing but the standard library.
"""

from importlib import metadata
from typing import TYPE_CHECKING, Any


def _refuse_namesake() -> None:
    """HIPS/autograd installs the same import name; with both in one environment, files of the two get mixed."""
    try:
        version = metadata.version("autograd")
    except metadata.PackageNotFoundError:
        return
    raise ImportError(
        f"the distribution 'autograd' {version} (HIPS/autograd) is installed here, and it has the same import name as "
        "chainrule's engine. Mend it with: python -m pip uninstall -y autograd && python -m pip install "
        "--force-reinstall --no-deps chainrule (in a checkout, -e . in place of chainrule); or use the two in separate "
        "virtual environments"
    )


_refuse_namesake()

from autograd.bulk import read_data, read_grads, write_data, write_grads  # noqa: E402
from autograd.collector import without_collector  # noqa: E402
from autograd.derivatives import stale  # noqa: E402
from autograd.errors import (  # noqa: E402
    AnomalyError,
    AutogradError,
    ExpressionError,
    FormulaError,
    GradcheckError,
    GraphCycleError,
    GraphError,
    LengthError,
    MissingExtraError,
    NumberTooLargeError,
    OpaqueNodeError,
    OperandTypeError,
    ProgramError,
    ProgramMismatchError,
    StaleGraphError,
    StructureError,
)
from autograd.functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp  # noqa: E402
from autograd.gradcheck import gradcheck  # noqa: E402
from autograd.modes import detect_anomaly, no_grad, observed, provenance, scope  # noqa: E402
from autograd.operand import Matrix, Operands, matrix, operands  # noqa: E402 (a mixed installation must be refused first)
from autograd.ops import TABLE, Op  # noqa: E402
from autograd.order import topological_order  # noqa: E402
from autograd.primitives import functions, primitive, row_functions  # noqa: E402
from autograd.program import Program, compile  # noqa: E402
from autograd.value import Value  # noqa: E402

globals().update(functions, **row_functions)

__all__ = [
    "TABLE",
    "AnomalyError",
    "AutogradError",
    "ExpressionError",
    "FormulaError",
    "GradcheckError",
    "GraphCycleError",
    "GraphError",
    "LengthError",
    "Matrix",
    "MissingExtraError",
    "NumberTooLargeError",
    "Op",
    "OpaqueNodeError",
    "OperandTypeError",
    "Operands",
    "Program",
    "ProgramError",
    "ProgramMismatchError",
    "StaleGraphError",
    "StructureError",
    "Value",
    "compile",
    "detect_anomaly",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "matrix",
    "no_grad",
    "observed",
    "operands",
    "primitive",
    "provenance",
    "read_data",
    "read_grads",
    "scope",
    "stale",
    "topological_order",
    "value_and_grad",
    "vjp",
    "without_collector",
    "write_data",
    "write_grads",
]  # fmt: skip
__all__ += [*functions, *row_functions]

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Every primitive by its name in the table."""
