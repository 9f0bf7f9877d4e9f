"""All ways from root to leaf: the multivariate chain rule read literally."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, topological_order
from tests.visualize.graphs import chain, expression, network
from visualize.paths import paths_to


def leaf_named(root: Value, label: str) -> Value:
    (found,) = (node for node in topological_order(root) if node.label == label)
    return found


@pytest.mark.parametrize(("root", "label"), [(expression(), "a"), (network(3, [3, 1]), "layers[0].neurons[1].w[2]")])
def test_the_products_along_all_paths_add_up_to_the_gradient(root: Value, label: str) -> None:
    leaf = leaf_named(root, label)
    paths = paths_to(topological_order(root), leaf)
    assert paths.complete
    assert sum(path.product for path in paths) == pytest.approx(leaf.grad, rel=1e-12)


@given(st.lists(st.sampled_from("+*-/"), max_size=6))
def test_the_number_of_paths_is_the_number_of_ways_down(signs: list[str]) -> None:
    leaf = Value(1.5)
    node, ways = leaf, 1
    for sign in signs:
        node = {"+": node.__add__, "*": node.__mul__, "-": node.__sub__, "/": node.__truediv__}[sign](node)
        ways *= 2
    assert len(paths_to(topological_order(node), leaf)) == ways


def test_a_path_names_the_edge_it_takes_of_two_to_the_same_parent() -> None:
    a = Value(2.0)
    paths = paths_to(topological_order(a / a), a)
    assert [(path.edges, path.partials) for path in paths] == [((0,), (0.5,)), ((1,), (-0.5,))]


def test_the_path_from_a_node_to_itself_has_no_edges() -> None:
    a = Value(2.0)
    (path,) = paths_to([a], a)
    assert (path.nodes, path.product) == ((a,), 1.0)


def test_a_node_of_another_graph_has_no_paths() -> None:
    assert paths_to([Value(1.0)], Value(2.0)) == []


def test_more_paths_than_asked_for_are_cut_and_it_says_so() -> None:
    leaf = node = Value(1.0)
    for _ in range(60):
        node = node + node
    paths = paths_to(topological_order(node), leaf, most=10)
    assert (len(paths), paths.complete) == (10, False)


def test_a_path_of_twenty_thousand_edges_is_one_path() -> None:
    root = chain(20_000)
    nodes = topological_order(root)
    (path,) = paths_to(nodes, nodes[0])
    assert len(path.edges) == 20_000
