"""The layered layout against Graphviz's `dot`: crossings and time, on graphs of multilayer perceptrons.

    python -m tests.benchmarks.layout

Crossings are counted on the curves as drawn, the same way for both (`tests/visualize/drawings.py` says how), with the
same boxes, distances and clusters. Times are medians of `RUNS` runs with the spread (highest less lowest) behind
them; dot's time is that of its layout of a graph in memory, without reading or writing a file."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pygraphviz

from tests.visualize.drawings import (
    Graph,
    crossings,
    dot_drawing,
    dot_graph,
    drawn_boxes,
    drawn_lines,
    mlp_graph,
    random_graph,
)
from visualize.layout import lay_out

RUNS = 5
T = TypeVar("T")

GRAPHS: dict[str, Graph] = {
    f"{name}{', clusters' if clusters else ''}": mlp_graph(inputs, widths, clusters=clusters)
    for name, inputs, widths in (
        ("MLP(2, [2, 1])", 2, [2, 1]),
        ("MLP(3, [4, 4, 1])", 3, [4, 4, 1]),
        ("MLP(4, [9, 9, 4, 1])", 4, [9, 9, 4, 1]),
        ("MLP(8, [14, 17, 13, 3])", 8, [14, 17, 13, 3]),
    )
    for clusters in (False, True)
}
GRAPHS["random, 2 operands each"] = random_graph(2_000)


def timed(task: Callable[..., T], *args: Any, **options: Any) -> tuple[T, float]:
    """Return the task's result and the milliseconds it took."""
    start = time.perf_counter()
    result = task(*args, **options)
    return result, 1e3 * (time.perf_counter() - start)


def spread(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ± {max(times) - min(times):.0f}"


def main() -> None:
    """Print one row for each graph."""
    print(f"| {'graph':34} | nodes | edges | ours crossings | dot crossings | ratio | ours ms | dot ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, (boxes, edges) in GRAPHS.items():
        times, dot_times = [], []
        for _ in range(RUNS):
            layout, took = timed(lay_out, boxes, edges)
            times.append(took)
        for _ in range(RUNS if len(boxes) < 1000 else 1):
            graph = dot_graph(boxes, edges, pygraphviz)
            _, took = timed(graph.layout, prog="dot")
            dot_times.append(took)
        ours = crossings(drawn_lines(layout), drawn_boxes(boxes, layout))
        dots = crossings(*dot_drawing(graph, boxes))
        ratio = f"{ours / dots:.2f}" if dots else "0/0" if not ours else f"{ours}/0"
        row = (f"{name:34}", len(boxes), len(edges), ours, dots, ratio, spread(times), spread(dot_times))
        print(f"| {' | '.join(map(str, row))} |", flush=True)


if __name__ == "__main__":
    main()
