"""What a notebook shows of a Value."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from autograd import Value, topological_order
from tests.visualize.graphs import batch, expression
from visualize.picture import LIMIT

SVG = "{http://www.w3.org/2000/svg}"


def boxes(svg: str) -> int:
    return sum(1 for group in ET.fromstring(svg).iter(f"{SVG}g") if group.get("data-id"))


def test_it_is_the_text_and_the_drawing() -> None:
    root = expression()
    bundle = root._repr_mimebundle_()
    assert bundle["text/plain"] == repr(root)
    assert boxes(bundle["image/svg+xml"]) == 10
    assert bundle.keys() == {"text/plain", "image/svg+xml"}


def test_ipythons_arguments_are_taken() -> None:
    assert Value(1.0)._repr_mimebundle_(include=None, exclude=None)["text/plain"] == "Value(data=1.0, grad=0.0)"


def test_it_changes_nothing() -> None:
    root = batch(3)
    nodes = topological_order(root)
    before = [(node.data, node.grad, dict(node.notes), node.parents) for node in nodes]
    root._repr_mimebundle_()
    assert [(node.data, node.grad, dict(node.notes), node.parents) for node in nodes] == before


def test_a_large_graph_is_capped_and_a_line_says_so() -> None:
    node = Value(1.0)
    for k in range(5000):
        node = node.tanh() if k % 2 else node.sin()
    svg = node._repr_mimebundle_()["image/svg+xml"]
    assert boxes(svg) <= LIMIT == 300
    assert "5,001 nodes, drawn as 300 boxes" in svg


def test_a_graph_that_cannot_be_drawn_has_a_text_that_says_why() -> None:
    x = Value(1.0, _op="loop")
    y = x * 2
    x._prev = {y}
    bundle = y._repr_mimebundle_()
    assert bundle.keys() == {"text/plain"}
    assert "not drawn: " in bundle["text/plain"]


@pytest.mark.parametrize("module", ["visualize", "graphviz"])
def test_importing_the_engine_imports_no_drawing(module: str) -> None:
    code = f"import sys, autograd; autograd.Value(1.0) * 2; sys.exit({module!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
