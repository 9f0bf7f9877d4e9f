"""Large graphs as few parts: laws that hold for every graph."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, topological_order
from tests.visualize.graphs import batch, chain
from visualize.clusters import homes
from visualize.fold import MOST, Part, arrange, split

OPERATIONS = {
    "+": lambda x, y: x + y,
    "*": lambda x, y: x * y,
    "* 2": lambda x, y: x * 2,
    "tanh": lambda x, y: x.tanh(),
    "sum": lambda x, y: autograd.sum([x, y, x]),
}


@st.composite
def graphs(draw: st.DrawFn) -> Value:
    """A graph over three leaves, one of them in a cluster."""
    nodes = [Value(1.0, label="x1"), Value(2.0, label="x2"), Value(3.0, label="layers[0].neurons[0].w[0]")]
    for name in draw(st.lists(st.sampled_from(sorted(OPERATIONS)), min_size=1, max_size=25)):
        x, y = (nodes[draw(st.integers(0, len(nodes) - 1))] for _ in range(2))
        nodes.append(OPERATIONS[name](x, y))
    return autograd.sum([*nodes[-4:], nodes[-1]])


def folded(root: Value, depth: int | None) -> tuple[list[Value], list[Part], dict[Value, int]]:
    nodes = topological_order(root)
    found = split(nodes, homes(nodes), depth, fold=True)
    assert found is not None
    return nodes, *found


@given(graphs(), st.sampled_from([None, 0, 1]))
def test_every_node_is_in_one_part(root: Value, depth: int | None) -> None:
    nodes, parts, part_of = folded(root, depth)
    listed = [(node, number) for number, part in enumerate(parts) for node in part.nodes]
    assert len(listed) == len(nodes)
    assert dict(listed) == part_of


@given(graphs())
def test_the_nodes_of_a_fold_do_the_same(root: Value) -> None:
    _, parts, _ = folded(root, None)
    assert all(len({node._op for node in part.nodes}) == 1 for part in parts)


@given(graphs())
def test_folding_alone_makes_no_cycle(root: Value) -> None:
    _, parts, part_of = folded(root, None)
    _, _, back = arrange(parts, part_of)
    assert not back


@given(graphs(), st.sampled_from([None, 0, 1]))
def test_no_edge_between_parts_is_lost(root: Value, depth: int | None) -> None:
    nodes, parts, part_of = folded(root, depth)
    order, edges, back = arrange(parts, part_of)
    between = [(part_of[parent], part_of[node]) for node in nodes for parent in node.parents]
    assert edges.total() == sum(tail != head for tail, head in between)
    assert sorted(order) == list(range(len(parts)))
    place = {part: index for index, part in enumerate(order)}
    assert all((place[tail] > place[head]) is ((tail, head) in back) for tail, head in edges)


def test_a_loop_that_adds_up_is_one_part() -> None:
    total = Value(0.0, label="start")
    for k in range(50):
        total = total + Value(float(k), label=f"x{k}").tanh()
    _, parts, _ = folded(total, None)
    assert sorted(len(part.nodes) for part in parts) == [1, 50, 50, 50]


def test_a_residual_network_keeps_its_blocks_apart() -> None:
    state = Value(1.0, label="x")
    for _ in range(4):
        state = state + state.tanh()
    _, parts, part_of = folded(state, None)
    _, _, back = arrange(parts, part_of)
    assert not back
    assert len(parts) == 9


def test_a_closed_layer_knows_the_neurons_in_it() -> None:
    _, parts, _ = folded(batch(2), 0)
    assert [list(part.inner)[:2] for part in parts if part.closed][:1] == [["neurons[0]", "neurons[1]"]]


def test_a_split_into_too_many_parts_is_given_up() -> None:
    nodes = topological_order(chain(MOST + 10))
    assert split(nodes, {}, fold=False) is None
