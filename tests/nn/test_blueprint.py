"""Blueprints: which modules can be described and built again, and which cannot."""

from __future__ import annotations

from typing import Any

import pytest

import nn
from nn.blueprint import blueprint, built


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Neuron(3, nonlin=False),
        lambda: nn.Layer(2, 3, activation="tanh"),
        lambda: nn.Layer(2, 3, activation="softmax"),
        lambda: nn.MLP(2, [1]),
        lambda: nn.MLP(2, [4, 4, 1], activation="silu"),
        lambda: nn.Linear(2, 3, bias=False, init="he_normal"),
        lambda: nn.Linear(2, 3, init=lambda fan_in, fan_out, rng: 0.5),
        lambda: nn.BatchNorm(3, momentum=None, affine=False),
        lambda: nn.LeakyReLU(0.2),
        lambda: nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3), "elu", nn.Dropout(0.25), nn.Linear(3, 2), "softmax"),
        lambda: nn.Sequential(nn.Sequential(nn.Linear(1, 1)), nn.MLP(1, [2])),
    ],
)
def test_a_module_is_built_again_from_its_blueprint(make: Any) -> None:
    module = make()
    plan = blueprint(module)
    assert plan is not None
    again = built(plan)
    assert type(again) is type(module)
    assert repr(again) == repr(module)
    assert again.state_dict().keys() == module.state_dict().keys()


def test_a_layer_used_twice_has_no_blueprint() -> None:
    layer = nn.Linear(2, 2)
    assert blueprint(nn.Sequential(layer, layer)) is None


def test_a_function_among_the_layers_has_no_blueprint() -> None:
    assert blueprint(nn.Sequential(nn.Linear(2, 2), lambda x: x[0])) is None


def test_a_class_of_ones_own_has_no_blueprint() -> None:
    class Mine(nn.Linear):
        pass

    assert blueprint(Mine(2, 2)) is None
    assert blueprint(nn.Sequential(Mine(2, 2))) is None


@pytest.mark.parametrize("plan", [None, [], {}, {"class": "MLP"}, {"class": "object", "arguments": {}}])
def test_what_is_no_blueprint_is_refused(plan: Any) -> None:
    with pytest.raises(ValueError, match=r"describes no module|no module of the class"):
        built(plan)
