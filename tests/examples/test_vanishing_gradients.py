"""Each cure changes one thing about the plain network; the initialisation is LeCun's, translated for sigmoids."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

import nn
from examples.vanishing_gradients import CURES, linear_layers, network


def kinds(model: Any) -> list[str]:
    return [type(layer).__name__ for layer in model]


def weights(model: Any) -> list[float]:
    return [p.data for layer in linear_layers(model) for p in layer.parameters()]


def made(cure: str) -> nn.Sequential:
    return network(random.Random(3), **CURES[cure])


def test_relu_stands_where_the_sigmoid_stood_and_nothing_else_differs() -> None:
    assert kinds(made("ReLU")) == [kind.replace("Sigmoid", "ReLU") for kind in kinds(made("plain"))]
    assert weights(made("ReLU")) == weights(made("plain"))


def test_the_initialisation_changes_numbers_only() -> None:
    assert kinds(made("initialisation")) == kinds(made("plain"))
    assert weights(made("initialisation")) != weights(made("plain"))


def test_batch_normalisation_comes_before_each_sigmoid_and_nothing_else_differs() -> None:
    found = kinds(made("batch norm"))
    assert [kind for kind in found if kind != "BatchNorm"] == kinds(made("plain"))
    assert [after for kind, after in itertools.pairwise(found) if kind == "BatchNorm"] == ["Sigmoid"] * 8
    assert weights(made("batch norm")) == weights(made("plain"))


def test_the_initialised_sigmoids_compute_what_tanhs_drawn_by_lecun_compute() -> None:
    rng = random.Random(3)
    network(rng)  # the draw that the initialisation replaces
    layers = linear_layers(made("plain"))
    for layer in layers:
        layer.reset_parameters("lecun_normal", rng)
    tanhs = nn.Sequential(*(part for layer in layers for part in (layer, "tanh")))
    tanhs.layers.pop()
    sigmoids = made("initialisation")
    for x in ([0.3, -1.2], [2.0, 0.5], [0.0, 0.0]):
        assert sigmoids(x)[0].data == pytest.approx(tanhs(x)[0].data, rel=1e-12, abs=1e-14)
