"""micrograd's drawing: ``trace(root)``, and ``draw_dot(root)``, which gives a ``graphviz.Digraph``.

The Digraph's ``source`` is there on any machine, and so is its display in a notebook; ``render()`` needs Graphviz's
``dot`` program, as python-graphviz always does (``visualize.save`` does not).  It shows what ``svg.py`` shows, in
Graphviz's own hand.  What does not live here: what is drawn (``picture.py``), the escaping of labels (``escape.py``).
"""

import shutil
from typing import Any

import graphviz

from autograd import Value, topological_order
from visualize.boxes import Box
from visualize.clusters import Path
from visualize.errors import DrawingError
from visualize.escape import dot_label
from visualize.layout import RankDir
from visualize.picture import LIMIT, Picture, picture
from visualize.place import LABELLED, WIDEST
from visualize.svg import picture_svg
from visualize.theme import GLYPHS, Theme, theme_named


def trace(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    """All nodes under ``root``, and all pairs (parent, child) of them; micrograd's function of this name.

    A set has each pair once, so ``a * a`` gives one pair; the drawings show both of its edges.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> nodes, edges = trace(a * b + a)
    >>> len(nodes), len(edges)
    (4, 4)
    """
    nodes = topological_order(root)
    return set(nodes), {(parent, node) for node in nodes for parent in node.parents}


_WITHOUT_PROGRAM = (
    'Without the program: visualize.save(root, "graph.svg") needs nothing, and PNG and PDF need: '
    'pip install "chainrule[render]"'
)


class Drawing(graphviz.Digraph):  # type: ignore[misc] # graphviz ships no types
    """A Digraph that a notebook displays even where there is no ``dot`` program: then by our own layout."""

    shown: tuple[Picture, Theme, RankDir] | None = None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **options: Any) -> dict[str, str]:
        if self.shown is None or shutil.which("dot"):
            bundle: dict[str, str] = super()._repr_mimebundle_(include, exclude, **options)
            return bundle
        drawn, theme, rankdir = self.shown
        return {"image/svg+xml": picture_svg(drawn, theme, "auto", rankdir)}

    def render(self, *given: Any, **options: Any) -> str:
        """As ``graphviz.Digraph.render``; where there is no ``dot`` program, the error says what needs none."""
        try:
            path: str = super().render(*given, **options)
            return path
        except graphviz.ExecutableNotFound as error:
            error.add_note(_WITHOUT_PROGRAM)
            raise

    def pipe(self, *given: Any, **options: Any) -> Any:
        """As ``graphviz.Digraph.pipe``; where there is no ``dot`` program, the error says what needs none."""
        try:
            return super().pipe(*given, **options)
        except graphviz.ExecutableNotFound as error:
            error.add_note(_WITHOUT_PROGRAM)
            raise


def draw_dot(
    root: Value,
    format: str = "svg",
    rankdir: RankDir = "LR",
    *,
    theme: str = "light",
    depth: int | None = None,
    expand: bool = False,
    limit: int = LIMIT,
) -> Any:
    """The graph under ``root`` as a ``graphviz.Digraph``, micrograd's function of this name.

    Args:
        root: the result whose graph is drawn, with the gradients its nodes have at the moment.
        format: what ``render()`` writes: ``svg``, ``png``, ``pdf``, ...
        rankdir: ``LR`` from left to right, ``TB`` from top to bottom.
        theme: ``light`` or ``dark``.
        depth: how many levels of clusters are open, as in ``to_svg``.
        expand: whether a ``dot`` node is drawn as its products and their sum, if they take at most half of ``limit``.
        limit: how many boxes there may be.

    Raises:
        DrawingError: no such format, theme or direction; a negative ``depth``.

    >>> a = Value(2.0, label="a")
    >>> "data 4" in draw_dot(a * a).source
    True
    """
    if rankdir not in ("LR", "TB"):
        raise DrawingError(f"rankdir is {rankdir!r}; use 'LR' (left to right) or 'TB' (top to bottom)")
    if format not in graphviz.FORMATS:
        raise DrawingError(f"format is {format!r}; use one that Graphviz writes, such as 'svg', 'png' or 'pdf'")
    colours = theme_named(theme)
    drawn = picture(root, depth=depth, expand=expand, limit=limit)
    drawing = Drawing(
        format=format,
        graph_attr={
            "rankdir": rankdir, "bgcolor": colours.background, "fontcolor": colours.muted, "fontname": "monospace",
            "labelloc": "b", "label": dot_label(drawn.note),
        },
        node_attr={
            "shape": "box", "style": "filled,rounded", "fontname": "monospace", "fontsize": "11", "width": "0.3",
            "height": "0.3", "margin": "0.11,0.06",
            "color": colours.border,
        },
        edge_attr={
            "color": colours.edge, "fontcolor": colours.text, "fontname": "monospace", "fontsize": "10",
            "arrowsize": "0.7",
        },
    )  # fmt: skip
    drawing.shown = (drawn, colours, rankdir)
    _add_cluster(drawing, drawn, (), colours, [0])
    for edge in drawn.edges:
        text = dot_label(edge.text, most=WIDEST) if len(drawn.edges) <= LABELLED else None
        ends = {"dir": "back", "style": "dashed"} if edge.back else {}
        tail, head = (edge.head, edge.tail) if edge.back else (edge.tail, edge.head)
        drawing.edge(tail, head, text, edgetooltip=dot_label(edge.tooltip), **ends)
    return drawing


def _add_cluster(drawing: Any, drawn: Picture, path: Path, theme: Theme, count: list[int]) -> None:
    """The boxes right in the cluster ``path``, and the clusters in it; paths are as short as modules nest."""
    for box in drawn.boxes:
        if box.path == path:
            _add_box(drawing, box, theme, drawn.largest)
    inner = dict.fromkeys(
        box.path[: len(path) + 1] for box in drawn.boxes if len(box.path) > len(path) and box.path[: len(path)] == path
    )
    for cluster in inner:
        count[0] += 1
        with drawing.subgraph(name=f"cluster_{count[0]}") as inside:
            inside.attr(
                label=dot_label(cluster[-1], most=WIDEST), labeljust="l", labelloc="t", style="filled,rounded",
                fillcolor=theme.cluster, color=theme.border, fontsize="10",
            )  # fmt: skip
            _add_cluster(inside, drawn, cluster, theme, count)


def _add_box(drawing: Any, box: Box, theme: Theme, largest: float) -> None:
    lines = [f"{GLYPHS[line.sign]} {line.text}" if line.sign else line.text for line in box.lines()]
    drawing.node(
        box.id,
        dot_label(*filter(None, [box.heading, *lines]), most=WIDEST),
        tooltip=dot_label(box.tooltip),
        fillcolor=box.fill(theme, largest),
        fontcolor=theme.muted if box.quiet else theme.text,
        style="filled,rounded,dashed" if box.dashed else "filled,rounded",
        penwidth="2.4" if box.root else "1",
        peripheries="2" if box.stacked else "1",
    )
