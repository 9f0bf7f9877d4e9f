"""The formula language: one expression in plain Python notation, read by every number world.

A primitive's value and its partials are written once, as text such as ``"x * y"`` or ``"0 if x <= 0 else x"``
(see ``ops.py``).  This module checks such a text against an allow-list, and writes it as LaTeX; ``world.py``, the next
file, makes Python functions of it.

The language: numbers, names of operands, ``+ - * / // % **``, one comparison, ``a if c else b``, calls of functions
by name, ``[f(x) for x in xs]`` and ``len(xs)``.  Nothing else parses: no attribute, no string, no lambda.

What does not live here: any formula (``ops.py``), any number (``ieee.py``).
"""

import ast
from collections.abc import Collection, Mapping
from typing import Final

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


_PRECEDENCE: Final[Mapping[type[ast.operator], int]] = {
    ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.FloorDiv: 2, ast.Div: 5, ast.Pow: 4,
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
        case ast.BinOp(op=ast.Mod()):  # read without brackets, each half would do with what stands beside it
            return rf"{part(tree.left, 2)} \bmod {part(tree.right, 3)}", 0
        case ast.BinOp():
            sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: r"\cdot"}[type(tree.op)]
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
