"""``parse("(a*b + c).tanh()", a=2, b=-3, c=10)``: text becomes a graph, without ``eval``.

The language is arithmetic as Python writes it: decimal numbers, names, ``+ - * / // % **``, one comparison at a time,
``x if c else y``, and the table's primitives as functions (``tanh(x)``) and methods (``x.tanh()``).  Nothing is
executed that is not on this list.  ``scan.py`` looks the text over first; Python's parser makes a tree of it; the loop
below walks that tree.  What does not live here: any arithmetic (``ops.py``).
"""

import ast
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from autograd.errors import ExpressionError, OperandTypeError
from autograd.formula import COMPARISONS, CONSTANTS
from autograd.ops import FLOATS, TABLE, Op, is_list
from autograd.primitives import functions
from autograd.scan import Scan, error
from autograd.value import Value

_BINARY: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.FloorDiv: "floor_divide", ast.Mod: "mod",
    ast.Pow: "pow",
}  # fmt: skip


def parse(text: str, /, **values: Any) -> Value:
    """The graph of an arithmetic expression.

    Args:
        text: the expression: at most 10,000 characters, 2,000 names, numbers and operators, nested 100 deep.
        values: a number or a Value for each name in it; a name becomes one leaf with that label.

    Raises:
        ExpressionError: ``text`` is not in the language, or names and values do not fit; a caret shows the place.

    >>> parse("(a*b + c) ** 2", a=2, b=-3, c=10).data
    16.0
    >>> parse("9**9**9").data
    inf
    >>> parse("a + tnah(a)", a=1)
    Traceback (most recent call last):
    autograd.errors.ExpressionError: there is no function `tnah`; did you mean `tanh`?
        a + tnah(a)
            ^
    """
    if not isinstance(text, str):
        raise OperandTypeError(f"an expression is text, such as 'a*b'; got one of type {type(text).__name__}")
    scan = Scan(text)
    offset = len(scan.clean) - len(scan.clean.lstrip())
    try:
        tree = ast.parse(scan.clean.strip(), mode="eval").body
    except SyntaxError as wrong:
        raise error(text, offset + (wrong.offset or 1) - 1, "this is no expression") from None
    except (RecursionError, MemoryError):
        raise error(text, 0, "this is too deep for what is left of Python's stack") from None
    evaluation = _Evaluation(text, offset, scan.numbers, values)
    result = evaluation.run(tree)
    if unused := sorted(values.keys() - evaluation.leaves.keys()):
        raise error(text, 0, f"a value is given for `{unused[0]}`, which does not occur in the expression")
    return result if isinstance(result, Value) else Value(result)


class _Evaluation:
    """One walk over a syntax tree, with a stack of its own in place of recursion.

    The stack holds what is to be done: a piece of the tree, or a function of the latest ``count`` results.
    """

    def __init__(self, text: str, offset: int, numbers: Mapping[int, float], values: Mapping[str, Any]) -> None:
        self.text = text
        self.offset = offset
        self.numbers = numbers
        self.values = values
        self.leaves: dict[str, Value] = {}

    def run(self, tree: ast.expr) -> Any:
        todo: list[Any] = [tree]
        done: list[Any] = []
        while todo:
            task = todo.pop()
            if isinstance(task, ast.expr):
                function, parts = self._taken_apart(task)
                todo.append((function, len(parts)))
                todo.extend(reversed(parts))
            else:
                function, count = task
                operands = done[len(done) - count :]
                del done[len(done) - count :]
                done.append(function(*operands))
        return done[0]

    def _error(self, node: ast.expr, what: str) -> ExpressionError:
        place = node.col_offset
        if isinstance(node, ast.Attribute) and node.end_col_offset is not None:
            place = node.end_col_offset - len(node.attr)
        return error(self.text, self.offset + place, what)

    def _taken_apart(self, node: ast.expr) -> tuple[Callable[..., Any], list[ast.expr]]:
        """A function, and the parts of the tree whose results it takes."""
        match node:
            case ast.Constant():
                number = self.numbers[self.offset + node.col_offset]
                return lambda: number, []
            case ast.Name(id=name):
                leaf = self._leaf(node, name)
                return lambda: leaf, []
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return functions["neg"], [operand]
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return lambda x: x, [operand]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return functions[_BINARY[type(op)]], [left, right]
            case ast.Compare(left=left, ops=[relation], comparators=[right]) if type(relation) in COMPARISONS:
                return functions[COMPARISONS[type(relation)]], [left, right]
            case ast.Compare():
                raise self._error(node.comparators[1], "one comparison at a time; multiply two of them for `and`")
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return functions["where"], [test, body, orelse]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(node.func, name, arguments)
            case ast.Call(func=ast.Attribute(value=receiver, attr=name), args=arguments, keywords=[]):
                row = TABLE.get(name)
                if row is not None and not (row.method and hasattr(Value, name)):
                    raise self._error(node.func, f"`{name}` is no method; write `{name}(...)`")
                return self._call(node.func, name, [receiver, *arguments], method=True)
            case ast.Attribute(attr=name):
                raise self._error(node, f"only methods follow a dot; `.{name}` is none without brackets")
            case ast.List() | ast.Tuple():
                raise self._error(node, "a list stands only as an argument of `sum`, `dot` and their kin")
        raise self._error(node, "this is not in the expression language")  # nothing that the scan lets through today

    def _leaf(self, node: ast.expr, name: str) -> Any:
        if name in self.leaves:
            return self.leaves[name]
        if name in self.values:
            given = self.values[name]
            leaf = given if isinstance(given, Value) else Value(given, label=name)
            leaf.label = leaf.label or name
            self.leaves[name] = leaf
            return leaf
        if name in CONSTANTS:
            return float(FLOATS.namespace[name])
        if name in TABLE:
            raise self._error(node, f"`{name}` is a function; write `{name}(...)`")
        hint = "; Euler's number to a power is `exp(x)`" if name == "e" else ""
        raise self._error(node, f"no value is given for `{name}`; give one as {name}=...{hint}")

    def _call(
        self, place: ast.expr, name: str, arguments: list[ast.expr], method: bool = False
    ) -> tuple[Callable[..., Any], list[ast.expr]]:
        op = TABLE.get(name)
        if op is None:
            near = get_close_matches(name[:40], TABLE, n=1)
            raise self._error(
                place,
                f"there is no {'method' if method else 'function'} `{name[:40]}`"
                + (
                    f"; did you mean `{near[0]}`?"
                    if near
                    else "; see autograd.TABLE, which has exp, log, tanh, relu and more"
                ),
            )
        if op.operands == ("xs",):
            match arguments:
                case [ast.List(elts=entries) | ast.Tuple(elts=entries)]:
                    pass
                case entries if name not in ("max", "min"):
                    raise self._error(place, f"`{name}` takes one list; write `{name}([...])`")
            if not entries and name in ("max", "min", "mean"):
                raise self._error(place, f"`{name}` of nothing has no value")
            return lambda *xs: functions[name](xs), entries
        self._count(place, op, len(arguments))
        flat: list[ast.expr] = []
        shape: list[int | None] = []
        for operand, argument in zip(op.operands, arguments, strict=False):
            if is_list(operand):
                if not isinstance(argument, ast.List | ast.Tuple):
                    raise self._error(argument, f"`{name}` takes a list here; write `[...]`")
                shape.append(len(argument.elts))
                flat.extend(argument.elts)
            else:
                shape.append(None)
                flat.append(argument)
        lengths = {length for length in shape if length is not None}
        if len(lengths) > 1:
            raise self._error(place, f"the lists of `{name}` are equally long; these are not")
        return _regrouped(functions[name], shape), flat

    def _count(self, place: ast.expr, op: Op, given: int) -> None:
        most = len(op.operands)
        least = most - len(op.defaults)
        if not least <= given <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            signature = f"{op.name}({', '.join(op.operands)})"
            raise self._error(place, f"`{signature}` takes {wanted} argument{'s' * (most > 1)}; {given} given")


def _regrouped(function: Callable[..., Any], shape: list[int | None]) -> Callable[..., Any]:
    """``function`` as one of its operands in a row: a number in ``shape`` says how many make up a list."""
    if not any(length is not None for length in shape):
        return function

    def call(*operands: Any) -> Any:
        rest = iter(operands)
        return function(*[next(rest) if n is None else [next(rest) for _ in range(n)] for n in shape])

    return call
