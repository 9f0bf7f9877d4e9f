"""The formula language: one expression in plain Python notation, read by every number world.

A primitive's value and its partials are written once, as text such as ``"x * y"`` or ``"0 if x <= 0 else x"``
(see ``ops.py``).  This module checks such a text against an allow-list, and turns it into

* Python source over floats, with divisions and powers that never raise       (``python(expr, inline=True)``)
* a Python function over any other world of numbers                           (``compile_formula``)
* LaTeX                                                                       (``latex``)

The language: numbers, names of operands, ``+ - * / // % **``, one comparison, ``a if c else b``, calls of functions
by name, ``[f(x) for x in xs]`` and ``len(xs)``.  Nothing else parses: no attribute, no string, no lambda.

A *world* supplies the names a formula calls: its functions (``exp``, ``hypot``, every primitive of the table) and,
where its numbers cannot branch natively, ``greater(x, y)`` and its kin, and ``choose(c, yes, no)``, whose branches
come as functions so that a choice already decided builds only its own side.  What does not live
here: any formula (``ops.py``), any number (``ieee.py``).
"""

import ast
import linecache
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from autograd.errors import FormulaError

COMPARISONS: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Gt: "greater", ast.GtE: "greater_equal", ast.Lt: "less", ast.LtE: "less_equal",
    ast.Eq: "equal", ast.NotEq: "not_equal",
}  # fmt: skip
"""The function that stands for each comparison where numbers cannot be compared with a bool as result."""

CONSTANTS: Final = ("inf", "nan", "pi")
_OPERATORS: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)


def parse(text: str, operands: Collection[str], functions: Collection[str]) -> ast.expr:
    """The syntax tree of ``text``, held against the language, the operands' names and the functions there are.

    Raises:
        FormulaError: ``text`` is no expression, or uses something that is not in the language.

    >>> ast.unparse(parse("x * (1 - x)", ["x"], []))
    'x * (1 - x)'
    """
    shown = text if len(text) <= 80 else text[:77] + "..."
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(f"the formula {shown!r} is not a Python expression: {str(error) or 'too deep'}") from None
    _check(tree, shown, {*operands, *CONSTANTS}, functions)
    return tree


def _check(node: ast.expr, text: str, names: set[str], functions: Collection[str]) -> None:
    def refuse(what: str) -> FormulaError:
        return FormulaError(
            f"the formula {text!r} uses {what}; known here are {', '.join(sorted(names))} and the operators "
            "+ - * / // % **, one comparison, `a if c else b`, and calls of primitives"
        )

    match node:
        case ast.Constant(value=bool() | complex()):
            raise refuse(f"the constant {node.value!r}")
        case ast.Constant(value=int() as number) if number.bit_length() > 1023:
            raise refuse(f"an int of {number.bit_length()} bits, which no float holds")
        case ast.Constant(value=int() | float()):
            parts: list[ast.expr] = []
        case ast.Name():
            if node.id not in names:
                raise refuse(f"the unknown name {node.id!r}")
            parts = []
        case ast.BinOp() if isinstance(node.op, _OPERATORS):
            parts = [node.left, node.right]
        case ast.UnaryOp(op=ast.USub()):
            parts = [node.operand]
        case ast.Compare() if len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
            parts = [node.left, node.comparators[0]]
        case ast.IfExp():
            parts = [node.test, node.body, node.orelse]
        case ast.Call(func=ast.Name(), keywords=[]):
            assert isinstance(node.func, ast.Name)
            if node.func.id not in functions and node.func.id != "len":
                raise refuse(f"the unknown function {node.func.id!r}")
            parts = node.args
        case ast.ListComp(generators=[ast.comprehension(target=ast.Name(), ifs=[], is_async=0)]):
            loop = node.generators[0]
            assert isinstance(loop.target, ast.Name)
            _check(loop.iter, text, names, functions)
            names = {*names, loop.target.id}
            parts = [node.elt]
        case _:
            raise refuse(f"`{ast.unparse(node)}`, which is not in the formula language")
    for part in parts:
        _check(part, text, names, functions)


class _Rewriter(ast.NodeTransformer):
    """Rewrites a formula, naming what is used twice; a comprehension's iterable may hold no ``:=``."""

    temporaries = iterables = 0

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        self.iterables += 1
        node.generators[0].iter = self.visit(node.generators[0].iter)
        self.iterables -= 1
        node.elt = self.visit(node.elt)
        return node

    def square(self, node: ast.BinOp) -> bool:
        """Whether ``node`` is a second power that can be written as a product: bit for bit the same in every world."""
        two = isinstance(node.right, ast.Constant) and node.right.value == 2
        return isinstance(node.op, ast.Pow) and two and (isinstance(node.left, ast.Name) or not self.iterables)

    def named(self, node: ast.expr) -> tuple[ast.expr, ast.expr]:
        """``node`` for its first use, and a plain name for every later one."""
        if isinstance(node, ast.Name):
            return node, node
        self.temporaries += 1
        name = f"_t{self.temporaries}"
        return ast.NamedExpr(ast.Name(name, ast.Store()), node), ast.Name(name, ast.Load())


class _Floats(_Rewriter):
    """Rewrites a formula so that, over floats, it never raises and the common case needs no call.

    Constant parts are computed at once, from the functions in ``namespace``.
    """

    def __init__(self, namespace: Mapping[str, Any], formulas: Mapping[str, tuple[Sequence[str], ast.expr]]) -> None:
        self.namespace = namespace
        self.formulas = formulas

    def visit(self, node: ast.AST) -> Any:
        node = super().visit(node)
        if isinstance(node, ast.expr) and not isinstance(node, ast.Constant) and _is_constant(node):
            code = compile(ast.fix_missing_locations(ast.Expression(_copy(node))), "<constant>", "eval")
            return ast.Constant(float(eval(code, dict(self.namespace))))
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        assert isinstance(node.value, int | float)
        return ast.Constant(float(node.value))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A call of a primitive with names for arguments is replaced by that primitive's own formula."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in self.formulas and all(isinstance(argument, ast.Name) for argument in node.args):
            operands, tree = self.formulas[name]
            names = {x: argument.id for x, argument in zip(operands, node.args, strict=True)}  # type: ignore[attr-defined]
            inner = _copy(tree)
            for part in ast.walk(inner):
                if isinstance(part, ast.Name):
                    part.id = names.get(part.id, part.id)
            expression: ast.expr = self.visit(inner)
            return expression
        self.generic_visit(node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if self.square(node):
            test, base = self.named(self.visit(node.left))
            return ast.BinOp(test, ast.Mult(), base)
        self.generic_visit(node)
        match node.op:
            case ast.Div() if isinstance(node.right, ast.Constant):
                return node
            case ast.Div() if self.iterables and not isinstance(node.right, ast.Name):
                return _call("divide", node.left, node.right)
            case ast.Div():
                # The guard keeps the common case inline; only 0 goes to the function that knows IEEE 754.
                test, divisor = self.named(node.right)
                return ast.IfExp(test, ast.BinOp(node.left, ast.Div(), divisor), _call("divide", node.left, divisor))
            case ast.Mod():
                return _call("mod", node.left, node.right)
            case ast.FloorDiv():
                return _call("floor_divide", node.left, node.right)
            case ast.Pow():
                return _call("pow", node.left, node.right)
        return node


def _is_constant(node: ast.expr) -> bool:
    match node:
        case ast.Constant() | ast.Name(id="pi"):
            return True
        case ast.UnaryOp(operand=ast.expr() as operand):
            return _is_constant(operand)
        case ast.BinOp():
            return _is_constant(node.left) and _is_constant(node.right)
        case ast.Call(func=ast.Name(id="sqrt"), args=[argument]):
            return _is_constant(argument)
    return False


class _Branches(_Rewriter):
    """Rewrites comparisons and conditionals into calls, for worlds whose numbers cannot branch natively."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if self.square(node):
            test, base = self.named(self.visit(node.left))
            return ast.BinOp(test, ast.Mult(), base)
        self.generic_visit(node)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        return _call(COMPARISONS[type(node.ops[0])], node.left, node.comparators[0])

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        return _call("choose", node.test, ast.Lambda(nothing, node.body), ast.Lambda(nothing, node.orelse))


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _copy(tree: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(tree), mode="eval").body


def floats_source(
    tree: ast.expr, namespace: Mapping[str, Any], formulas: Mapping[str, tuple[Sequence[str], ast.expr]] | None = None
) -> str:
    """Python source of a formula over floats, to stand inside a function whose globals are ``namespace``.

    >>> floats_source(parse("1 / y", ["y"], []), {})
    '1.0 / y if y else divide(1.0, y)'
    """
    return ast.unparse(ast.fix_missing_locations(_Floats(namespace, formulas or {}).visit(_copy(tree))))


def world_source(tree: ast.expr) -> str:
    """Python source of a formula over a world whose comparisons and choices are functions.

    >>> world_source(parse("x if x > 0 else 0", ["x"], []))
    'choose(greater(x, 0), lambda: x, lambda: 0)'
    """
    return ast.unparse(ast.fix_missing_locations(_Branches().visit(_copy(tree))))


def define(source: str, name: str, namespace: Mapping[str, Any], filename: str) -> Callable[..., Any]:
    """The function ``name`` that ``source`` defines, with ``namespace`` as its globals.

    The source is registered in ``linecache``, so that a debugger steps through it and a traceback shows it.
    Only this library's own templates and formulas that passed ``parse`` come here.
    """
    filename = f"<autograd {filename}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {}
    exec(compile(source, filename, "exec"), namespace if isinstance(namespace, dict) else dict(namespace), scope)
    function: Callable[..., Any] = scope[name]
    return function


class World:
    """A world of numbers: the functions formulas may call in it, and how its numbers choose.

    Args:
        name: how errors and generated source name the world.
        functions: the world's own functions by name; a primitive that is not among them is compiled from its formula.
        inline: True for plain floats, whose formulas are rewritten so that nothing raises.
        native_branches: True where ``a if c else b`` works on the world's numbers as it stands.
    """

    def __init__(
        self, name: str, functions: Mapping[str, Any], *, inline: bool = False, native_branches: bool = False
    ) -> None:
        self.name = name
        self.namespace: dict[str, Any] = dict(functions)
        self.inline = inline
        self.native_branches = native_branches
        self.formulas: dict[str, tuple[Sequence[str], ast.expr]] = {}

    def source(self, tree: ast.expr) -> str:
        """The formula as Python source for this world."""
        if self.inline:
            return floats_source(tree, self.namespace, self.formulas)
        return ast.unparse(tree) if self.native_branches else world_source(tree)

    def compile(self, tree: ast.expr, parameters: Collection[str], name: str) -> Callable[..., Any]:
        """A function of ``parameters`` that evaluates the formula in this world."""
        source = f"def rule({', '.join(parameters)}):\n    return {self.source(tree)}\n"
        return define(source, "rule", self.namespace, f"{self.name} {name}")


_PRECEDENCE: Final[Mapping[type[ast.operator], int]] = {
    ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Mod: 2, ast.FloorDiv: 2, ast.Div: 5, ast.Pow: 4,
}  # fmt: skip
_RELATIONS: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Gt: ">", ast.GtE: r"\ge", ast.Lt: "<", ast.LtE: r"\le", ast.Eq: "=", ast.NotEq: r"\ne",
}  # fmt: skip
_WORDS: Final[Mapping[str, str]] = {"inf": r"\infty", "nan": r"\mathrm{NaN}", "pi": r"\pi"}


def latex(tree: ast.expr, letters: Mapping[str, str], functions: Mapping[str, str]) -> str:
    r"""LaTeX of a formula, with the text of ``letters`` in place of each operand.

    Args:
        tree: a formula's syntax tree, from ``parse``.
        letters: LaTeX for each operand's name; a text that is a sum or a product comes in its own braces.
        functions: the LaTeX template of each function, with ``{0}``, ``{1}``, ... for its arguments.

    >>> latex(parse("1 / (2 * y)", ["y"], []), {"y": "y_1"}, {})
    '\\frac{1}{2 \\cdot y_1}'
    """
    return _latex(tree, letters, functions)[0]


def _latex(tree: ast.expr, letters: Mapping[str, str], functions: Mapping[str, str]) -> tuple[str, int]:
    """The text, and how tightly it binds: 1 a sum, 2 a product, 3 a negation, 4 a power, 5 an atom."""

    def part(node: ast.expr, least: int) -> str:
        text, binding = _latex(node, letters, functions)
        return text if binding >= least else rf"\left({text}\right)"

    match tree:
        case ast.Constant(value=int() | float() as number):
            return f"{number:g}", 5
        case ast.Name():
            return letters.get(tree.id, _WORDS.get(tree.id, rf"\mathrm{{{tree.id}}}")), 5
        case ast.UnaryOp():
            return f"-{part(tree.operand, 2)}", 1
        case ast.BinOp(op=ast.Div()):
            return rf"\frac{{{part(tree.left, 0)}}}{{{part(tree.right, 0)}}}", 4
        case ast.BinOp(op=ast.Pow()):
            return f"{part(tree.left, 5)}^{{{part(tree.right, 0)}}}", 4
        case ast.BinOp(op=ast.FloorDiv()):
            return rf"\left\lfloor\frac{{{part(tree.left, 0)}}}{{{part(tree.right, 0)}}}\right\rfloor", 5
        case ast.BinOp():
            sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: r"\cdot", ast.Mod: r"\bmod"}[type(tree.op)]
            binding = _PRECEDENCE[type(tree.op)]
            tighter = binding if isinstance(tree.op, ast.Add) else binding + 1
            return f"{part(tree.left, binding)} {sign} {part(tree.right, tighter)}", binding
        case ast.Compare():
            return f"{part(tree.left, 1)} {_RELATIONS[type(tree.ops[0])]} {part(tree.comparators[0], 1)}", 0
        case ast.IfExp():
            yes, test, no = part(tree.body, 0), part(tree.test, 0), part(tree.orelse, 0)
            return rf"\begin{{cases}}{yes} & {test} \\ {no} & \text{{otherwise}}\end{{cases}}", 5
        case ast.Call(func=ast.Name(id=name)):
            arguments = [part(argument, 0) for argument in tree.args]
            template = functions.get(name)
            if template is None:
                return rf"\operatorname{{{name}}}\left({', '.join(arguments)}\right)", 5
            return template.format(*arguments), 5
        case ast.ListComp(generators=[ast.comprehension(target=ast.Name(id=name))]):
            return rf"\left({part(tree.elt, 0)}\right)_{{{letters.get(name, name)}}}", 5
    raise FormulaError(f"no LaTeX for `{ast.unparse(tree)}`")
