"""THE table of primitives: every value and every derivative of the engine, each written once.

Read a row as a textbook has it: the operands, the value, then one partial per operand.  Every reader takes its rule
from here: eager floats, gradients of gradients, drawing and stepping, the numeric checker, the compiler.  To add a
primitive to the library, add a row; to add one of your own, call ``autograd.primitive`` with the same columns.

Glossary of the letters in formulas:

    x, y    operands (a few rows use the field's own names: negative_slope, alpha, lo, hi, bias)
    xs, ws  a whole list of operands; such a row takes any number of them, and its partial is a list as well
    c       a condition: nonzero is true
    out     the result, already computed
    m       a number world: the functions that formulas call, over floats, Values, symbols or 50-digit numbers

The formula language is described in ``formula.py``; what happens to inf, NaN and -0.0 on floats in ``ieee.py``.
What does not live here: how a row becomes a method of Value (``bind.py``), and any graph (``graph.py``).
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from autograd import ieee
from autograd.errors import FormulaError
from autograd.formula import latex, parse
from autograd.world import World


@dataclass(frozen=True, eq=False, slots=True)
class Op:
    r"""One primitive.  Rows are compared by identity; ``dataclasses.replace`` makes a changed copy.

    Args:
        name: name of the function ``autograd.<name>`` and of the method.
        operands: the operands' names in order; a name that ends in ``s`` (``xs``, ``ws``) is a list of operands.
        value: the formula of the value.
        partials: one formula per operand: the local derivative ∂out/∂operand.
        symbol: what ``Value._op`` and drawings show.
        latex: template with ``{0}``, ``{1}``, ... for the operands.
        note: the behaviour at edges and kinks, in words.
        defaults: values of operands that may be left out.
        method: False for what is only a function (``where``, ``dot``).
        variadic: True where the one list of operands may also come as several arguments (``max(a, b)``).
        nonempty: True where an empty list of operands has no value.
        rows: for a row of the operands (ws, xs, bias), the name of the function that takes many ws at once.
        dunders: Python's operator methods, plain and reflected, where there are any.
        python: value and partials as opaque Python functions, for a primitive of one's own that has no formulas.
    """

    name: str
    operands: tuple[str, ...]
    value: str
    partials: tuple[str, ...]
    symbol: str = ""
    latex: str = ""
    note: str = ""
    defaults: Mapping[str, float] = field(default_factory=dict)
    method: bool = True
    variadic: bool = False
    nonempty: bool = False
    rows: str = ""
    dunders: tuple[str, ...] = ()
    python: tuple[Callable[..., float], Callable[..., Sequence[float]]] | None = None
    _compiled: dict[tuple[str, str], Callable[..., Any]] = field(default_factory=dict, init=False, repr=False)

    @property
    def nary(self) -> bool:
        """Whether the operands come as anything but one or two plain numbers."""
        return len(self.operands) > 2 or any(map(is_list, self.operands))

    def tree(self, text: str) -> ast.expr:
        """The checked syntax tree of one of this row's formulas."""
        return parse(text, {*self.operands, "out"}, {*FLOATS.namespace, *VECTOR_FUNCTIONS, *TABLE, self.name})

    def value_in(self, m: World) -> Callable[..., Any]:
        """``(x, y, ...) -> out`` over the world ``m``; compiled once."""
        return self._function(m, "value", self.value, self.operands)

    def partial_in(self, m: World, index: int) -> Callable[..., Any]:
        """``(out, x, y, ...) -> ∂out/∂operand[index]`` over the world ``m``; compiled once."""
        return self._function(m, f"∂{self.operands[index]}", self.partials[index], ("out", *self.operands))

    def _function(self, m: World, part: str, text: str, parameters: Sequence[str]) -> Callable[..., Any]:
        key = (m.name, part)
        if key not in self._compiled:
            self._compiled[key] = m.compile(self.tree(text), parameters, f"{self.name} {part}")
        return self._compiled[key]

    def latex_of(self, text: str, letters: Mapping[str, str]) -> str:
        """LaTeX of one of this row's formulas, with ``letters`` for the operands' names."""
        return latex(self.tree(text), letters, {op.name: op.latex for op in TABLE.values() if op.latex})


def is_list(operand: str) -> bool:
    """Whether an operand's name stands for a whole list of operands."""
    return operand in ("xs", "ws")


def documentation(op: Op) -> str:
    """The docstring of a primitive, put together from its row, as it stands between quotes in source."""
    signature = f"{op.name}({', '.join(op.operands)})"
    lines = [f"``{signature}`` = {op.value}", ""]
    if op.python is not None:
        lines = [f"``{signature}``, a primitive written as Python functions: eager only.", ""]
    else:
        lines += [f"∂/∂{name}: {partial}" for name, partial in zip(op.operands, op.partials, strict=True)]
    if op.note:
        lines += ["", f"{op.note[0].upper()}{op.note[1:]}."]
    return "\n    ".join(lines).replace("\\", r"\\").replace('"', r"\"")


def others(xs: Sequence[Any]) -> list[Any]:
    """For each operand the product of all the others: prefix products times suffix products, no division.

    >>> others([2.0, 3.0, 0.0])
    [0.0, 0.0, 6.0]
    """
    before: list[Any] = [1.0]
    for x in xs[:-1]:
        before.append(before[-1] * x)
    after: Any = 1.0
    products: list[Any] = []
    for x, prefix in zip(reversed(xs), reversed(before), strict=True):
        products.append(prefix * after)
        after = x * after
    return products[::-1]


VECTOR_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {"others": others}
"""Functions of whole lists that are the same in every world, because they only use its operators."""


def _rows() -> list[Op]:
    x, xy, xs = ("x",), ("x", "y"), ("xs",)
    sech2 = "(1 / cosh(x))**2"
    gauss = "2 / sqrt(pi) * exp(-x * x)"
    smaller = "1 if x {0} y else 0 if y {0} x else 0.5 if x == y else nan"
    share = "[equal(x, out) / sum([equal(y, out) for y in xs]) for x in xs]"
    compare = "1 if x {0} y else 0"
    fold = r"\left({{0}} {0} {{1}}\right)".format
    call = r"\operatorname{{{{{0}}}}}\left({{0}}\right)".format
    return [
        # arithmetic --------------------------------------------------------------------------------------------------
        Op("add", xy, "x + y", ("1", "1"), "+", "{0} + {1}", dunders=("__add__", "__radd__")),
        Op("sub", xy, "x - y", ("1", "-1"), "-", "{0} - {1}", dunders=("__sub__", "__rsub__")),
        Op("mul", xy, "x * y", ("y", "x"), "*", r"{0} \cdot {1}", dunders=("__mul__", "__rmul__")),
        Op("div", xy, "x / y", ("1 / y", "-out / y"), "/", r"\frac{{{0}}}{{{1}}}",
           "1/0 is inf with the signs kept, 0/0 is NaN", dunders=("__truediv__", "__rtruediv__")),
        Op("mod", xy, "x % y", ("1", "-(x // y)"), "%", r"{0} \bmod {1}",
           "Python's: the sign is the divisor's", dunders=("__mod__", "__rmod__")),
        Op("floor_divide", xy, "x // y", ("0", "0"), "//", r"\left\lfloor\frac{{{0}}}{{{1}}}\right\rfloor",
           "a staircase: flat wherever it has a slope", dunders=("__floordiv__", "__rfloordiv__")),
        Op("neg", x, "-x", ("-1",), "neg", "-{0}", dunders=("__neg__",)),
        Op("pow", xy, "x ** y",
           ("(0 if abs(x) < 6e-309 else y * x**(y - 1)) if y == 0 else y * x**(y - 1)",
            "(0 if y >= 0 else out * log(x)) if x == 0 else out * log(x)"), "**", "{{{0}}}^{{{1}}}",
           "0**0 is 1 with partials 0; a negative base with a fractional exponent is NaN",
           dunders=("__pow__", "__rpow__")),
        # exponentials and logarithms ---------------------------------------------------------------------------------
        Op("exp", x, "exp(x)", ("out",), "exp", "e^{{{0}}}"),
        Op("expm1", x, "expm1(x)", ("exp(x)",), "expm1", r"\left(e^{{{0}}} - 1\right)"),
        Op("log", x, "log(x)", ("1 / x if x >= 0 else nan",), "log", r"\ln\left({0}\right)",
           "log 0 is -inf with partial inf; of a negative number NaN, NaN"),
        Op("log1p", x, "log1p(x)", ("1 / (1 + x) if x >= -1 else nan",), "log1p", r"\ln\left(1 + {0}\right)"),
        Op("sqrt", x, "sqrt(x)", ("0.5 / out",), "sqrt", r"\sqrt{{{0}}}", "sqrt 0 is 0 with partial inf"),
        # circular functions, angles in radians -----------------------------------------------------------------------
        Op("sin", x, "sin(x)", ("cos(x)",), "sin", r"\sin\left({0}\right)"),
        Op("cos", x, "cos(x)", ("-sin(x)",), "cos", r"\cos\left({0}\right)"),
        Op("tan", x, "tan(x)", ("1 + out**2",), "tan", r"\tan\left({0}\right)"),
        Op("asin", x, "asin(x)", ("1 / sqrt((1 - x) * (1 + x))",), "asin", r"\arcsin\left({0}\right)"),
        Op("acos", x, "acos(x)", ("-1 / sqrt((1 - x) * (1 + x))",), "acos", r"\arccos\left({0}\right)"),
        Op("atan", x, "atan(x)", ("1 / (1 + x * x)",), "atan", r"\arctan\left({0}\right)"),
        Op("atan2", ("y", "x"), "atan2(y, x)", ("x / hypot(x, y) / hypot(x, y)", "-y / hypot(x, y) / hypot(x, y)"),
           "atan2", r"\operatorname{{atan2}}\left({0}, {1}\right)", "atan2(0, 0) is 0 with partials NaN"),
        Op("hypot", xy, "hypot(x, y)", ("x / out if out != 0 else 0", "y / out if out != 0 else 0"), "hypot",
           r"\sqrt{{{0}^2 + {1}^2}}", "partials 0 at the origin: the subgradient of least norm"),
        # hyperbolic functions ----------------------------------------------------------------------------------------
        Op("sinh", x, "sinh(x)", ("cosh(x)",), "sinh", r"\sinh\left({0}\right)"),
        Op("cosh", x, "cosh(x)", ("sinh(x)",), "cosh", r"\cosh\left({0}\right)"),
        Op("tanh", x, "tanh(x)", (sech2,), "tanh", r"\tanh\left({0}\right)",
           "the partial is sech², since 1 - tanh² is all rounding error from x = 20 on"),
        Op("asinh", x, "asinh(x)", ("1 / hypot(1, x)",), "asinh", r"\operatorname{{arsinh}}\left({0}\right)"),
        Op("acosh", x, "acosh(x)", ("1 / (sqrt(x - 1) * sqrt(x + 1))",), "acosh",
           r"\operatorname{{arcosh}}\left({0}\right)"),
        Op("atanh", x, "atanh(x)", ("1 / ((1 - x) * (1 + x)) if abs(x) <= 1 else nan",), "atanh",
           r"\operatorname{{artanh}}\left({0}\right)"),
        # error function ----------------------------------------------------------------------------------------------
        Op("erf", x, "erf(x)", (gauss,), "erf", call("erf")),
        Op("erfc", x, "erfc(x)", ("-" + gauss,), "erfc", call("erfc")),
        # activations -------------------------------------------------------------------------------------------------
        Op("sigmoid", x, "1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))", ("out * sigmoid(-x)",), "sigmoid",
           r"\sigma\left({0}\right)", "saturates to 0 and 1; the partial stays exact in the tails"),
        Op("softplus", x, "x + log1p(exp(-x)) if x > 0 else log1p(exp(x))", ("sigmoid(x)",), "softplus",
           r"\ln\left(1 + e^{{{0}}}\right)", "never overflows"),
        Op("relu", x, "0 if x <= 0 else x", ("step(x)",), "ReLU", r"\max\left(0, {0}\right)",
           "partial 0 at the kink: the subgradient of least norm"),
        Op("leaky_relu", ("x", "negative_slope"), "x if x > 0 else negative_slope * x",
           ("1 if x > 0 else negative_slope if x <= 0 else nan", "0 if x > 0 else x"), "LeakyReLU",
           r"\operatorname{{LeakyReLU}}_{{{1}}}\left({0}\right)", "partial negative_slope at the kink",
           {"negative_slope": 0.01}),
        Op("elu", ("x", "alpha"), "x if x > 0 else alpha * expm1(x)",
           ("1 if x > 0 else alpha * exp(x)", "0 if x > 0 else expm1(x)"), "ELU",
           r"\operatorname{{ELU}}_{{{1}}}\left({0}\right)", "partial alpha at the kink", {"alpha": 1.0}),
        Op("gelu", x, "0.5 * x * erfc(-x * sqrt(0.5))",
           ("0.5 * erfc(-x * sqrt(0.5)) + x * (exp(-0.5 * x * x) / sqrt(2 * pi))",), "GELU", call("GELU"),
           "the exact form x·Φ(x), not the tanh approximation"),
        Op("silu", x, "x * sigmoid(x)", ("sigmoid(x) * (1 + x * sigmoid(-x))",), "SiLU", call("SiLU")),
        # kinks and steps ---------------------------------------------------------------------------------------------
        Op("abs", x, "fabs(x)", ("sign(x)",), "abs", r"\left|{0}\right|", "partial 0 at the kink",
           dunders=("__abs__",)),
        Op("sign", x, "1 if x > 0 else -1 if x < 0 else x", ("0 if x == x else nan",), "sign", call("sgn"),
           "sign(0) is 0"),
        Op("step", x, "1 if x > 0 else 0 if x <= 0 else x", ("0 if x == x else nan",), "step", call("step"),
           "the derivative of relu: 0 at 0"),
        Op("maximum", xy, "x if x > y else y if y > x else x if x == y else nan",
           (smaller.format(">"), smaller.format("<")), "maximum", r"\max\left({0}, {1}\right)",
           "partials one half each on a tie"),
        Op("minimum", xy, "x if x < y else y if y < x else x if x == y else nan",
           (smaller.format("<"), smaller.format(">")), "minimum", r"\min\left({0}, {1}\right)",
           "partials one half each on a tie"),
        Op("clamp", ("x", "lo", "hi"), "minimum(maximum(x, lo), hi)",
           ("((1 if x <= hi else 0) if x >= lo else 0) if out == out else nan",
            "((1 if lo <= hi else 0) if x < lo else 0) if out == out else nan",
            "((1 if hi < lo else 0) if x <= hi else 1) if out == out else nan"), "clamp",
           r"\operatorname{{clamp}}_{{{1}}}^{{{2}}}\left({0}\right)", "partial 1 at either bound",
           {"lo": -ieee.inf, "hi": ieee.inf}),
        Op("where", ("c", "x", "y"), "nan if c != c else x if c != 0 else y",
           ("0 if c == c else nan", "nan if c != c else not_equal(c, 0)", "nan if c != c else equal(c, 0)"), "where",
           r"\begin{{cases}}{1} & {0} \\ {2} & \text{{otherwise}}\end{{cases}}",
           "partial 1 to the chosen, 0 to the other", method=False),
        # comparisons: 1 or 0, and flat -------------------------------------------------------------------------------
        Op("greater", xy, compare.format(">"), ("0", "0"), ">", fold(">"), method=False),
        Op("greater_equal", xy, compare.format(">="), ("0", "0"), ">=", fold(r"\ge"), method=False),
        Op("less", xy, compare.format("<"), ("0", "0"), "<", fold("<"), method=False),
        Op("less_equal", xy, compare.format("<="), ("0", "0"), "<=", fold(r"\le"), method=False),
        Op("equal", xy, compare.format("=="), ("0", "0"), "==", fold("="), method=False),
        Op("not_equal", xy, compare.format("!="), ("0", "0"), "!=", fold(r"\ne"), method=False),
        # any number of operands --------------------------------------------------------------------------------------
        Op("sum", xs, "sum(xs)", ("[1 for x in xs]",), "sum", r"\sum\left({0}\right)", method=False),
        Op("prod", xs, "prod(xs)", ("others(xs)",), "prod", r"\prod\left({0}\right)",
           "right with zeros among the factors", method=False),
        Op("mean", xs, "sum(xs) / len(xs)", ("[1 / len(xs) for x in xs]",), "mean",
           r"\operatorname{{mean}}\left({0}\right)", method=False, nonempty=True),
        Op("dot", ("ws", "xs", "bias"), "dot(ws, xs, bias)", ("xs", "ws", "1"), "dot", r"{0} \cdot {1} + {2}",
           "a whole neuron before its activation", {"bias": 0.0}, method=False, rows="matvec"),
        Op("logsumexp", xs, "logsumexp(xs)", ("[exp(x - out) for x in xs]",), "logsumexp",
           r"\ln\sum\exp\left({0}\right)", "never overflows; the partials are the softmax", method=False),
        Op("max", xs, "max(xs)", (share,), "max", r"\max\left({0}\right)", "n equal: 1/n each", method=False,
           variadic=True, nonempty=True),
        Op("min", xs, "min(xs)", (share,), "min", r"\min\left({0}\right)", "n equal: 1/n each", method=False,
           variadic=True, nonempty=True),
    ]  # fmt: skip


FLOATS: Final = World(
    "floats", {**{name: getattr(ieee, name) for name in ieee.__all__}, **VECTOR_FUNCTIONS}, inline=True
)
"""The float world; a primitive that is not in ``ieee`` itself is compiled from its formula."""

TABLE: Final[dict[str, Op]] = {}
"""Every primitive by name, in the order of the page above."""


def register(op: Op) -> None:
    """Enter ``op`` in the table, in the place of one of the same name, and make its value callable in the float world.

    Raises:
        FormulaError: a formula does not parse, or there is not one partial per operand.
    """
    if op.python is None:
        if len(op.partials) != len(op.operands):
            raise FormulaError(
                f"the primitive {op.name!r} has the operands {', '.join(op.operands)} and so needs "
                f"{len(op.operands)} partials, one for each; {len(op.partials)} given"
            )
        for text in (op.value, *op.partials):
            op.tree(text)
    TABLE[op.name] = op
    if op.python is not None:
        FLOATS.namespace[op.name] = op.python[0]
    elif op.name not in ieee.__all__:
        FLOATS.namespace[op.name] = op.value_in(FLOATS)
        if not op.nary:
            FLOATS.formulas[op.name] = (op.operands, op.tree(op.value))


def complete(m: World) -> World:
    """``m`` with every primitive it does not supply itself compiled from its formula."""
    for op in TABLE.values():
        if op.name not in m.namespace and op.python is None:
            m.namespace[op.name] = op.value_in(m)
    return m


def _load() -> None:
    rows = _rows()
    TABLE.update({op.name: op for op in rows})  # formulas may call rows further down
    for op in rows:
        register(op)


_load()
