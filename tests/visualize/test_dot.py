"""micrograd's `trace` and `draw_dot`, and what Graphviz makes of them."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import graphviz
import pytest

from autograd import Value
from tests.requires import requires
from tests.visualize.graphs import batch, expression, network
from tests.visualize.hostile import hostile
from visualize import DrawingError, draw_dot, trace, walk
from visualize.escape import visible
from visualize.picture import LIMIT
from visualize.place import WIDEST

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawing: graphviz.Digraph) -> Any:
    return requires("pygraphviz").AGraph(string=drawing.source)


def test_trace_gives_micrograds_two_sets() -> None:
    a, b = Value(2.0), Value(-3.0)
    product = a * b
    total = product + a
    nodes, edges = trace(total)
    assert nodes == {a, b, product, total}
    assert edges == {(a, product), (b, product), (product, total), (a, total)}


def test_trace_agrees_with_micrograd() -> None:
    micrograd = requires("micrograd.engine")

    def graph(make: Any) -> Any:
        x = make(3.0)
        return (x * x + x).relu() * 2.0

    def microtrace(root: Any) -> tuple[int, int]:
        nodes, edges = set(), set()
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if node not in nodes:
                nodes.add(node)
                edges |= {(child, node) for child in node._prev}
                waiting += node._prev
        return len(nodes), len(edges)

    ours = trace(graph(Value))
    constants = 1  # which is a node there, and an operand here
    assert (len(ours[0]) + constants, len(ours[1]) + constants) == microtrace(graph(micrograd.Value))


def test_it_is_a_digraph_with_micrograds_arguments() -> None:
    drawing = draw_dot(expression(), "png", "TB")
    assert isinstance(drawing, graphviz.Digraph)
    assert drawing.format == "png"
    assert "rankdir=TB" in drawing.source


def test_graphviz_reads_every_node_and_every_edge() -> None:
    root = expression()
    graph = parsed(draw_dot(root))
    steps, numbers = walk(root), 1
    assert len(graph.nodes()) == len(steps.nodes) + numbers
    assert len(graph.edges()) == sum(len(node.parents) for node in steps.nodes) + numbers


def test_a_product_of_a_node_with_itself_has_two_edges() -> None:
    a = Value(3.0, label="a")
    assert parsed(draw_dot(a * a)).edges() == [("n0", "n1")] * 2


def test_the_gradients_sign_is_a_glyph_beside_its_number() -> None:
    x = Value(0.0, label="x")
    root = x.log() * 2 - x.abs()
    root.backward()
    source = draw_dot(root).source
    assert re.search("▲ grad 2", source)
    assert re.search("▼ grad -1", source)
    assert re.search("! grad (inf|nan)", source)
    assert re.search("○ grad 0", draw_dot(Value(1.0) * 2).source)


def test_layers_and_neurons_are_clusters() -> None:
    graph = parsed(draw_dot(network(2, [2, 1])))
    assert sorted(cluster.graph_attr["label"] for cluster in graph.subgraphs()) == ["layers[0]", "layers[1]"]
    inner = [inner.graph_attr["label"] for cluster in graph.subgraphs() for inner in cluster.subgraphs()]
    assert sorted(inner) == ["neurons[0]", "neurons[0]", "neurons[1]"]


def test_a_large_graph_is_folded_and_the_drawing_says_so() -> None:
    drawing = draw_dot(batch(), depth=1)
    assert len(parsed(drawing).nodes()) <= LIMIT
    assert "7,914 nodes, drawn as" in drawing.source


def test_a_direction_there_is_not_is_refused() -> None:
    with pytest.raises(DrawingError, match="'RL'; use 'LR'"):
        draw_dot(Value(1.0), rankdir="RL")  # type: ignore[arg-type]


def test_a_format_that_graphviz_does_not_write_is_refused() -> None:
    with pytest.raises(DrawingError, match="'xyz'; use one that Graphviz writes"):
        draw_dot(Value(1.0), format="xyz")


@hostile
def test_graphviz_draws_any_label_as_the_text_it_is(label: str) -> None:
    leaf, weight = Value(2.0, label=label), Value(3.0, label=f"{label}.w")
    root = leaf * weight
    root.label = f"{label} root"
    graph = parsed(draw_dot(root))
    assert graph.nodes() == ["n0", "n1", "n2"]
    assert graph.edges() == [("n0", "n2"), ("n1", "n2")]
    svg = ET.fromstring(graph.draw(format="svg", prog="dot"))
    texts = [(text.text or "").replace("\xa0", " ") for text in svg.iter(f"{SVG}text")]
    shown = visible(label, WIDEST)
    assert not shown.strip() or shown in texts
    assert not any(
        name.startswith("on") or name.endswith("href")
        for e in svg.iter()
        for name in e.attrib
        if "#" not in e.attrib[name]
    )


def test_a_notebook_shows_it_without_any_dot_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_: None)
    bundle = draw_dot(expression())._repr_mimebundle_()
    assert ET.fromstring(bundle["image/svg+xml"]).tag == f"{SVG}svg"


def test_rendering_without_the_program_says_what_needs_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    drawing = draw_dot(expression())
    for attempt in (lambda: drawing.render(tmp_path / "graph"), drawing.pipe):
        with pytest.raises(graphviz.ExecutableNotFound) as caught:
            attempt()
        assert 'visualize.save(root, "graph.svg") needs nothing' in caught.value.__notes__[0]
