"""To PyTorch and back: the same outputs to 1e-12."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import MissingExtraError
from nn.nested import flat
from tests.requires import requires

torch = requires("torch")

RNG = random.Random(0)
POINTS = [[RNG.gauss(0, 2) for _ in range(3)] for _ in range(6)]


def deep(module: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4, rng=random.Random(1)), module, nn.Linear(4, 2, rng=random.Random(2)))


def trained_batch_norm(**options: Any) -> nn.BatchNorm:
    layer = nn.BatchNorm(4, **options)
    for _ in range(3):
        layer([[RNG.gauss(1, 2) for _ in range(4)] for _ in range(5)])
    for value in [*(layer.weight or ()), *(layer.bias or ())]:
        value.data = RNG.gauss(0.5, 1)
    return layer


MODELS: dict[str, Callable[[], nn.Module]] = {
    "neuron": lambda: nn.Neuron(3, activation="tanh", rng=random.Random(1)),
    "layer": lambda: nn.Layer(3, 4, activation="elu", rng=random.Random(1)),
    "softmax layer": lambda: nn.Layer(3, 4, activation="softmax", rng=random.Random(1)),
    "mlp": lambda: nn.MLP(3, [5, 4, 2], rng=random.Random(1)),
    "mlp with one output": lambda: nn.MLP(3, [5, 1], activation="sin", rng=random.Random(1)),
    "linear": lambda: nn.Linear(3, 2, rng=random.Random(1)),
    "linear without bias": lambda: nn.Linear(3, 2, bias=False, rng=random.Random(1)),
    "nested": lambda: nn.Sequential(deep(nn.ReLU()), nn.Sequential(nn.Linear(2, 2), "softmax")),
    "dropout": lambda: deep(nn.Dropout(0.5)).eval(),
    "batch norm": lambda: deep(trained_batch_norm()).eval(),
    "batch norm in training": lambda: deep(trained_batch_norm(momentum=None)),
    "batch norm without weights": lambda: deep(trained_batch_norm(affine=False, eps=0.1)).eval(),
    "batch norm without memory": lambda: deep(trained_batch_norm(track_running_stats=False)).eval(),
    **{
        name: lambda name=name: deep(nn.activation(name))  # type: ignore[misc]
        for name in ("identity", "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "softplus", "sin",
                     "softmax", "log_softmax")
    },
}  # fmt: skip


def theirs(model: Any) -> list[float]:
    with torch.no_grad():
        numbers: list[float] = model(torch.tensor(POINTS, dtype=torch.float64)).reshape(-1).tolist()
    return numbers


def ours(model: Any) -> list[float]:
    return [float(y) for y in flat(model(POINTS))]


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_equal_there_and_back(name: str) -> None:
    model = MODELS[name]()
    there = nn.to_torch(model)
    back = nn.from_torch(there)
    expected = ours(model)
    assert theirs(there) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert ours(back) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert there.training is back.training is model.training


def test_gradients_are_equal_as_well() -> None:
    model = nn.MLP(3, [5, 4, 2], activation="tanh", rng=random.Random(1))
    there = nn.to_torch(model)
    nn.cross_entropy(model(POINTS), [0, 1, 0, 1, 1, 0]).backward()
    targets = torch.tensor([0, 1, 0, 1, 1, 0])
    torch.nn.functional.cross_entropy(there(torch.tensor(POINTS, dtype=torch.float64)), targets).backward()
    weights = [w.grad for layer in model.layers for neuron in layer.neurons for w in neuron.w]
    assert weights == pytest.approx(
        [g for layer in there if hasattr(layer, "weight") for g in layer.weight.grad.reshape(-1).tolist()], rel=1e-12
    )


def test_running_statistics_and_counts_go_along() -> None:
    layer = trained_batch_norm()
    back = nn.from_torch(nn.to_torch(layer))
    assert back.state_dict() == layer.state_dict()


def test_the_copy_has_weights_of_its_own() -> None:
    model = nn.Linear(3, 2)
    before = model.state_dict()
    with torch.no_grad():
        nn.to_torch(model).weight.fill_(7.0)
    assert model.state_dict() == before


def test_a_module_in_two_places_stays_one() -> None:
    shared = nn.Linear(3, 3)
    there = nn.to_torch(nn.Sequential(shared, "tanh", shared))
    assert there[0] is there[2]
    back = nn.from_torch(there)
    assert isinstance(back, nn.Sequential)
    assert back[0] is back[2]


def test_frozen_layers_stay_frozen() -> None:
    model = nn.Sequential(nn.Linear(3, 2).requires_grad_(False), nn.Linear(2, 2))
    there = nn.to_torch(model)
    assert [p.requires_grad for p in there.parameters()] == [False, False, True, True]
    assert [p.requires_grad for p in nn.from_torch(there).parameters()] == [p.requires_grad for p in model.parameters()]


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.nn.Conv1d(1, 1, 1),
        lambda: torch.nn.GELU(approximate="tanh"),
        lambda: torch.nn.Softplus(beta=2.0),
        lambda: torch.nn.Softmax(dim=0),
        lambda: torch.nn.Sequential(torch.nn.LSTM(1, 1)),
    ],
)
def test_what_has_no_counterpart_here_is_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(nn.OptionError, match="no counterpart"):
        nn.from_torch(make())


def test_what_has_no_counterpart_there_is_refused() -> None:
    class Mine(nn.Linear):
        pass

    for model in (Mine(1, 1), nn.Sequential(nn.Linear(1, 1), lambda x: x)):
        with pytest.raises(nn.OptionError, match=r"no counterpart for Mine|plain function"):
            nn.to_torch(model)


def test_neurons_of_several_activations_are_refused() -> None:
    layer = nn.Layer(2, 2)
    layer.neurons[0] = nn.Neuron(2, activation="tanh")
    with pytest.raises(nn.OptionError, match="relu, tanh"):
        nn.to_torch(layer)


def test_pytorch_missing_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="pip install"):
        nn.to_torch(nn.Linear(1, 1))
