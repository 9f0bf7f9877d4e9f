"""The panes of the stepping view: the graph as a tree, and the table of gradients.

Both are lists of lines, of which only those in sight are ever made, so a graph of any size scrolls.  Labels come in as
plain text, never as markup.  What does not live here: which moment is shown (``moments.py``), keys (``__init__.py``).
"""

from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from autograd import Value
from visualize.derivative import number
from visualize.escape import visible
from visualize.steps import Contribution
from visualize.terminal.colours import DARK, GIVES, LOCAL, MUTED, NAME, PRESENT, UPSTREAM
from visualize.terminal.moments import Stepper
from visualize.terminal.tree import Row, tree
from visualize.theme import GLYPHS, sign_of

NUMBER: Final = 13
"""As wide as a number gets: ``-1.23457e-123``."""
SHORT: Final = 12
"""How many characters of a name the table shows."""


@dataclass
class Chosen(Message):
    """A node was clicked."""

    node: Value


class Lines(ScrollView, can_focus=False):
    """A pane of lines, each made when it is to be seen: ``text(index)``."""

    def __init__(self, stepper: Stepper, id: str) -> None:
        super().__init__(id=id)
        self.stepper = stepper

    def text(self, index: int) -> Text:
        """One line."""
        raise NotImplementedError(f"{type(self).__name__} is a base without lines: its panes define them")

    def node_at(self, index: int) -> Value:
        """The node that a line is about."""
        raise NotImplementedError(f"{type(self).__name__} is a base without lines: its panes define them")

    def render_line(self, y: int) -> Strip:
        """The line at height ``y`` of what is visible."""
        x, top = self.scroll_offset
        if top + y >= self.virtual_size.height:
            return Strip.blank(self.size.width, self.rich_style)
        line = self.text(top + y)
        width = max(self.virtual_size.width, self.size.width)
        line.pad_right(width - line.cell_len)
        return Strip(line.render(self.app.console)).crop(x, x + self.size.width).apply_style(self.rich_style)

    def show(self, index: int) -> None:
        """Repaint, with this line in sight."""
        self.scroll_to_region(Region(0, index, 1, 1), animate=False, immediate=True)
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Tell whoever listens which node was clicked."""
        offset = event.get_content_offset(self)
        index = -1 if offset is None else offset.y + self.scroll_offset.y
        if 0 <= index < self.virtual_size.height:
            self.post_message(Chosen(self.node_at(index)))


class Graph(Lines):
    """The graph as a tree, one line for each edge."""

    def __init__(self, stepper: Stepper) -> None:
        super().__init__(stepper, "graph")
        self.rows: list[Row] = list(tree(stepper.walk))
        self.first = {row.node: index for index, row in reversed(list(enumerate(self.rows)))}
        self.edges = {(row.child, row.edge): index for index, row in enumerate(self.rows)}
        self.terms = {(step.node, term.edge): term for step in stepper.walk.backward for term in step.contributions}
        self.virtual_size = Size(max(map(self._width, self.rows)), len(self.rows))

    def _width(self, row: Row) -> int:
        """How wide a row is at its widest, while a contribution is shown on it."""
        name = visible(self.stepper.walk.name[row.node], NAME)
        term = None if row.child is None else self.terms.get((row.child, row.edge))
        return len(row.indent) + cell_len(f"{name} {_op(row)}  {number(row.node.data)}{_product(term)}")

    def node_at(self, index: int) -> Value:
        """The node of a line."""
        return self.rows[index].node

    def text(self, index: int) -> Text:
        """A node, and at the moment the product on the edge above it."""
        row, moment = self.rows[index], self.stepper.moment
        name = visible(self.stepper.walk.name[row.node], NAME)
        line = Text().append(row.indent, style=MUTED)
        sent = moment.term is not None and row.child is moment.node and row.edge == moment.term.edge
        present = row.node is moment.node
        line.append(name, style=f"bold {UPSTREAM}" if present else f"bold {GIVES}" if sent else "bold")
        if op := _op(row):
            line.append(f" {op}", style=MUTED)
        line.append(f"  {number(row.node.data)}" if row.node in self.stepper.computed else "  ·")
        if sent:
            product, _, contribution = _product(moment.term).rpartition(" = ")
            line.append(product, style=LOCAL).append(f" = {contribution}", style=GIVES)
        if present or sent:
            line.stylize(PRESENT)
        return line

    def follow(self) -> None:
        """Bring the present moment into sight."""
        moment = self.stepper.moment
        if moment.term is not None:
            self.show(self.edges[moment.node, moment.term.edge])
        else:
            self.show(self.first[moment.node] if moment.node is not None else 0)


def _op(row: Row) -> str:
    """What stands behind a node's name."""
    return "↑" if row.repeated else visible(row.node._op, NAME)


def _product(term: Contribution | None) -> str:
    """The product that is shown on an edge."""
    if term is None:
        return ""
    return f"   ◀ {number(term.upstream)} × {number(term.partial)} = {number(term.contribution)}"


class Gradients(Lines):
    """The table of gradients, a line for each node in topological order."""

    def __init__(self, stepper: Stepper) -> None:
        super().__init__(stepper, "gradients")
        self.place = {node: index for index, node in enumerate(stepper.walk.nodes)}
        self.wide = max(cell_len(visible(name, SHORT)) for name in stepper.walk.name.values())
        self.digits = max(len(number(node.data)) for node in stepper.walk.nodes)
        self.virtual_size = Size(self.wide + self.digits + 2 + 2 + 2 + NUMBER, len(stepper.walk.nodes))

    def node_at(self, index: int) -> Value:
        """The node of a line."""
        return self.stepper.walk.nodes[index]

    def text(self, index: int) -> Text:
        """Name, value, and the sign of the gradient before the gradient."""
        node, moment = self.stepper.walk.nodes[index], self.stepper.moment
        name = visible(self.stepper.walk.name[node], SHORT)
        line = Text().append(set_cell_size(name, self.wide), style="bold" if node.is_leaf else "")
        data = number(node.data) if node in self.stepper.computed else "·"
        line.append(f"  {data:>{self.digits}}  ", style=MUTED)
        gradient = self.stepper.gradient[node]
        sign = sign_of(gradient)
        if not node.requires_grad:
            line.append("frozen", style=MUTED)
        elif self.stepper.backward_has_begun:
            style = {"positive": DARK.positive, "negative": DARK.negative, "zero": MUTED, "non-finite": DARK.alarm}[
                sign
            ]
            line.append(GLYPHS[sign], style=style)
            line.append(f" {number(gradient)}")
        if node is moment.changed and moment.kind != "forward":
            line.stylize(f"{GIVES} {PRESENT}")
        elif node is moment.node:
            line.stylize(PRESENT)
        return line

    def follow(self) -> None:
        """Bring what changes at the present moment into sight."""
        moment = self.stepper.moment
        node = moment.changed or moment.node
        self.show(self.place[node] if node is not None else 0)
