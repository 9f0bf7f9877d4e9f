"""What the page is told about a walk: the list of steps as JSON, which the page's script reads and only reads.

    nodes      [name, leaf?, equation, equation in numbers, value, takes a gradient?, verdict, slope, row of source]
    forward    [node, ...]
    backward   [node, [[edge, parent, partial, formula, contribution, after], ...]]
    source     [file, [[line number, text], ...]]

Nodes are named by their place in the walk.  A number that JSON does not have is a string: "NaN", "-Infinity".
What does not live here: the steps (``visualize/steps.py``), the check of gradients (``visualize/difference.py``).
"""

import json
import linecache
import math
from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import Any, Final

from visualize.difference import check
from visualize.escape import script_text, visible
from visualize.steps import Steps
from visualize.text import equation, equation_in_numbers

NAME: Final = 40
"""How many characters of a name the page has."""
SHORT: Final = 16
"""How many of them stand where there is little room, in tables and fractions."""
TEXT: Final = 160
"""How many characters of a formula, an equation or a line of source."""


def embedded(walk: Steps) -> str:
    r"""The walk as JSON that can stand between ``<script>`` tags: ASCII, and no ``<`` that could end them.

    >>> from autograd import Value
    >>> "<" in embedded(Steps(Value(1.0, label="</script>") * 2))
    False
    """
    return json.dumps(_data(walk), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _data(walk: Steps) -> dict[str, Any]:
    place = {node: index for index, node in enumerate(walk.nodes)}
    short = _shortener(walk.name.values())
    listing, row = _source(walk)
    checks = check(walk)
    nodes = []
    for node in walk.nodes:
        inner = not node.is_leaf
        nodes.append([
            script_text(walk.name[node], NAME), int(node.is_leaf),
            short(equation(walk, node)) if inner else "", short(equation_in_numbers(node)) if inner else "",
            _number(node.data), int(node.requires_grad),
            checks[node].verdict, _number(float(f"{checks[node].slope:.9g}")), row.get(place[node], -1),
            script_text(walk.name[node], SHORT),
        ])  # fmt: skip
    backward = [
        [place[step.node], [
            [term.edge, place[term.parent], _number(term.partial), short(term.formula), _number(term.contribution),
             _number(term.after)]
            for term in step.contributions
        ]]
        for step in walk.backward
    ]  # fmt: skip
    return {
        "nodes": nodes, "forward": [place[step.node] for step in walk.forward], "backward": backward,
        "source": listing,
    }  # fmt: skip


def _number(x: float) -> float | str:
    """A float as JSON holds it exactly; whole numbers without a fraction."""
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "Infinity" if x > 0 else "-Infinity"
    return int(x) if x.is_integer() and abs(x) < 1e15 and math.copysign(1.0, x) * x > 0 else x


def _shortener(names: Iterable[str]) -> Callable[[str], str]:
    """A function that makes a text fit to be shown, names of excessive length first."""
    long = sorted((name for name in names if len(name) > NAME), key=len, reverse=True)

    def short(text: str) -> str:
        for name in long:
            text = text.replace(name, visible(name, NAME))
        return script_text(text, TEXT)

    return short


def _source(walk: Steps) -> tuple[list[Any], dict[int, int]]:
    """The learner's lines that made the nodes, file by file, and the row of each node among them.

    Without ``autograd.provenance()`` nothing is known of them; the page then lists the nodes' equations instead.
    """
    files: dict[str, set[int]] = {}
    for node in walk.nodes:
        if node.source is not None:
            files.setdefault(node.source.filename, set()).add(node.source.line)
    if not files:
        return [], {index: index for index in range(len(walk.nodes))}
    listing: list[Any] = []
    rows: dict[tuple[str, int], int] = {}
    for filename, lines in files.items():
        shown: list[Any] = []
        for line in sorted(lines):
            text = linecache.getline(filename, line).rstrip()
            rows[filename, line] = len(rows)
            shown.append([line, visible(text, TEXT)])
        listing.append([_title(filename), _dedented(shown)])
    return listing, {
        index: rows[node.source.filename, node.source.line]
        for index, node in enumerate(walk.nodes)
        if node.source is not None
    }


def _dedented(rows: list[Any]) -> list[Any]:
    margin = min((len(text) - len(text.lstrip()) for _, text in rows if text.strip()), default=0)
    return [[line, text[margin:]] for line, text in rows]


def _title(filename: str) -> str:
    """A file's name without its folders, which are nobody else's business; a notebook's cell has no name."""
    if "ipykernel" in filename or filename.startswith("<ipython-input"):
        return "notebook cell"
    return visible(PurePath(filename).name, NAME)
