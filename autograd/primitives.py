"""The rows of the table as Value's methods and as functions; and how to add a primitive of your own.

``functions`` holds ``exp``, ``dot``, ``where`` and all the others by name; ``autograd`` shows them as its own.  This is
where the table (``ops.py``), the templates (``bind.py``) and the class (``value.py``) meet.
"""

from collections.abc import Callable, Iterable
from inspect import signature
from keyword import iskeyword
from typing import Any, Final

from autograd.bind import VALUES, install
from autograd.errors import FormulaError
from autograd.graph import Node
from autograd.ops import FLOATS, TABLE, Op, register
from autograd.value import Value

functions: Final[dict[str, Callable[..., Any]]] = {}
"""Every primitive as a function of Values and numbers, by name; ``autograd`` shows them as its own."""


def install_primitive(op: Op) -> Callable[..., Any]:
    """Enter a row in the table and give Value its method; a row of the same name is replaced everywhere it is read."""
    before = TABLE.get(op.name)
    register(op)
    try:
        methods, function = install(op, Value)
    except FormulaError:
        del TABLE[op.name]
        if before is not None:
            register(before)
        raise
    for name, method in methods.items():
        setattr(Value, name, method)
    if op.name in functions:
        # Whoever imported the function holds this very object: give it the new row's code.
        known = functions[op.name]
        known.__globals__.update(function.__globals__)
        known.__code__ = function.__code__
        function = known
    functions[op.name] = VALUES.namespace[op.name] = function
    return function


def primitive(
    name: str, value: str | Callable[..., float], partials: Any, *, operands: Iterable[str] | None = None,
    symbol: str = "", latex: str = "", note: str = "", defaults: dict[str, float] | None = None,
) -> Callable[..., Any]:  # fmt: skip
    """Add a primitive of your own: a function, and a method of Value.

    Args:
        name: its name, a Python identifier that no primitive has yet.
        value: the formula of the value, such as ``"x / (1 + abs(x))"``, in which every primitive may be called; such
            a primitive serves every reader: backward, gradients of gradients, drawing, the compiler. Or a Python
            function of floats: then the primitive is opaque and eager only.
        partials: the formula of each ∂out/∂operand, where ``out`` is the value; one text, or a sequence of them. For
            a Python function: a function ``(out, x, ...)`` that gives a tuple of floats.
        operands: the operands' names; by default ``x``, or ``x`` and ``y`` if there are two partials.
        symbol: what drawings show; the name by default.
        latex: template with ``{0}``, ``{1}`` for the operands.
        note: a sentence on its behaviour at edges.
        defaults: numbers for operands that may be left out.

    Raises:
        FormulaError: the name is taken or no identifier, or a formula is not in the language.

    >>> softsign = primitive("softsign", "x / (1 + abs(x))", "1 / (1 + abs(x))**2")
    >>> x = Value(1.0)
    >>> y = softsign(x) * 8
    >>> y.backward()
    >>> y.data, x.grad
    (4.0, 2.0)
    """
    if not name.isidentifier() or iskeyword(name) or name in TABLE or hasattr(Value, name):
        raise FormulaError(f"a primitive needs an identifier that is not taken yet as its name; got {name!r}")
    python = None
    rules: tuple[str, ...] = (partials,) if isinstance(partials, str) else ()
    if isinstance(value, str):
        rules = rules or tuple(partials)
    else:
        if not callable(partials):
            raise FormulaError(f"the primitive {name!r} has a Python function as its value, so `partials` must be a "
                               "function (out, x, ...) that gives a tuple of floats")  # fmt: skip
        python = (value, partials)
    if operands is None:
        operands = signature(value).parameters if callable(value) else ("x", "y")[: len(rules)]
    names = tuple(operands)
    if not names:
        raise FormulaError(f"the primitive {name!r} has no operands; give it at least one, such as operands=('x',)")
    text = value if isinstance(value, str) else ""
    return install_primitive(
        Op(name, names, text, rules or ("",) * len(names), symbol or name, latex, note, defaults or {}, python=python)
    )


def _choose(condition: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """``a if c else b`` over Values: a choice already decided builds only its own side."""
    if isinstance(condition, Node):
        return functions["where"](condition, yes(), no())
    return yes() if condition else no()


for _row in tuple(TABLE.values()):
    install_primitive(_row)
VALUES.namespace.update({
    "choose": _choose, "fabs": functions["abs"],
    **{name: FLOATS.namespace[name] for name in ("inf", "nan", "pi")},
})  # fmt: skip
