"""One box of a drawing and its texts: a node, a number among the operands, a fold or closed cluster, the rest.

What does not live here: which boxes there are (``picture.py``), the colours themselves (``theme.py``), sizes
(``place.py``).
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal, NamedTuple

from autograd import Value
from visualize.clusters import Path
from visualize.derivative import SHOWN, number
from visualize.fold import Part
from visualize.theme import Sign, Theme, sign_of

Kind = Literal["leaf", "constant", "operation", "group", "rest"]


class Line(NamedTuple):
    """A line of text in a box; a gradient's comes with its sign."""

    text: str
    sign: Sign | None = None
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A box; its texts are as the learner wrote them, and not yet escaped."""

    id: str
    """Stable for equal graphs: ``n`` and the node's place in topological order, as in a walk."""
    kind: Kind
    op: str
    """The operation's symbol; empty on a leaf."""
    name: str
    data: float | None = None
    grad: float | None = None
    notes: tuple[str, ...] = ()
    """Further lines, muted."""
    path: Path = ()
    """The clusters around it, the outermost first."""
    root: bool = False
    muted: bool = False
    """Whether it takes no gradient: a number, a frozen parameter."""

    label: str = ""
    """The whole label, where the name leaves out what the clusters around it say."""
    source: str = ""
    """The line of code that made it, where that is known."""

    @property
    def heading(self) -> str:
        """The operation and the name."""
        return " ".join(filter(None, (self.op, self.name)))

    @property
    def tooltip(self) -> str:
        """What a pointer on the box is told: all of it, with the whole label."""
        said = (self.op, self.label or self.name, *(line.text for line in self.lines()), self.source)
        return " ".join(filter(None, said))

    @property
    def quiet(self) -> bool:
        """Whether it is drawn muted."""
        return self.muted or self.kind == "constant"

    @property
    def stacked(self) -> bool:
        """Whether it stands for several nodes."""
        return self.kind in ("group", "rest")

    @property
    def dashed(self) -> bool:
        """Whether its border is dashed."""
        return self.muted or self.kind == "rest"

    def fill(self, theme: Theme, largest: float) -> str:
        """The colour of its ground: the gradient's, if it has one."""
        if self.quiet:
            return theme.constant
        return theme.box if self.grad is None else theme.shade(self.grad, largest)

    def lines(self) -> list[Line]:
        """The texts under the heading."""
        found = [] if self.data is None else [Line(f"data {number(self.data)}")]
        if self.grad is not None:
            found.append(Line(f"grad {number(self.grad)}", sign_of(self.grad)))
        return [*found, *(Line(note, muted=True) for note in self.notes)]


def grad_of(node: Value) -> float:
    """The gradient as a number; it may be a Value after ``backward(create_graph=True)``."""
    return float(node.grad)


_INFIX: Final = ("+", "-", "*", "/", "%", "//")


def constants(node: Value) -> list[tuple[int, float]]:
    """The plain numbers among the operands that get a box of their own, with their places: those of arithmetic.

    >>> constants(Value(3.0) * 2), constants(Value(3.0) ** 2)
    ([(1, 2.0)], [])
    """
    op = node.op
    if op is None or op.symbol not in _INFIX or len(op.operands) != 2 or node.is_opaque:
        return []
    return [(place, x) for place, x in enumerate(node.operands) if not isinstance(x, Value)]


def node_box(node: Value, id: str, name: str, path: Path, root: bool) -> Box:
    """The box of one node."""
    made = "" if node.source is None else f"{PurePath(node.source.filename).name}:{node.source.line}"
    muted = not node.requires_grad
    kind: Kind = "leaf" if node.is_leaf else "operation"
    notes = () if node.is_leaf else tuple(_numbers(node))
    grad = None if muted else grad_of(node)
    short = name.removeprefix("".join(f"{part}." for part in path))
    return Box(id, kind, node._op, short, node.data, grad, notes, path, root, muted, name, made)


def _numbers(node: Value) -> list[str]:
    """A line for each named operand that is a plain number, or a list with numbers in it."""
    op = node.op
    assert op is not None
    if node.is_opaque or constants(node) or node._op != (op.symbol or op.name):  # ``**2`` says its number itself
        return []
    lines = []
    for name, group in zip(op.operands, node.groups, strict=True):
        plain = [x for x in group if not isinstance(x, Value)]
        if plain and (len(group) > 1 or name not in op.defaults or plain[0] != op.defaults[name]):
            shown = ["·" if isinstance(x, Value) else number(x) for x in group[:SHOWN]]
            lines.append(f"{name} = {', '.join(shown)}{', …' if len(group) > SHOWN else ''}")
    return lines


def group_box(id: str, part: Part, root: bool) -> Box:
    """The box of a closed cluster, or of one pattern that repeats."""
    nodes = part.nodes
    return _cluster_box(id, part, root) if part.closed else _fold_box(id, nodes, part.path, root)


def _cluster_box(id: str, part: Part, root: bool) -> Box:
    parameters = [node for node in part.nodes if node.is_leaf]
    notes = [_counted(len(part.nodes) - len(parameters), "operation")]
    inner = Counter(_stem(name) for name in part.inner)
    notes = [_counted(count, name.removesuffix("s")) for name, count in inner.items()] + notes
    if parameters:
        norm = math.hypot(*map(grad_of, parameters))
        notes += [_counted(len(parameters), "parameter"), f"gradient norm {number(norm)}"]
    return Box(id, "group", "", part.closed, notes=tuple(notes), path=part.path, root=root)


def _fold_box(id: str, nodes: Sequence[Value], path: Path, root: bool) -> Box:
    first = nodes[0]
    name = f"×{len(nodes):,}"
    if first.is_leaf:
        name = f"{_stem(first.label.rpartition('.')[2]) or 'leaf'} {name}"
    notes = [f"data {_span([node.data for node in nodes])}"]
    muted = first.is_leaf and not first.requires_grad
    if not muted:
        notes.append(f"grad {_span([grad_of(node) for node in nodes])}")
    return Box(id, "group", first._op, name, notes=tuple(notes), path=path, root=root, muted=muted)


def rest_box(id: str, part: Part, root: bool) -> Box:
    """The box that stands for all the nodes for which there is no room."""
    return Box(id, "rest", "", f"… {_counted(len(part.nodes), 'more node')}", root=root)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _stem(name: str) -> str:
    return re.sub(r"\[.*", "", name, flags=re.DOTALL)


def _span(numbers: Sequence[float]) -> str:
    finite = [x for x in numbers if math.isfinite(x)]
    odd = _counted(len(numbers) - len(finite), "non-finite number") if len(finite) < len(numbers) else ""
    if not finite:
        return odd
    low, high = number(min(finite)), number(max(finite))
    return (low if low == high else f"{low} … {high}") + (f", {odd}" if odd else "")
