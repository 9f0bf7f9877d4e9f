"""What ``draw``, ``step``, ``check`` and ``latex`` do, each with an expression and the values of its names.

Each takes the arguments that ``cli.py`` read and returns the exit status.  What does not live here: the expression
language (``autograd.expression``), and everything shown (``svg.py``, ``text.py``, ``terminal``, ``page``).
"""

import sys
from argparse import Namespace
from collections.abc import Sequence

import autograd
from autograd import ExpressionError, GradcheckError, MissingExtraError, Value, topological_order
from autograd.expression import parse
from visualize.derivative import number
from visualize.difference import check as held_against_differences
from visualize.escape import visible
from visualize.latex import latex as latex_of
from visualize.save import save
from visualize.svg import to_svg
from visualize.walk import walk


def read_values(texts: Sequence[str]) -> dict[str, float]:
    """``["a=2", "b=-3"]`` as numbers by name.

    Raises:
        ExpressionError: a text is not of this form, or a name stands twice.

    >>> read_values(["a=2", "b=-3e-1"])
    {'a': 2.0, 'b': -0.3}
    """
    values: dict[str, float] = {}
    for text in texts:
        if text.startswith("--"):
            raise ExpressionError(f"there is no option `{visible(text, 60)}` here; --help names those there are")
        name, equals, digits = (part.strip() for part in text.partition("="))
        if not equals or not name.isidentifier() or not name.isascii():
            raise ExpressionError(f"a value is written name=number, such as a=2; got `{visible(text, 60)}`")
        if name in values:
            raise ExpressionError(f"`{visible(name, 60)}` is given twice")
        try:
            values[name] = float(digits)
        except ValueError:
            raise ExpressionError(
                f"the value of `{visible(name, 60)}` is a number, such as 2 or -0.5; got `{visible(digits, 60)}`"
            ) from None
    return values


def _graph(chosen: Namespace) -> Value:
    return parse(chosen.expression, **read_values(chosen.values))


def draw(chosen: Namespace) -> int:
    """Write the graph, with its gradients, to a file."""
    root = _graph(chosen)
    root.backward()
    if str(chosen.out) == "-":
        print(to_svg(root, theme=chosen.theme))
    else:
        print(save(root, chosen.out, theme=chosen.theme))
    return 0


def step(chosen: Namespace) -> int:
    """Step through the backward pass: in the terminal, as text, or in a page."""
    steps = walk(_graph(chosen))
    if chosen.html is not None:
        print(steps.to_html(chosen.html))
        return 0
    if chosen.text:
        print(steps)
        return 0
    try:
        steps.terminal()
    except MissingExtraError as missing:
        print(f"chainrule: {missing} for keys ← and →; here it is as text\n", file=sys.stderr)
        print(steps)
    return 0


def check(chosen: Namespace) -> int:
    """Hold every gradient against a finite difference, and every local derivative against its own."""
    steps = walk(_graph(chosen))
    verdicts = held_against_differences(steps)
    rows = [("node", "value", "gradient", "difference", "verdict")]
    for node in steps.nodes:
        held = verdicts[node]
        difference = "" if held.slope != held.slope else number(held.slope)
        rows.append((steps.name[node], number(node.data), number(steps.gradient[node]), difference, held.verdict))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        name, *numbers, verdict = (f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        print(f"{name.strip():<{widths[0]}}  {'  '.join(numbers)}  {verdict.strip()}")
    autograd.gradcheck(steps.root)
    if wrong := [steps.name[node] for node in steps.nodes if verdicts[node].verdict == "differs"]:
        raise GradcheckError(f"{len(wrong)} of {len(steps.nodes)} gradients differ, that of {wrong[0]} first")
    return 0


def latex(chosen: Namespace) -> int:
    """Print the expression, and the derivative by each name as the chain rule writes it, as LaTeX."""
    root = _graph(chosen)
    leaves = [node for node in topological_order(root) if node.is_leaf and node.label]
    print("\n\n".join([latex_of(root), *(latex_of(root, wrt=leaf) for leaf in leaves)]))
    return 0
