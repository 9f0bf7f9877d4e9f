"""Which neuron and layer a node belongs to."""

from __future__ import annotations

import random

import pytest

from autograd import Value, dot, provenance, scope, sum, topological_order
from nn import MLP, Layer
from tests.visualize.hostile import hostile
from visualize.clusters import Path, homes, path_of


def home_of(root: Value, node: Value) -> Path:
    return homes(topological_order(root)).get(node, ())


def neuron_parts(nin: int) -> tuple[list[Value], Value]:
    weights = [Value(0.1 * k, label=f"layers[1].neurons[0].w[{k}]") for k in range(nin)]
    return weights, Value(0.0, label="layers[1].neurons[0].b")


NEURON = ("layers[1]", "neurons[0]")


@pytest.mark.parametrize(
    ("label", "path"),
    [
        ("layers[0].neurons[2].w[1]", ("layers[0]", "neurons[2]")),
        ("blocks['a'].scale", ("blocks['a']",)),
        ("w[1]", ()),
        ("", ()),
        ("3.5", ()),
        ("a sentence. Another", ()),
        ("a..b", ()),
        (".a", ()),
        ("x" * 300 + ".w", ()),
    ],
)
def test_a_label_that_is_a_path_names_the_clusters_before_its_last_part(label: str, path: Path) -> None:
    assert path_of(label) == path


@hostile
def test_a_hostile_label_is_no_path(label: str) -> None:
    assert path_of(label) == ()


def test_a_fused_neuron_lies_where_its_weights_lie_and_so_does_its_activation() -> None:
    w, b = neuron_parts(2)
    before = dot(w, [1.0, 2.0], b)
    after = before.relu()
    assert [home_of(after, node) for node in (w[0], b, before, after)] == [NEURON] * 4


def test_an_unfused_neuron_lies_where_its_weights_lie_with_its_products_and_sums() -> None:
    w, b = neuron_parts(3)
    x = [Value(1.0, label=f"x[{k}]") for k in range(3)]
    products = [wi * xi for wi, xi in zip(w, x, strict=True)]
    before = b + products[0] + products[1] + products[2]
    after = before.tanh()
    home = homes(topological_order(after))
    assert {home.get(node, ()) for node in topological_order(after) if node not in x} == {NEURON}
    assert not home.keys() & set(x)
    assert home_of(sum(products), sum(products)) == ()  # it is not in that graph
    total = sum(products)
    assert home_of(total, total) == NEURON


def test_the_loss_on_top_of_a_neuron_lies_outside() -> None:
    w, b = neuron_parts(2)
    score = dot(w, [1.0, 2.0], b)
    loss = (score - 1.0) ** 2
    assert [home_of(loss, node) for node in (score, loss.parents[0], loss)] == [NEURON, (), ()]


def test_a_penalty_over_several_neurons_lies_outside_of_them() -> None:
    model = MLP(2, [2, 1], rng=random.Random(0))
    penalty = sum([p * p for p in model.parameters()])
    assert home_of(penalty, penalty) == ()


def test_parameters_of_two_neurons_meet_in_their_layer() -> None:
    layer = MLP(1, [2, 1], rng=random.Random(0)).layers[0]
    tied = layer.neurons[0].w[0] * layer.neurons[1].w[0]
    assert home_of(tied, tied) == ("layers[0]",)


def test_a_layer_alone_has_its_neurons_for_clusters() -> None:
    first, second = Layer(2, 2, rng=random.Random(0))([1.0, 2.0])
    assert [home_of(first, first), home_of(second, second)] == [("neurons[0]",), ("neurons[1]",)]


def test_a_scope_decides_and_takes_the_parameters_along() -> None:
    w, b = neuron_parts(2)
    with provenance(), scope("model"), scope("layers[1]"), scope("neurons[0]"):
        before = dot(w, [1.0, 2.0], b)
        after = before * 2
    loss = after.relu()
    assert [home_of(loss, node) for node in (w[0], b, before, after)] == [("model", *NEURON)] * 4
    assert home_of(loss, loss) == ()
