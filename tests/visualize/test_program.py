"""The picture of a compiled program."""

from __future__ import annotations

import random

import pytest

import autograd
from autograd import Value
from tests.autograd.program.graphs import network, squared_loss
from tests.requires import requires
from visualize.errors import DrawingError
from visualize.program import program

requires("numpy")


def compiled(batch: bool = False) -> autograd.Program:
    rng = random.Random(0)
    forward, parameters = network(rng, [2, 4, 1])
    if batch:
        inputs = [Value(0.1), Value(0.2)]
        return autograd.compile(forward(inputs)[0], batch=inputs, parameters=parameters)
    points = [[Value(rng.random()), Value(rng.random())] for _ in range(5)]
    return autograd.compile(squared_loss(forward, points, [0.0] * 5), parameters=parameters)


def test_each_matrix_product_is_a_box_with_its_shapes() -> None:
    source = program(compiled()).source
    assert "4×2 @ 2×5 + bias" in source
    assert "1×4 @ 4×5 + bias" in source


def test_every_instruction_is_a_box() -> None:
    made = compiled()
    source = program(made).source
    assert all(f"\ti{number} [" in source for number in range(len(list(made.rerolled))))


def test_edges_follow_the_data() -> None:
    made = compiled()
    source = program(made).source
    for number, step in enumerate(made.rerolled):
        for group in made.rerolled.reads(step):
            assert all(f"{'i' if n >= 0 else 's'}{abs(n)} -> i{number}" in source for n in group)
    assert "s1 -> i0" in source


def test_batch_leaves_and_samples_are_named() -> None:
    source = program(compiled(batch=True)).source
    assert "batch leaves" in source
    assert "4 × samples" in source


def test_dark_is_another_picture() -> None:
    made = compiled()
    assert program(made, theme="dark").source != program(made).source


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(DrawingError, match="sepia"):
        program(compiled(), theme="sepia")
