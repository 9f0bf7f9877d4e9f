"""The rows of the table as Value's methods and as functions; and how to add a primitive of your own.

``functions`` holds ``exp``, ``dot``, ``where`` and all the others by name; ``autograd`` shows them as its own.  This is
where the table (``ops.py``), the templates (``bind.py``) and the class (``value.py``) meet.
"""

import builtins
from collections.abc import Callable, Iterable
from inspect import signature
from keyword import iskeyword
from typing import Any, Final

from autograd.bind import RESERVED, VALUES, install
from autograd.errors import FormulaError
from autograd.fuse import rowwise
from autograd.graph import Node
from autograd.operand import as_float
from autograd.ops import FLOATS, TABLE, Op, is_list, register
from autograd.value import Value

functions: Final[dict[str, Callable[..., Any]]] = {}
"""Every primitive as a function of Values and numbers, by name; ``autograd`` shows them as its own."""

row_functions: Final[dict[str, Callable[..., Any]]] = {}
"""The functions that make one node for each of many rows, by name: ``matvec``; shown as the others are."""


def install_primitive(op: Op) -> Callable[..., Any]:
    """Enter a row in the table and give Value its method; a row of the same name is replaced everywhere it is read."""
    before = TABLE.get(op.name)
    try:
        register(op)
        if before is None and op.python is None:
            _try_out(op)
        methods, function = install(op, Value)
    except Exception as error:
        for table in (TABLE, FLOATS.namespace, FLOATS.formulas):
            table.pop(op.name, None)
        if before is not None:
            register(before)
        if isinstance(error, RecursionError):
            raise FormulaError(f"a formula of {op.name!r} calls itself, or is nested too deeply") from None
        raise
    for name, method in methods.items():
        setattr(Value, name, method)
    function = functions[op.name] = VALUES.namespace[op.name] = _renewed(functions.get(op.name), function)
    if rows := op.rows or (before.rows if before else ""):
        row_functions[rows] = _renewed(row_functions.get(rows), rowwise(op, rows, Value, function))
    return function


def _renewed(known: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, or the one ``known`` by its name with its code: whoever imported that holds this very object."""
    if known is None:
        return function
    known.__globals__.update(function.__globals__)
    known.__code__ = function.__code__
    renewed: Callable[..., Any] = known
    return renewed


def _try_out(op: Op) -> None:
    """Evaluate a new row's formulas at a few numbers: what does not fit shows here, and not in the middle of a graph.

    Raises:
        FormulaError: a formula raises, or gives a list where a number belongs or the other way round.
    """
    for number in (0.75, -2.5, 0.0):
        arguments = [[number, 1.5] if is_list(name) else number for name in op.operands]
        at = ", ".join(f"{name} = {argument}" for name, argument in zip(op.operands, arguments, strict=True))
        out = _tried(op, "the value", at, False, op.value_in(FLOATS), arguments)
        for index, name in enumerate(op.operands):
            _tried(op, f"∂{name}", at, is_list(name), op.partial_in(FLOATS, index), [out, *arguments])


def _tried(op: Op, part: str, at: str, wants_list: bool, rule: Callable[..., Any], arguments: list[Any]) -> Any:
    try:
        found = rule(*arguments)
    except (TypeError, ValueError, ArithmeticError, LookupError, NameError) as error:
        raise FormulaError(f"the formula for {part} of {op.name!r} fails at {at}: {error}") from None
    fits = isinstance(found, list | tuple) and len(found) == 2 if wants_list else isinstance(found, int | float)
    if not fits:
        wanted = "a list with a number for each operand of its list" if wants_list else "a number"
        raise FormulaError(f"the formula for {part} of {op.name!r} must give {wanted}; at {at} it gives {found!r}")
    return found


def _checked(name: str, partials: Callable[..., Any], operands: tuple[str, ...]) -> Callable[..., Any]:
    """An opaque primitive's partials, held against its operands at each call."""

    def rule(out: float, *arguments: Any) -> Any:
        found = partials(out, *arguments)
        if not isinstance(found, list | tuple) or len(found) != len(operands):
            raise FormulaError(
                f"the partials of {name!r} must come as a tuple, one for each operand, {len(operands)} in all; "
                f"got {found!r}"
            )
        checked: list[Any] = []
        for operand, given, partial in zip(operands, arguments, found, strict=True):
            if is_list(operand):
                numbers = list(partial) if hasattr(partial, "__iter__") else []
                if len(numbers) != len(given) or not all(hasattr(number, "__float__") for number in numbers):
                    raise FormulaError(
                        f"∂{operand} of {name!r} must be a list with a number for each entry of {operand}, "
                        f"{len(given)} in all; got {partial!r}"
                    )
                checked.append(list(map(float, numbers)))
            elif hasattr(partial, "__float__"):
                checked.append(float(partial))
            else:
                raise FormulaError(f"∂{operand} of {name!r} must be a number; got {partial!r}")
        return checked

    return rule


def _refuse_operands(name: str, operands: tuple[str, ...], defaults: Iterable[str]) -> None:
    for index, operand in enumerate(operands):
        fits = operand.isidentifier() and not iskeyword(operand) and not operand.startswith("_")
        if not fits or operand.endswith(("_", "_class", "_values", "_depth", "_group")) or operand in operands[:index]:
            raise FormulaError(f"each operand of {name!r} needs a simple name of its own, such as x; got {operand!r}")
        if operand == "out" or operand in FLOATS.namespace:
            raise FormulaError(f"an operand of {name!r} may not be named {operand}: formulas mean something else by it")
    first = next((index for index, operand in enumerate(operands) if operand in defaults), len(operands))
    if set(defaults) != set(operands[first:]) or first == 0:
        raise FormulaError(f"defaults of {name!r} belong to its last operands, though not to its first; the operands "
                           f"are {', '.join(operands)}, and there are defaults for {', '.join(defaults)}")  # fmt: skip


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
        FormulaError: a name is taken or no identifier, a formula is not in the language, or it does not give a number.

    >>> softsign = primitive("softsign", "x / (1 + abs(x))", "1 / (1 + abs(x))**2")
    >>> x = Value(1.0)
    >>> y = softsign(x) * 8
    >>> y.backward()
    >>> y.data, x.grad
    (4.0, 2.0)
    """
    if str(name) != name or not name.isidentifier() or iskeyword(name) or name in TABLE or hasattr(Value, name):
        raise FormulaError(f"a primitive needs an identifier that is not taken yet as its name; got {name!r}")
    operand = any(name in op.operands for op in TABLE.values())
    if operand or name in RESERVED or hasattr(builtins, name) or name in FLOATS.namespace:
        raise FormulaError(
            f"a primitive may not be named {name!r}: Python, or the code made from formulas, means something else by it"
        )
    rules: tuple[str, ...] = (partials,) if isinstance(partials, str) else ()
    if isinstance(value, str):
        if not rules and not (isinstance(partials, list | tuple) and all(isinstance(rule, str) for rule in partials)):
            raise FormulaError(f"the partials of {name!r} must be a formula or a sequence of them; got {partials!r}")
        rules = rules or tuple(partials)
    elif not all(map(callable, (value, partials))):
        raise FormulaError(
            f"the primitive {name!r} needs formulas, or Python functions for both: value must be a function (x, ...) "
            "that gives a float, partials a function (out, x, ...) that gives a tuple of floats"
        )
    if operands is None:
        operands = signature(value).parameters if callable(value) else ("x", "y")[: len(rules)]
    names = tuple(operands)
    if not names:
        raise FormulaError(f"the primitive {name!r} has no operands; give it at least one, such as operands=('x',)")
    numbers = {key: as_float(number, f"the default of {key}, a number,") for key, number in (defaults or {}).items()}
    _refuse_operands(name, names, numbers)
    python = (value, _checked(name, partials, names)) if callable(value) else None
    text = value if isinstance(value, str) else ""
    return install_primitive(
        Op(name, names, text, rules or ("",) * len(names), symbol or name, latex, note, numbers, python=python)
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
