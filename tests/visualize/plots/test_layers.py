"""What belongs to which layer."""

from __future__ import annotations

import random

import pytest

from autograd import Value, provenance, scope
from nn import MLP, Layer
from visualize.plots.layers import activations, gradients


@pytest.fixture
def model() -> MLP:
    return MLP(2, [3, 2, 1], rng=random.Random(0))


def test_activations_are_what_each_layer_hands_on(model: MLP) -> None:
    x = [0.5, -1.0]
    expected, given = {}, x
    for k, layer in enumerate(model.layers):
        out = layer(given)
        given = out if isinstance(out, list) else [out]
        expected[f"layers[{k}]"] = [v.data for v in given]
    found = activations(model(x))
    assert list(found) == list(expected)
    assert {name: sorted(xs) for name, xs in found.items()} == {name: sorted(xs) for name, xs in expected.items()}


def test_every_sample_under_a_loss_counts(model: MLP) -> None:
    loss = (model([1.0, 2.0]) - 1) ** 2 + (model([3.0, -1.0]) + 1) ** 2
    assert {name: len(xs) for name, xs in activations(loss).items()} == {"layers[0]": 6, "layers[1]": 4, "layers[2]": 2}


def test_gradients_of_a_module_and_of_its_loss_are_the_same(model: MLP) -> None:
    loss = model([1.0, 2.0]) ** 2
    loss.backward()
    by_module, by_root = gradients(model), gradients(loss)
    assert list(by_module) == ["layers[0]", "layers[1]", "layers[2]"]
    assert {name: sorted(xs) for name, xs in by_module.items()} == {name: sorted(xs) for name, xs in by_root.items()}
    assert by_module["layers[2]"] == [p.grad for p in model.layers[2].parameters()]


def test_frozen_parameters_have_no_gradient_to_show(model: MLP) -> None:
    model.layers[0].neurons[0].b.requires_grad = False
    model([1.0, 2.0]).backward()
    assert len(gradients(model)["layers[0]"]) == 8


def test_a_lone_layer_is_one(model: MLP) -> None:
    layer = Layer(2, 3, rng=random.Random(0))
    total = sum(layer([1.0, 2.0]))
    assert {name: len(xs) for name, xs in activations(total).items()} == {"neurons": 3}


def test_scopes_name_layers_where_they_were_noted() -> None:
    with provenance(), scope("encoder"), scope("unit"):
        hidden = Value(2.0) * 3.0
    assert activations(hidden + 1.0) == {"encoder": [6.0]}


def test_numbers_may_be_given_by_name() -> None:
    assert activations({"a": [1, Value(2.0)]}) == {"a": [1.0, 2.0]}
    x = Value(2.0)
    (x * x).backward()
    assert gradients({"a": [0.5, x]}) == {"a": [0.5, 4.0]}
