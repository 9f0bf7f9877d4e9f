"""diagnose: each trouble is found where it is, and not where it is not."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import nn

RNG = random.Random(0)
X = [[RNG.gauss(0, 1) for _ in range(4)] for _ in range(30)]
Y = [RNG.gauss(0, 1) for _ in X]


def mlp(activation: str, depth: int, init: str) -> nn.MLP:
    return nn.MLP(4, [12] * depth + [1], activation=activation, init=init, rng=random.Random(1))


def test_a_sound_network_has_nothing() -> None:
    diagnosis = nn.diagnose(mlp("relu", 3, "he_normal"), (X, Y))
    assert diagnosis.healthy
    assert "nothing ails it" in str(diagnosis)
    assert [layer.name for layer in diagnosis.layers] == [f"layers[{i}]" for i in range(4)]
    assert [layer.parameters for layer in diagnosis.layers] == [60, 156, 156, 13]


def test_a_deep_sigmoid_network_vanishes_and_is_told_so() -> None:
    diagnosis = nn.diagnose(mlp("sigmoid", 8, "glorot_uniform"), (X, Y))
    assert "vanishing" in diagnosis
    gradients = [layer.gradient for layer in diagnosis.layers]
    assert gradients[0] < 1e-3 * gradients[-1]
    assert "layers[0]" in str(diagnosis)
    assert "He or Glorot" in str(diagnosis)


def test_a_network_with_huge_weights_explodes() -> None:
    model = mlp("relu", 4, "uniform")
    for p in model.parameters():
        p.data *= 10.0
    assert "exploding" in nn.diagnose(model, (X, Y))


def test_gradients_that_are_no_numbers_explode() -> None:
    model = mlp("relu", 1, "he_normal")
    model.parameters()[-1].data = math.inf
    assert "exploding" in nn.diagnose(model, (X, Y))


def test_dead_relus_are_counted_by_layer() -> None:
    model = mlp("relu", 2, "he_normal")
    for neuron in model.layers[1].neurons[:9]:
        neuron.b.data = -1000.0
    diagnosis = nn.diagnose(model, (X, Y))
    assert "dead" in diagnosis
    assert diagnosis.layers[1].dead == pytest.approx(9 / 12)
    assert diagnosis.layers[2].dead is None
    assert "75% of the ReLUs of layers[1]" in str(diagnosis)
    assert "leaky_relu" in str(diagnosis)


def test_behind_a_dead_layer_there_is_no_gradient() -> None:
    model = mlp("relu", 2, "he_normal")
    for neuron in model.layers[1].neurons:
        neuron.b.data = -1000.0
    assert "no gradient" in nn.diagnose(model, (X, Y))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturation_is_counted_by_layer(activation: str) -> None:
    model = mlp(activation, 2, "glorot_uniform")
    assert "saturated" not in nn.diagnose(model, (X, Y))
    for neuron in model.layers[0].neurons:
        neuron.b.data = 20.0
    diagnosis = nn.diagnose(model, (X, Y))
    assert "saturated" in diagnosis
    assert diagnosis.layers[0].saturated == 1.0
    assert diagnosis.layers[0].activation == activation


def test_layers_of_pytorch_style_are_named_by_their_path() -> None:
    rng = random.Random(0)
    model = nn.Sequential(
        nn.Linear(4, 6, rng=rng), nn.BatchNorm(6), "relu", nn.Linear(6, 3, rng=rng), "sigmoid", nn.Linear(3, 1, rng=rng)
    )
    diagnosis = nn.diagnose(model, (X, Y))
    assert [layer.name for layer in diagnosis.layers] == ["layers[0]", "layers[1]", "layers[3]", "layers[5]"]
    assert [layer.activation for layer in diagnosis.layers] == ["", "relu", "sigmoid", ""]


def test_the_loss_and_gradients_are_those_of_backward() -> None:
    model = mlp("relu", 1, "he_normal")
    diagnosis = nn.diagnose(model, (X, Y))
    loss = nn.mse_loss([model(x) for x in X], Y)
    loss.backward()
    assert diagnosis.loss == loss.data
    grads = [p.grad for p in model.layers[0].parameters()]
    assert diagnosis.layers[0].gradient == pytest.approx(math.sqrt(sum(g * g for g in grads) / len(grads)))


def test_any_loss_may_be_given() -> None:
    model = nn.MLP(4, [5, 3], rng=random.Random(0))
    assert nn.diagnose(model, (X, [RNG.randrange(3) for _ in X]), loss="cross_entropy").loss > 0


def test_without_a_loss_a_classifier_is_looked_at_with_its_cross_entropy() -> None:
    model, data = nn.MLP(4, [5, 3], rng=random.Random(0)), (X, [RNG.randrange(3) for _ in X])
    assert nn.diagnose(model, data).loss == nn.diagnose(model, data, loss="cross_entropy").loss
    distributions = (X, [[0.5, 0.25, 0.25] for _ in X])
    assert nn.diagnose(model, distributions).loss == nn.diagnose(model, distributions, loss="mse_loss").loss


def test_nothing_of_the_model_is_changed() -> None:
    model: Any = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm(4), nn.Linear(4, 1))
    for p in model.parameters():
        p.grad = 3.0
    before = model.state_dict()
    nn.diagnose(model, (X, Y))
    assert model.state_dict() == before
    assert all(p.grad == 3.0 for p in model.parameters())
    assert model.training


@pytest.mark.parametrize("loss", [lambda p, t: 3, nn.MSELoss("none"), lambda p, t: None])
def test_a_loss_that_is_not_one_value_is_refused_and_the_model_left_as_it_was(loss: Any) -> None:
    model = nn.MLP(2, [1])
    model.parameters()[0].grad = 7.0
    with pytest.raises(nn.OptionTypeError, match="the loss is one Value for all samples; got"):
        nn.diagnose(model, ([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0]), loss=loss)
    assert model.parameters()[0].grad == 7.0
