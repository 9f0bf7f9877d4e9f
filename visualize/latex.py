r"""LaTeX of a graph: the expression it computes, and a derivative as the chain rule writes it.

    latex(loss)          \tanh\left(a \cdot b + c\right)
    latex(loss, wrt=a)   the paths from loss to a: as symbols, as formulas, as numbers

Every operation is written by its row in the table (``latex_terms.py``), every local derivative by the table's formula
(``derivative.py``, ``Op.latex_of``); this file only puts them together.  What does not live here: any formula; how
names are escaped (``escape.py``); how the paths are found (``paths.py``).
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from autograd import FormulaError, OpaqueNodeError, StructureError, Value, topological_order
from visualize.derivative import edge_place, local_derivative
from visualize.escape import latex_text
from visualize.latex_terms import ATOM, PRODUCT, SUM, Term, bracketed, latex_number, operation
from visualize.paths import Path, paths_to
from visualize.steps import node_names

LONGEST: Final = 300
"""From how many characters on a part of an expression gets a line and a name of its own."""
LINES: Final = 40
"""How many such lines there are at most."""
NEAR: Final = 2000
"""How many nodes next to the root are written out at most."""
PATHS: Final = 6
"""How many paths are written out."""
FACTORS: Final = 9
"""How many factors of one path are written out."""


def latex(root: Value, wrt: Value | None = None) -> str:
    r"""The expression under ``root``, or ∂root/∂wrt by the chain rule, as LaTeX for a displayed formula.

    A part that is used more than once, or is long, has a line of its own, ``v_1 = ...``.  Of a very large graph the
    part next to the root is written, and dots for the rest.

    Args:
        root: the result.
        wrt: a leaf (or any node) of its graph to differentiate by; None writes the expression.

    Returns:
        Text for display mode; amsmath's ``aligned`` where it has more than one line.

    Raises:
        StructureError: ``wrt`` is not in the graph.
        OpaqueNodeError: a local derivative is asked for that only a Python function knows.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> print(latex((a * b).tanh()))
    \tanh\left(a \cdot b\right)
    >>> print(latex(a * b, wrt=a))
    \begin{aligned}
    \frac{\partial v_{1}}{\partial a} &= b \\
    &= -3 \\
    v_{1} &= a \cdot b
    \end{aligned}
    """
    nodes = topological_order(root)
    names = {node: latex_text(name) for node, name in node_names(nodes).items()}
    lines = _expression(nodes, names) if wrt is None else _derivative(nodes, wrt, names)
    if len(lines) == 1:
        return lines[0]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def _expression(nodes: Sequence[Value], names: Mapping[Value, str]) -> list[str]:
    """The lines of the expression; a single one is the expression alone, without a name."""
    root, near = nodes[-1], nodes[-NEAR:]
    uses: dict[Value, int] = {}
    for node in near:
        for parent in node.parents:
            uses[parent] = uses.get(parent, 0) + 1
    term: dict[Value, Term] = {
        parent: (names[parent], ATOM) if parent.label or not parent.is_leaf else latex_number(parent.data)
        for parent in [*uses, root]
    }
    lines: list[str] = []
    for node in near:
        if node.is_leaf or node is root:
            continue
        text, _ = term[node] = operation(node, term)
        if (uses[node] > 1 and len(text) > len(names[node])) or len(text) > LONGEST:
            lines.append(f"{names[node]} &= {text}")
            term[node] = names[node], ATOM
    whole = term[root][0] if root.is_leaf else operation(root, term)[0]
    left_out = len(near) < len(nodes) or len(lines) > LINES
    if not lines and not left_out:
        return [whole]
    return [*([r"&\;\;\vdots"] if left_out else []), *lines[-LINES:], f"{names[root]} &= {whole}"]


def _derivative(nodes: Sequence[Value], leaf: Value, names: Mapping[Value, str]) -> list[str]:
    """Four kinds of lines: fractions, their formulas, their numbers, and what the names in between stand for."""
    root = nodes[-1]
    if leaf not in names:
        shown = getattr(leaf, "label", "") or repr(leaf)  # what was given may be no Value at all
        raise StructureError(f"{shown} is not in the graph of {root.label or repr(root)}, so it has no derivative")
    wanted = _fraction(names[root], names[leaf])
    if leaf is root:
        return [f"{wanted} = 1"]
    if any(node.is_opaque for node in nodes):
        raise OpaqueNodeError("a node's backward rule is a Python function, so the chain rule cannot be written out")
    paths = paths_to(nodes, leaf, PATHS)
    more = "" if paths.complete else r" + \cdots"
    steps = [_steps(path) for path in paths]
    symbols = [
        r" \cdot ".join(_fraction(names[node], names[node.parents[edge]]) for node, edge in way) for way in steps
    ]
    formulas = [_product([_formula(node, edge, names) for node, edge in way]) for way in steps]
    numbers = [_product([latex_number(node.partials[edge]) for node, edge in way]) for way in steps]
    dots = [r" \cdots" if len(way) < len(path.edges) else "" for way, path in zip(steps, paths, strict=True)]
    rows = [" + ".join(text + dot for text, dot in zip(row, dots, strict=True)) for row in (symbols, formulas)]
    row = " + ".join(
        (rf"\left({text}\right)" if k and text.startswith("-") else text) + dot
        for k, (text, dot) in enumerate(zip(numbers, dots, strict=True))
    )
    rows.append(row)
    total = latex_number(sum(path.product for path in paths))[0]
    if paths.complete and rows[-1] != total:
        rows.append(total)
    first, *rest = dict.fromkeys(text for text in rows if text != wanted)
    lines = [f"{wanted} &= {first}{more}", *(f"&= {text}{more}" for text in rest)]
    term: dict[Value, Term] = {node: (name, ATOM) for node, name in names.items()}
    between = dict.fromkeys(node for way in steps for node, _ in reversed(way))
    lines += [f"{names[node]} &= {operation(node, term)[0]}" for node in list(between)[:LINES]]
    return lines


def _fraction(above: str, below: str) -> str:
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


def _steps(path: Path) -> list[tuple[Value, int]]:
    """The nodes of a path with the edge that each leaves by, as many as are written out."""
    return list(zip(path.nodes, path.edges, strict=False))[:FACTORS]


def _product(factors: Sequence[Term]) -> str:
    if len(factors) == 1:
        return factors[0][0]
    return r" \cdot ".join(bracketed(factor, PRODUCT) for factor in factors)


def _formula(node: Value, edge: int, names: Mapping[Value, str]) -> Term:
    """The local derivative of one edge: the table's formula over letters, with the operands' LaTeX for the letters."""
    op = node.op
    assert op is not None
    letters: dict[str, str] = {"out": names[node]}
    groups: list[list[str]] = []
    for group in node.groups:
        groups.append([])
        for x in group:
            letter = f"operand{len(letters)}"
            letters[letter] = names[x] if isinstance(x, Value) else bracketed(latex_number(float(x)), PRODUCT)
            groups[-1].append(letter)
    g, k = edge_place(node, edge)
    text = local_derivative(node, edge, groups, "out")
    text, dots, _ = text.partition(" * ...")
    try:
        tree = ast.parse(text, mode="eval").body
        own = replace(op, operands=(*op.operands, *letters))
        written = own.latex_of(text, letters) + (r" \cdots" if dots else "")
    except (SyntaxError, FormulaError):  # a primitive without formulas
        return _fraction(names[node], letters[groups[g][k]]), ATOM
    match tree:
        case ast.BinOp(op=ast.Add() | ast.Sub()) | ast.UnaryOp():
            return written, SUM
        case ast.Constant(value=int() | float() as x):
            return latex_number(float(x))
        case ast.Name() | ast.Call():
            return written, ATOM
    return written, PRODUCT
