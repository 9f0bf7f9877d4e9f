"""fit(compile=True): the same training as eager, on a program."""

from __future__ import annotations

import random
from typing import Any

import pytest

import nn
from autograd import AutogradError, Value
from tests.requires import requires

requires("numpy")

RNG = random.Random(0)
X = [[RNG.gauss(0, 1) for _ in range(3)] for _ in range(11)]
CLASSES = [RNG.randrange(3) for _ in X]
SIGNS = [RNG.choice([-1, 1]) for _ in X]
BITS = [RNG.choice([0, 1]) for _ in X]
NUMBERS = [RNG.gauss(0, 1) for _ in X]


def model(outputs: int = 1, seed: int = 1) -> nn.MLP:
    return nn.MLP(3, [6, outputs], activation="tanh", rng=random.Random(seed))


def trained(net: Any, y: Any, loss: Any, compile: bool, **options: Any) -> nn.History:
    optimizer = nn.optim.Adam(net.parameters(), lr=0.05)
    return nn.fit(
        net, (X, y), loss=loss, optimizer=optimizer, epochs=4, batch_size=4, rng=random.Random(2), verbose=0,
        compile=compile, **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outputs", "y", "loss"),
    [
        (1, NUMBERS, "mse_loss"),
        (1, NUMBERS, "huber_loss"),
        (1, SIGNS, "hinge_loss"),
        (1, BITS, "binary_cross_entropy_with_logits"),
        (3, CLASSES, "cross_entropy"),
        (3, CLASSES, nn.CrossEntropyLoss()),
        (3, [[a, a * a, 1.0] for a in NUMBERS], "mse_loss"),
    ],
)
def test_weights_and_history_are_those_of_eager_training(outputs: int, y: Any, loss: Any) -> None:
    eager, compiled = model(outputs), model(outputs)
    expected = trained(eager, y, loss, False, validation_data=(X[:5], y[:5]))
    found = trained(compiled, y, loss, True, validation_data=(X[:5], y[:5]))
    assert set(found) == set(expected)
    for name in expected:
        assert found[name] == pytest.approx(expected[name], rel=1e-9)
    assert compiled.state_dict() == pytest.approx(eager.state_dict(), rel=1e-7, abs=1e-9)


def test_metrics_are_those_of_eager_training() -> None:
    for outputs, y, loss in ((3, CLASSES, "cross_entropy"), (1, SIGNS, "hinge_loss")):
        histories = [trained(model(outputs), y, loss, compile, metrics=["accuracy"]) for compile in (False, True)]
        assert histories[0]["accuracy"] == histories[1]["accuracy"]


def test_a_penalty_on_the_weights_counts_as_in_eager_training() -> None:
    models = [model(), model()]
    for net, compile in zip(models, (False, True), strict=True):

        def loss(predictions: Any, targets: Any, net: Any = net) -> Any:
            return nn.mse_loss(predictions, targets) + nn.l2_penalty(net, 0.01)

        trained(net, NUMBERS, loss, compile)
    assert models[0].state_dict() == pytest.approx(models[1].state_dict(), rel=1e-7, abs=1e-9)


def test_frozen_parameters_stay() -> None:
    net = model()
    frozen = net.layers[0].neurons[0]
    frozen.requires_grad_(False)
    before = frozen.state_dict()
    trained(net, NUMBERS, "mse_loss", True)
    assert frozen.state_dict() == before


def test_a_sequential_with_a_list_of_one_output_trains() -> None:
    nets = [nn.Sequential(nn.Linear(3, 4, rng=random.Random(0)), "relu", nn.Linear(4, 1, rng=random.Random(1)))
            for _ in range(2)]  # fmt: skip
    histories = [trained(net, BITS, "mse_loss", compile) for net, compile in zip(nets, (False, True), strict=True)]
    assert histories[0]["loss"] == pytest.approx(histories[1]["loss"], rel=1e-9)


def test_a_model_that_decides_by_its_numbers_is_found_out() -> None:
    class Branching(nn.Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def forward(self, x: Any) -> Any:
            return self.w * x[0] if x[0] > 0 else self.w.exp() * x[0]

    data = ([[1.0], [-1.0], [2.0]], [1.0, 1.0, 1.0])
    with pytest.raises(AutogradError):
        nn.fit(Branching(), data, loss="mse", optimizer="sgd", verbose=0, compile=True)


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.BatchNorm(3)])
def test_layers_that_do_something_new_at_each_call_are_refused(layer: nn.Module) -> None:
    net = nn.Sequential(nn.Linear(3, 3), layer, nn.Linear(3, 1))
    with pytest.raises(nn.OptionError, match="compile=True"):
        trained(net, NUMBERS, "mse_loss", True)


def test_a_class_that_does_not_exist_is_refused() -> None:
    with pytest.raises(nn.OptionError, match="3 outputs"):
        trained(model(3), [*CLASSES[:-1], 3], "cross_entropy", True)
