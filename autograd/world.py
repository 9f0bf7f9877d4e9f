"""A number world: what a formula's names stand for, and the formula as Python source for that world.

A *world* supplies the names a formula calls: its functions (``exp``, ``hypot``, every primitive of the table) and,
where its numbers cannot branch natively, ``greater(x, y)`` and its kin, and ``choose(c, yes, no)``, whose branches
come as functions so that a choice already decided builds only its own side.  Over floats a formula is rewritten so
that divisions and powers never raise; what a comprehension need not do at each turn it does once.
What does not live here: the language (``formula.py``), any formula (``ops.py``), any number (``ieee.py``).
"""

import ast
import linecache
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from autograd.formula import COMPARISONS


class _Fixed(ast.NodeTransformer):
    """Takes what goes through a list, and is the same at each turn of a comprehension's loop, out of its element."""

    def __init__(self, variable: str) -> None:
        self.variable = variable
        self.parts: dict[str, ast.expr] = {}

    def visit(self, node: ast.AST) -> Any:
        inside = list(ast.walk(node))
        if isinstance(node, ast.expr) and any(isinstance(part, ast.ListComp) for part in inside):
            if all(part.id != self.variable for part in inside if isinstance(part, ast.Name)):
                name = f"_{self.variable}{len(self.parts) + 1}"
                self.parts[name] = node
                return ast.Name(name, ast.Load())
            return self.generic_visit(node)
        return node


class _Rewriter(ast.NodeTransformer):
    """Rewrites a formula, naming what is used twice; a comprehension's iterable may hold no ``:=``."""

    temporaries = iterables = 0

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        (loop,) = node.generators
        assert isinstance(loop.target, ast.Name)
        fixed = _Fixed(loop.target.id)
        node.elt = fixed.visit(node.elt)
        self.iterables += 1
        loop.iter = self.visit(loop.iter)
        once = [(name, self.visit(part)) for name, part in fixed.parts.items()]
        self.iterables -= 1
        node.elt = self.visit(node.elt)
        for name, part in once:  # [f(x, s) for s in [sum(xs)] for x in xs] adds up once
            whole = ast.List([part], ast.Load())
            node.generators.insert(0, ast.comprehension(ast.Name(name, ast.Store()), whole, [], 0))
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
    """Rewrites a formula so that, over floats, it never raises; or, with ``raising``, so that it mostly does not.

    Constant parts are computed at once, from the functions in ``namespace``.
    """

    def __init__(
        self, namespace: Mapping[str, Any], formulas: Mapping[str, tuple[Sequence[str], ast.expr]],
        raising: Collection[str] | None,
    ) -> None:  # fmt: skip
        self.namespace = namespace
        self.formulas = formulas
        self.raising = raising

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
        match node.args:
            case [argument] if name in (self.raising or ()) and not _is_constant(argument):
                return _call(f"math_{name}", argument)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if self.square(node):
            test, base = self.named(self.visit(node.left))
            return ast.BinOp(test, ast.Mult(), base)
        self.generic_visit(node)
        match node.op:
            case ast.Div() if isinstance(node.right, ast.Constant) or self.raising is not None:
                return node
            case ast.Div() if self.iterables and not isinstance(node.right, ast.Name):
                return _call("divide", node.left, node.right)
            case ast.Div():
                # The guard keeps the common case inline; only 0 goes to the function that knows IEEE 754.
                # It compares: to ask a float for its truth takes longer.
                test, divisor = self.named(node.right)
                guard = ast.Compare(test, [ast.NotEq()], [ast.Constant(0.0)])
                return ast.IfExp(guard, ast.BinOp(node.left, ast.Div(), divisor), _call("divide", node.left, divisor))
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
    tree: ast.expr, namespace: Mapping[str, Any], formulas: Mapping[str, tuple[Sequence[str], ast.expr]] | None = None,
    raising: Collection[str] | None = None,
) -> str:  # fmt: skip
    """Python source of a formula over floats, to stand inside a function whose globals are ``namespace``.

    Args:
        tree: the formula.
        namespace: the functions that it may call.
        formulas: operands and formula of primitives that are written out where they are called.
        raising: functions in whose place ``math_name`` is called. With these, or with none of them (which is not None),
            the source is as quick as Python can be, and raises ArithmeticError or ValueError where there is an answer
            that the other source gives; apart from that they are the same.

    >>> from autograd.formula import parse
    >>> floats_source(parse("1 / y", ["y"], []), {})
    '1.0 / y if y != 0.0 else divide(1.0, y)'
    >>> floats_source(parse("exp(-y) / y", ["y"], ["exp"]), {}, raising=["exp"])
    'math_exp(-y) / y'
    """
    rewritten = _Floats(namespace, formulas or {}, raising).visit(_copy(tree))
    return ast.unparse(ast.fix_missing_locations(rewritten))


def world_source(tree: ast.expr) -> str:
    """Python source of a formula over a world whose comparisons and choices are functions.

    >>> from autograd.formula import parse
    >>> world_source(parse("x if x > 0 else 0", ["x"], []))
    'choose(greater(x, 0), lambda: x, lambda: 0)'
    """
    return ast.unparse(ast.fix_missing_locations(_Branches().visit(_copy(tree))))


def define(source: str, name: str, namespace: Mapping[str, Any], filename: str) -> Callable[..., Any]:
    """The function ``name`` that ``source`` defines, with ``namespace`` as its globals.

    The source is registered in ``linecache``, so that a debugger steps through it and a traceback shows it, for as long
    as the function lives.  Only this library's own templates and formulas that passed ``parse`` come here.
    """
    filename = f"<autograd {filename}>"
    entry = (len(source), None, source.splitlines(keepends=True), filename)
    linecache.cache[filename] = entry
    scope: dict[str, Any] = {}
    names = namespace if isinstance(namespace, dict) else dict(namespace)
    names.setdefault("__name__", __name__)  # the library's own code, and nobody's line that made a node
    exec(compile(source, filename, "exec"), names, scope)
    function: Callable[..., Any] = scope[name]
    weakref.finalize(function, _forget, entry).atexit = False
    return function


def _forget(entry: tuple[int, None, list[str], str]) -> None:
    """Take a source out of ``linecache``, unless another has taken its place there."""
    if linecache.cache.get(entry[3]) is entry:
        del linecache.cache[entry[3]]


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

    def source(self, tree: ast.expr, raising: Collection[str] | None = None) -> str:
        """The formula as Python source for this world; over floats, ``raising`` as ``floats_source`` takes it."""
        if self.inline:
            return floats_source(tree, self.namespace, self.formulas, raising)
        return ast.unparse(tree) if self.native_branches else world_source(tree)

    def compile(self, tree: ast.expr, parameters: Collection[str], name: str) -> Callable[..., Any]:
        """A function of ``parameters`` that evaluates the formula in this world."""
        source = f"def rule({', '.join(parameters)}):\n    return {self.source(tree)}\n"
        return define(source, "rule", self.namespace, f"{self.name} {name}")
