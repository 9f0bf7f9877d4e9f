"""What a drawing shows: boxes, edges and their texts, before anybody draws them."""

from __future__ import annotations

import dataclasses
import random

import pytest

import autograd
from autograd import OpaqueNodeError, Value, provenance, scope
from nn import MLP
from tests.visualize.graphs import batch, chain, expression, network
from visualize import DrawingError, walk
from visualize.boxes import Box
from visualize.picture import FOLDED, LIMIT, Picture, picture


def box_named(drawn: Picture, name: str) -> Box:
    (found,) = (box for box in drawn.boxes if box.name == name)
    return found


def edges_into(drawn: Picture, box: Box) -> list[str]:
    return [edge.text for edge in drawn.edges if edge.head == box.id]


def is_acyclic(drawn: Picture) -> bool:
    place = {box.id: index for index, box in enumerate(drawn.boxes)}
    return all((place[edge.tail] < place[edge.head]) is not edge.back for edge in drawn.edges)


def test_every_node_of_a_small_graph_has_a_box_with_its_number_and_gradient() -> None:
    root = expression()
    drawn = picture(root)
    shown = {box.name: (box.op, box.data, box.grad) for box in drawn.boxes if box.kind != "constant"}
    steps = walk(root)
    assert shown == {steps.name[node]: (node._op, node.data, node.grad) for node in steps.nodes}
    assert drawn.note == ""


def test_a_product_of_a_node_with_itself_has_two_edges() -> None:
    a = Value(3.0, label="a")
    assert [(edge.tail, edge.head) for edge in picture(a * a).edges] == [("n0", "n1")] * 2


def test_ids_are_those_of_a_walk_and_the_same_for_equal_graphs() -> None:
    first, second = expression(), expression()
    drawn = picture(first)
    assert drawn == picture(second)
    ids = {walk(first).ids[node] for node in walk(first).nodes}
    assert {box.id for box in drawn.boxes if box.kind != "constant"} == ids


def test_an_edge_has_the_local_derivative_that_the_graph_keeps() -> None:
    root = expression()
    partials = sorted(partial for node in walk(root).nodes for partial in node.partials)
    assert sorted(edge.partial for edge in picture(root).edges if edge.partial is not None) == partials


def test_an_edge_shows_formula_and_number_where_the_formula_is_short() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    assert [edge.text for edge in picture(a * b).edges] == ["b = -3", "a = 2"]
    (edge,) = picture(a.gelu()).edges
    assert "=" not in edge.text
    assert edge.formula in edge.tooltip


def test_a_rule_planted_wrong_in_the_table_is_drawn_wrong() -> None:
    y = Value(2.0, label="x").exp()
    y.op, y._dx = dataclasses.replace(autograd.TABLE["exp"], partials=("7 * x",)), 14.0
    (edge,) = picture(y).edges
    assert edge.text == "7 * x = 14"


def test_a_plain_number_is_a_muted_box_and_takes_no_gradient() -> None:
    drawn = picture(Value(3.0, label="a") * 2)
    number = box_named(drawn, "2")
    assert (number.kind, number.quiet, number.grad) == ("constant", True, None)
    assert sorted(edges_into(drawn, drawn.boxes[-1])) == ["", "2"]


def test_a_frozen_leaf_is_muted() -> None:
    frozen = Value(3.0, label="k", requires_grad=False)
    assert box_named(picture(frozen * Value(2.0, label="a")), "k").quiet


def test_numbers_given_to_a_function_are_lines_of_its_box() -> None:
    w = Value(2.0, label="w")
    assert picture(autograd.dot([w], [3.0], 0.5)).boxes[-1].notes == ("xs = 3", "bias = 0.5")
    assert picture(w.leaky_relu(0.2)).boxes[-1].notes == ("negative_slope = 0.2",)
    assert picture(w**2).boxes[-1].notes == ()


def test_a_dot_node_expands_into_its_products_and_their_sum() -> None:
    w, v, b = (Value(x, label=name) for name, x in {"w": 2.0, "v": -3.0, "b": 0.5}.items())
    score = autograd.dot([w, v], [v, 4.0], b)
    (score * 3).backward()
    drawn = picture(score, expand=True)
    products = [box for box in drawn.boxes if box.op == "*"]
    assert [(box.data, box.grad) for box in products] == [(-6.0, 3.0), (-12.0, 3.0)]
    assert edges_into(drawn, products[0]) == ["v = -3", "w = 2"]
    assert edges_into(drawn, drawn.boxes[-1]) == ["1", "1", "1"]
    assert drawn.boxes[-1].data == score.data
    assert is_acyclic(drawn)


def test_a_dot_node_that_is_too_wide_to_expand_stays_one_box() -> None:
    w = [Value(1.0, label=f"w{k}") for k in range(100)]
    drawn = picture(autograd.dot(w, [1.0] * 100), expand=True)
    assert [box.op for box in drawn.boxes if box.kind == "operation"] == ["dot"]


def test_nothing_of_the_graph_changes() -> None:
    root = network(2, [2, 1])
    nodes = walk(root).nodes
    before = [(node.data, node.grad, node.label, node.parents) for node in nodes]
    for depth in (None, 0, 1):
        picture(root, depth=depth, expand=True)
    assert [(node.data, node.grad, node.label, node.parents) for node in nodes] == before


def test_a_gradient_that_is_itself_a_value_is_shown_as_its_number() -> None:
    x = Value(3.0, label="x")
    (x**3).backward(create_graph=True)
    assert picture(x).boxes[0].grad == 27.0


def test_a_node_with_a_rule_by_hand_is_drawn_without_local_derivatives() -> None:
    x = Value(3.0, label="x")
    y = Value(9.0, (x,), "square")
    y._backward = lambda: None
    assert [edge.text for edge in picture(y).edges] == [""]
    with pytest.raises(OpaqueNodeError):
        walk(y)


def test_nodes_made_under_provenance_say_where() -> None:
    with provenance():
        y = Value(2.0, label="x").tanh()
    assert picture(y).boxes[-1].source.startswith("test_picture.py:")


# clusters -------------------------------------------------------------------------------------------------------------


def test_a_network_at_depth_0_is_its_layers() -> None:
    drawn = picture(network(3, [4, 4, 1]), depth=0)
    groups = [box for box in drawn.boxes if box.kind == "group"]
    assert [box.name for box in groups] == ["layers[0]", "layers[1]", "layers[2]"]
    assert [box.notes[:3] for box in groups] == [
        ("4 neurons", "8 operations", "16 parameters"),
        ("4 neurons", "8 operations", "20 parameters"),
        ("1 neuron", "1 operation", "5 parameters"),
    ]
    assert drawn.note == "60 nodes, drawn as 6 boxes"


def test_a_network_at_depth_1_is_its_neurons_within_their_layers() -> None:
    drawn = picture(network(3, [4, 4, 1]), depth=1)
    groups = [(box.path, box.name) for box in drawn.boxes if box.kind == "group"]
    assert groups == [((f"layers[{k}]",), f"neurons[{n}]") for k, width in enumerate((4, 4, 1)) for n in range(width)]


def test_a_network_at_depth_2_is_every_node_within_its_neuron() -> None:
    root = network(3, [4, 4, 1])
    drawn = picture(root, depth=2)
    assert drawn == picture(root)
    weight = next(box for box in drawn.boxes if box.label == "layers[1].neurons[2].w[3]")
    assert (weight.name, weight.path) == ("w[3]", ("layers[1]", "neurons[2]"))


def test_the_gradient_norm_of_a_layer_is_that_of_its_parameters() -> None:
    model = MLP(2, [3, 1], rng=random.Random(0))
    loss = model([1.0, 2.0])
    loss.backward()
    norm = sum(p.grad**2 for p in model.layers[0].parameters()) ** 0.5
    assert picture(loss, depth=0).boxes[0].notes[-1] == f"gradient norm {norm:.6g}"


def test_a_full_batch_is_three_layers_and_the_loss_and_not_thousands_of_boxes() -> None:
    drawn = picture(batch())
    assert [box.name for box in drawn.boxes[:3]] == ["layers[0]", "layers[1]", "layers[2]"]
    assert len(drawn.boxes) <= FOLDED
    assert any((box.op, box.name) == ("ReLU", "×100") for box in drawn.boxes)
    assert drawn.note.startswith("7,914 nodes, drawn as")
    assert is_acyclic(drawn)


def test_scopes_decide_where_there_are_any() -> None:
    x = Value(2.0, label="x")
    with provenance(), scope("encoder"), scope("first"):
        y = x.tanh() * 2
    drawn = picture(y.relu(), depth=1)
    assert [(box.path, box.name) for box in drawn.boxes if box.kind == "group"] == [(("encoder",), "first")]


def test_a_recurrent_network_that_is_closed_leads_back_and_says_so() -> None:
    a, b = Value(0.5, label="left.w"), Value(0.3, label="right.w")
    state = Value(1.0, label="x")
    for _ in range(3):
        state = autograd.dot([b], [autograd.dot([a], [state])])
    drawn = picture(state, depth=0)
    assert [edge.back for edge in drawn.edges if edge.tail != "n0"].count(True) == 1
    assert is_acyclic(drawn)


# caps -----------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_chain_of_a_million_nodes_is_drawn_as_one_fold() -> None:
    drawn = picture(chain(1_000_000))
    assert [(box.op, box.name) for box in drawn.boxes] == [("", "x"), ("*", "×1,000,000")]
    assert drawn.note == "1,000,001 nodes, drawn as 2 boxes"


def test_what_does_not_fold_is_drawn_next_to_the_root_and_the_rest_is_counted() -> None:
    node = Value(1.0, label="x")
    for k in range(50_000):
        node = node.tanh() if k % 2 else node.sin()
    drawn = picture(node)
    assert len(drawn.boxes) <= LIMIT
    assert drawn.boxes[0].kind == "rest"
    left = len(walk_nodes(node)) - (len(drawn.boxes) - 1)
    assert drawn.boxes[0].name == f"… {left:,} more nodes"
    assert drawn.boxes[-1].root


def walk_nodes(root: Value) -> list[Value]:
    return autograd.topological_order(root)


@pytest.mark.parametrize("limit", [2, 5, 17, 60])
@pytest.mark.parametrize("depth", [None, 0, 2])
def test_a_limit_is_kept(limit: int, depth: int | None) -> None:
    for root in (batch(5), expression(), network(2, [3, 1])):
        assert len(picture(root, limit=limit, depth=depth, expand=True).boxes) <= max(limit, 3)


@pytest.mark.parametrize("options", [{"depth": -1}, {"limit": 1}])
def test_a_drawing_of_nothing_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(DrawingError, match="limit >= 2 and depth >= 0"):
        picture(Value(1.0), **options)
