"""Graphs to draw, Graphviz's drawing of them, and a count of the crossings in any drawing. No test stands here.

The graphs are those that a network of unfused neurons makes: per neuron the leaves w[i] and b, a product with each
input, a chain of additions, and a relu. They are written out by hand, so that the layout is tested without the
engine.

Crossings are counted on the curves as drawn, the same way for both programs: each edge's Bézier curves become a
polyline of `STEPS` pieces each, and every point where the lines of two edges intersect is one crossing. Not counted
is what happens within `NEAR` of a box where both edges end, since they meet there in any case. A shift of a
thousandth of a unit and less, another for each edge, keeps two lines from meeting exactly at their corners."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

from visualize.layout import Box, Layout, Route, Spacing

Point = tuple[float, float]
Graph = tuple[list[Box], list[tuple[str, str]]]
Rectangle = tuple[float, float, float, float]

STEPS = 9
NEAR = 6.0
CELL = 30.0
INCH = 72.0
WIDTH, HEIGHT = 70.0, 24.0


@dataclass(frozen=True)
class Line:
    """One edge as drawn: its ends and a polyline."""

    tail: str
    head: str
    points: list[Point]


def mlp_graph(inputs: int, widths: Sequence[int], *, samples: int = 1, clusters: bool = True) -> Graph:
    """Return the graph of a network run on some samples and of the sum of its outputs, as a learner's own loop builds
    it.
    """
    boxes: list[Box] = []
    edges: list[tuple[str, str]] = []

    def node(kind: str, path: tuple[str, ...] = (), parents: Sequence[str] = ()) -> str:
        name = f"{kind}{len(boxes)}"
        boxes.append(Box(name, WIDTH, HEIGHT, path if clusters else ()))
        edges.extend((parent, name) for parent in parents)
        return name

    layers = []
    for layer, (before, width) in enumerate(zip([inputs, *widths], widths, strict=False)):
        paths = [(f"layers[{layer}]", f"neurons[{neuron}]") for neuron in range(width)]
        layers.append([(path, [node("w", path) for _ in range(before)], node("b", path)) for path in paths])
    outputs = []
    for _ in range(samples):
        values = [node("x") for _ in range(inputs)]
        for neurons in layers:
            activations = []
            for path, weights, total in neurons:
                for weight, value in zip(weights, values, strict=True):
                    total = node("+", path, (total, node("*", path, (weight, value))))
                activations.append(node("relu", path, (total,)))
            values = activations
        outputs += values
    loss = outputs[0]
    for output in outputs[1:]:
        loss = node("+", (), (loss, output))
    return boxes, edges


def random_graph(count: int, *, reach: int = 100, seed: int = 0) -> Graph:
    """Return a graph where every node but the first two has two operands among the `reach` nodes before it."""
    rng = random.Random(seed)
    boxes = [Box(f"n{i}", WIDTH, HEIGHT) for i in range(count)]
    edges = [(f"n{rng.randrange(max(0, i - reach), i)}", f"n{i}") for i in range(2, count) for _ in range(2)]
    return boxes, edges


def drawn_lines(layout: Layout) -> list[Line]:
    return [Line(route.tail, route.head, route.sample(STEPS)) for route in layout.routes]


def drawn_boxes(boxes: Sequence[Box], layout: Layout) -> dict[str, Rectangle]:
    """Return left, top, right, bottom of every box."""
    return {
        box.id: (place.x - box.width / 2, place.y - box.height / 2, place.x + box.width / 2, place.y + box.height / 2)
        for box in boxes
        for place in [layout.places[box.id]]
    }


def dot_graph(boxes: Sequence[Box], edges: Sequence[tuple[str, str]], pygraphviz: Any) -> Any:
    """Return the same boxes, edges and clusters with our distances, for `graph.layout(prog="dot")` to draw."""
    space = Spacing()
    graph = pygraphviz.AGraph(strict=False, directed=True, rankdir="LR")
    graph.graph_attr.update(ranksep=str(space.rank / INCH), nodesep=str(space.box / INCH))
    graph.node_attr.update(shape="box", fixedsize="true", label="")
    graph.edge_attr.update(arrowhead="none")
    inside: dict[tuple[str, ...], Any] = {(): graph}
    for box in boxes:
        for depth in range(1, len(box.clusters) + 1):
            path = box.clusters[:depth]
            if path not in inside:
                inside[path] = inside[path[:-1]].add_subgraph(name=f"cluster_{len(inside)}")
        inside[box.clusters].add_node(box.id, width=str(box.width / INCH), height=str(box.height / INCH))
    for number, (tail, head) in enumerate(edges):
        graph.add_edge(tail, head, key=str(number))
    return graph


def dot_drawing(graph: Any, boxes: Sequence[Box]) -> tuple[list[Line], dict[str, Rectangle]]:
    """Return edges and boxes of a graph that Graphviz has laid out."""
    lines = []
    for tail, head, key in graph.edges(keys=True):
        edge, points = graph.get_edge(tail, head, key), []
        for spline in edge.attr["pos"].split(";"):
            for word in spline.split():
                x, y = word.split(",")
                points.append((float(x), float(y)))
        lines.append(Line(tail, head, Route(tail, head, tuple(points)).sample(STEPS)))
    rectangles = {}
    for box in boxes:
        x, y = map(float, graph.get_node(box.id).attr["pos"].split(","))
        rectangles[box.id] = (x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2)
    return lines, rectangles


def crossings(lines: Sequence[Line], boxes: dict[str, Rectangle]) -> int:
    """Return how often two edges cross, as the head of this file explains."""
    cells: defaultdict[tuple[int, int], list[tuple[int, Point, Point]]] = defaultdict(list)
    for number, line in enumerate(lines):
        dx, dy = 1e-3 * (number * 0.618 % 1), 1e-3 * (number * 0.414 % 1)
        points = [(x + dx, y + dy) for x, y in line.points]
        for a, b in itertools.pairwise(points):
            for i in range(floor(min(a[0], b[0]) / CELL), floor(max(a[0], b[0]) / CELL) + 1):
                for j in range(floor(min(a[1], b[1]) / CELL), floor(max(a[1], b[1]) / CELL) + 1):
                    cells[i, j].append((number, a, b))
    count = 0
    for cell, pieces in cells.items():
        for i, (m, a, b) in enumerate(pieces):
            for n, c, d in pieces[:i]:
                point = intersection(a, b, c, d) if m != n else None
                if point is None or (floor(point[0] / CELL), floor(point[1] / CELL)) != cell:
                    continue
                shared = {lines[m].tail, lines[m].head} & {lines[n].tail, lines[n].head}
                count += not any(within(point, boxes[end]) for end in shared)
    return count


def intersection(a: Point, b: Point, c: Point, d: Point) -> Point | None:
    """Return where the segments ab and cd intersect; each holds its first point and not its last."""
    (ax, ay), (rx, ry) = a, (b[0] - a[0], b[1] - a[1])
    (sx, sy), (qx, qy) = (d[0] - c[0], d[1] - c[1]), (c[0] - ax, c[1] - ay)
    across = rx * sy - ry * sx
    if not across:
        return None
    t, u = (qx * sy - qy * sx) / across, (qx * ry - qy * rx) / across
    return (ax + t * rx, ay + t * ry) if 0 <= t < 1 and 0 <= u < 1 else None


def within(point: Point, box: Rectangle, margin: float = NEAR) -> bool:
    left, top, right, bottom = box
    return left - margin <= point[0] <= right + margin and top - margin <= point[1] <= bottom + margin
