"""Initialisations: their ranges and variances, their seeds, and PyTorch's own limits."""

from __future__ import annotations

import random
from math import sqrt
from statistics import fmean, pvariance
from typing import Any

import pytest

import nn
from nn import init
from tests.requires import requires

FAN_IN, FAN_OUT, DRAWS = 30, 50, 4000
VARIANCES = {
    "uniform": 1 / 3,
    "fan_in_uniform": 1 / FAN_IN / 3,
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT),
    "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "he_uniform": 2 / FAN_IN,
    "he_normal": 2 / FAN_IN,
    "lecun_uniform": 1 / FAN_IN,
    "lecun_normal": 1 / FAN_IN,
}


@pytest.mark.parametrize("name", VARIANCES)
def test_weights_have_the_variance_of_the_paper(name: str) -> None:
    rng = random.Random(11)
    draws = [init.INITIALISERS[name](FAN_IN, FAN_OUT, rng) for _ in range(DRAWS)]
    assert pvariance(draws) == pytest.approx(VARIANCES[name], rel=0.1)
    assert abs(fmean(draws)) < 4 * sqrt(VARIANCES[name] / DRAWS)


@pytest.mark.parametrize("name", [name for name in VARIANCES if name.endswith("uniform")])
def test_uniform_weights_fill_their_range(name: str) -> None:
    rng, limit = random.Random(12), sqrt(3 * VARIANCES[name])
    draws = [init.INITIALISERS[name](FAN_IN, FAN_OUT, rng) for _ in range(DRAWS)]
    assert 0.98 * limit < max(draws) <= limit
    assert -limit <= min(draws) < -0.98 * limit


def test_zeros_are_zeros() -> None:
    assert init.zeros(3, 4, random.Random(0)) == 0.0


@pytest.mark.parametrize("name", VARIANCES)
def test_without_a_generator_the_module_random_is_drawn_from(name: str) -> None:
    random.seed(8)
    weight = init.INITIALISERS[name](3, 4)
    assert weight == init.INITIALISERS[name](3, 4, random.Random(8))


@pytest.mark.parametrize(
    ("ours", "theirs"), [("glorot_uniform", "xavier_uniform_"), ("he_uniform", "kaiming_uniform_")]
)
def test_limits_are_pytorchs(ours: str, theirs: str) -> None:
    torch = requires("torch")
    weight = torch.empty(FAN_OUT, FAN_IN, dtype=torch.float64)
    options = {"nonlinearity": "relu"} if "kaiming" in theirs else {}
    getattr(torch.nn.init, theirs)(weight, **options)
    assert weight.abs().max().item() == pytest.approx(sqrt(3 * VARIANCES[ours]), rel=0.02)


def test_the_default_of_linear_is_pytorchs_for_weights_and_biases() -> None:
    layer = nn.Linear(FAN_IN, FAN_OUT, rng=random.Random(4))
    limit = 1 / sqrt(FAN_IN)
    assert 0.9 * limit < max(abs(w.data) for row in layer.weight for w in row) <= limit
    assert layer.bias is not None
    assert 0.8 * limit < max(abs(b.data) for b in layer.bias) <= limit


def test_with_another_initialisation_biases_start_from_zero() -> None:
    layer = nn.Linear(3, 2, init="he_normal")
    assert layer.bias is not None
    assert {b.data for b in layer.bias} == {0.0}


def test_an_initialisation_may_be_a_function() -> None:
    layer = nn.Linear(2, 3, init=lambda fan_in, fan_out, rng: 10.0 * fan_in + fan_out)
    assert {w.data for row in layer.weight for w in row} == {23.0}


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(nn.OptionError, match="'orthogonal'; there are uniform, "):
        nn.Linear(2, 3, init="orthogonal")


@pytest.mark.parametrize("make", [lambda rng: nn.MLP(1, [1], rng=rng), lambda rng: nn.Dropout(rng=rng)([1.0])])
def test_a_seed_in_the_place_of_a_generator_is_refused(make: Any) -> None:
    with pytest.raises(nn.OptionError, match=r"random\.Random\(7\) for one; got 7"):
        make(7)


@pytest.mark.parametrize("init", [lambda: 0.5, lambda fan_in, fan_out: 0.5, lambda a, b, c, d: 0.5])
@pytest.mark.parametrize("make", [nn.Linear, nn.Layer])
def test_a_function_of_other_arguments_is_refused_in_words(make: Any, init: Any) -> None:
    with pytest.raises(nn.OptionTypeError, match=r"a function \(fan_in, fan_out, rng\) -> weight; .* takes others: "):
        make(2, 2, init=init)
