"""Rules over rows: one text, the same numbers as floats and as NumPy's arrays, to the last bit."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value
from nn import optim
from nn.optim.rows import FLOATS, MANY, arrays, rows_for
from tests.nn.samples import TOLERANCE, numbers
from tests.nn.test_optim import CASES
from tests.requires import requires

LARGE = MANY + 37


def stepped(name: str, options: Mapping[str, Any], x: list[float], gradients: list[list[float]]) -> Any:
    values = [Value(number) for number in x]
    optimizer = getattr(optim, name)(values, **options)
    for row in gradients:
        for value, slope in zip(values, row, strict=True):
            value.grad = slope
        optimizer.step()
    return [value.data for value in values], optimizer.state_dict()


def bits(found: Any) -> str:
    return json.dumps(found)


@pytest.mark.parametrize(("name", "options"), CASES)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 5))
def test_floats_and_arrays_give_the_same_bits(name: str, options: dict[str, Any], seed: int, n: int) -> None:
    requires("numpy")
    rng = random.Random(seed)
    x = [rng.choice([0.0, -0.0, rng.gauss(0, 10 ** rng.uniform(-8, 8))]) for _ in range(n)]
    gradients = [[rng.choice([0.0, rng.gauss(0, 10 ** rng.uniform(-8, 8))]) for _ in range(n)] for _ in range(4)]
    found = []
    for kind in (FLOATS, arrays()):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("nn.optim.optimizer.rows_for", lambda n, kind=kind: kind)
            found.append(bits(stepped(name, options, x, gradients)))
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", ["floats", "arrays"])
@pytest.mark.parametrize("special", [math.nan, math.inf, -math.inf, 0.0])
@pytest.mark.parametrize(("name", "options"), [*CASES, ("Adam", {"eps": 0.0}), ("Adagrad", {"eps": 0.0})])
def test_a_number_that_is_none_stays_where_it_is(
    name: str, options: dict[str, Any], special: float, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requires("numpy")
    monkeypatch.setattr("nn.optim.optimizer.rows_for", lambda n: FLOATS if kind == "floats" else arrays())
    odd, _ = stepped(name, options, [1.0, 2.0], [[special, 0.5], [0.25, 0.5]])
    plain, _ = stepped(name, options, [2.0], [[0.5], [0.5]])
    assert odd[1] == plain[0]
    if special != 0.0:
        assert not math.isfinite(odd[0]) or name in ("Adagrad", "Adam", "AdamW", "RMSprop")


@pytest.mark.parametrize(("name", "options"), CASES)
def test_many_parameters_are_pytorchs_too(name: str, options: dict[str, Any]) -> None:
    torch = requires("torch")
    requires("numpy")
    assert rows_for(LARGE) is arrays()
    x, gradients = numbers(LARGE, 3), [numbers(LARGE, seed) for seed in range(5)]
    theirs = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    expected = getattr(torch.optim, name)([theirs], **options)
    for row in gradients:
        theirs.grad = torch.tensor(row, dtype=torch.float64)
        expected.step()
    found, _ = stepped(name, options, x, gradients)
    assert found == pytest.approx(theirs.tolist(), rel=TOLERANCE, abs=TOLERANCE)


def test_without_numpy_many_parameters_take_the_same_step(monkeypatch: pytest.MonkeyPatch) -> None:
    requires("numpy")
    x, gradients = numbers(LARGE, 3), [numbers(LARGE, seed) for seed in range(3)]
    fast = stepped("Adam", {}, x, gradients)
    monkeypatch.setattr("nn.optim.rows.arrays", lambda: None)
    assert rows_for(LARGE) is FLOATS
    assert bits(stepped("Adam", {}, x, gradients)) == bits(fast)


def test_few_parameters_stay_floats() -> None:
    assert rows_for(MANY - 1) is FLOATS


def test_many_parameters_some_frozen_for_a_while() -> None:
    requires("numpy")
    found = []
    for n in (LARGE, 3):
        values = [Value(number) for number in numbers(LARGE, 5)[:n]]
        optimizer = optim.Adam(values, lr=0.1)
        for frozen in (1, None, 1, 2, None):
            for i, value in enumerate(values):
                value.requires_grad = i != frozen
                value.grad = 0.3 * (i + 1)
            optimizer.step()
        found.append([value.data for value in values[:3]])
    assert found[0] == found[1]


def test_a_rule_of_ones_own_serves_floats_and_arrays() -> None:
    requires("numpy")

    class Sign(optim.Optimizer):
        """Steps of one size, by the sign of the running mean gradient."""

        def __init__(self, params: Any, lr: float = 0.1) -> None:
            super().__init__(params, {"lr": lr})

        def remembers(self, options: Any) -> dict[str, float | None]:
            return {"mean": 0.0}

        def rule(self, options: Any, t: int, m: Any) -> Any:
            def move(x: Any, g: Any, mean: Any) -> Any:
                mean = 0.9 * mean + 0.1 * g
                return x - options["lr"] * mean / m.sqrt(mean * mean), mean

            return move

    for n in (3, LARGE):
        values = [Value(1.0) for _ in range(n)]
        optimizer = Sign(values)
        for value in values:
            value.grad = -2.0
        optimizer.step()
        assert [value.data for value in values] == pytest.approx([1.1] * n)
        assert optimizer.state_dict()["state"][0]["mean"] == pytest.approx([-0.2] * n)
