"""Who computes places and who renders files: our own layout, Graphviz's ``dot`` program, or pygraphviz's bundled copy.

For places, Graphviz is given ids and sizes alone, never a label, and gives back what our own layout gives; so a
drawing looks the same whoever placed it.  Only PDF, and PNG without ``resvg``, are rendered by Graphviz itself.
What does not live here: what is drawn (``picture.py``), sizes and edges' labels (``place.py``).
"""

import contextlib
import io
import json
import shutil
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any, Final, Literal

import graphviz

from autograd import MissingExtraError
from autograd.extra import extra
from visualize.errors import DrawingError
from visualize.layout import Box, Cluster, Layout, Place, RankDir, Route, Spacing, lay_out

Engine = Literal["auto", "builtin", "dot"]

INCH: Final = 72.0
_PATIENCE: Final = 1000
"""Up to how many boxes ``auto`` leaves the layout to Graphviz, whose time grows faster than ours."""


def has_graphviz() -> bool:
    """Whether there is a ``dot`` program on the PATH, or pygraphviz."""
    return shutil.which("dot") is not None or find_spec("pygraphviz") is not None


def graphviz_render(source: str, format: str) -> bytes:
    """Graphviz's output for a drawing in the DOT language.

    Raises:
        MissingExtraError: there is neither a ``dot`` program nor pygraphviz.
    """
    if shutil.which("dot"):
        rendered: bytes = graphviz.pipe("dot", format, source.encode("utf-8"), quiet=True)
        return rendered
    if not has_graphviz():
        raise MissingExtraError(
            'this needs Graphviz, its `dot` program on the PATH or: pip install "chainrule[render]"'
        )
    with contextlib.redirect_stderr(io.StringIO()):  # it warns of a graph of many nodes
        drawn: bytes = extra("pygraphviz", "render").AGraph(string=source).draw(format=format, prog="dot")
    return drawn


def place(
    boxes: Sequence[Box],
    edges: Sequence[tuple[str, str]],
    engine: Engine,
    rankdir: RankDir,
    spacing: Spacing,
) -> Layout:
    """Places, routes and clusters, by the engine asked for; ``auto`` takes Graphviz where there is one.

    Raises:
        DrawingError: there is no such engine or direction.
        MissingExtraError: Graphviz was asked for and is not there.
    """
    if engine not in ("auto", "builtin", "dot"):
        raise DrawingError(f"layout is {engine!r}; use 'auto', 'builtin' or 'dot'")
    if rankdir not in ("LR", "TB"):
        raise DrawingError(f"rankdir is {rankdir!r}; use 'LR' (left to right) or 'TB' (top to bottom)")
    if engine == "dot" or (engine == "auto" and len(boxes) <= _PATIENCE and has_graphviz()):
        return _by_graphviz(boxes, edges, rankdir, spacing)
    return lay_out(boxes, edges, rankdir=rankdir, spacing=spacing)


def _by_graphviz(boxes: Sequence[Box], edges: Sequence[tuple[str, str]], rankdir: RankDir, spacing: Spacing) -> Layout:
    number = {box.id: v for v, box in enumerate(boxes)}
    paths: list[tuple[str, ...]] = []
    source = _source(boxes, [(number[tail], number[head]) for tail, head in edges], paths, rankdir, spacing)
    drawn: dict[str, Any] = json.loads(graphviz_render(source, "json0"))
    left, bottom, right, top = map(float, drawn["bb"].split(","))
    margin = spacing.margin

    def turned(point: str) -> tuple[float, float]:
        x, y = map(float, point.split(",")[:2])
        return x - left + margin, top - y + margin

    objects = {thing["name"]: thing for thing in drawn.get("objects", ())}
    places = {box.id: Place(*turned(objects[f"b{v}"]["pos"]), rank=0) for v, box in enumerate(boxes)}
    routes: list[Route | None] = [None] * len(edges)
    for edge in drawn.get("edges", ()):
        e = int(edge["id"][1:])
        routes[e] = Route(*edges[e], tuple(map(turned, edge["pos"].split())))
    clusters = []
    for c, path in enumerate(paths):
        x0, y0, x1, y1 = objects[f"cluster_{c}"]["bb"].split(",")
        (near, low), (far, high) = turned(f"{x0},{y1}"), turned(f"{x1},{y0}")
        clusters.append(Cluster(path, near, low, far - near, high - low))
    return Layout(
        places,
        tuple(route for route in routes if route is not None),
        tuple(clusters),
        right - left + 2 * margin,
        top - bottom + 2 * margin,
    )


def _source(
    boxes: Sequence[Box],
    edges: Iterable[tuple[int, int]],
    paths: list[tuple[str, ...]],
    rankdir: RankDir,
    spacing: Spacing,
) -> str:
    """The graph in the DOT language: numbers for names and no text; fills ``paths`` with the clusters by number."""
    lines = [
        f"digraph {{ rankdir={rankdir} nodesep={spacing.box / INCH:.4f} ranksep={spacing.rank / INCH:.4f}",
        'node [shape=box fixedsize=true label=""] edge [dir=none]',
    ]
    tree: dict[tuple[str, ...], list[int]] = {(): []}
    for v, box in enumerate(boxes):
        for depth in range(1, len(box.clusters) + 1):
            tree.setdefault(box.clusters[:depth], [])
        tree[box.clusters].append(v)
    waiting: list[tuple[str, ...] | None] = [()]
    while waiting:
        path = waiting.pop()
        if path is None:
            lines.append("}")
            continue
        if path:
            lines.append(f'subgraph cluster_{len(paths)} {{ label="." fontsize={spacing.title:g}')
            lines.append(f"margin={spacing.cluster:g}")
            paths.append(path)
            waiting.append(None)
        lines += [f"b{v} [width={boxes[v].width / INCH:.4f} height={boxes[v].height / INCH:.4f}]" for v in tree[path]]
        waiting += [inner for inner in tree if inner[:-1] == path and inner]
    lines += [f"b{tail} -> b{head} [id=e{e}]" for e, (tail, head) in enumerate(edges)]
    return "\n".join([*lines, "}"])
