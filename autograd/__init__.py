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

from typing import TYPE_CHECKING, Any

from autograd import namesake  # noqa: F401 (first of all: a mixed installation must be refused)
from autograd.bulk import read_data, read_grads, write_data, write_grads
from autograd.collector import without_collector
from autograd.derivatives import stale
from autograd.errors import (
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
from autograd.functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.gradcheck import gradcheck
from autograd.modes import detect_anomaly, no_grad, observed, provenance, scope
from autograd.operand import Matrix, Operands, matrix, operands
from autograd.ops import TABLE, Op
from autograd.order import topological_order
from autograd.primitives import functions, primitive, row_functions
from autograd.program import Program, compile
from autograd.value import Value

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
