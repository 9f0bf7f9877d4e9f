"""Steps on one vector: the same bits as `Optimizer.step`, in lists, in NumPy's arrays and in numba's loops."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import Value
from nn import optim
from nn.optim.flat import Flat, Through, flattened
from nn.optim.fused import text_of
from nn.optim.inplace import GRADIENT, UntraceableError, layout
from nn.optim.rows import FLOATS, arrays
from tests.nn.test_optim import CASES
from tests.requires import requires

KINDS = ["floats", "arrays", "fused"]


def rows(kind: str) -> Any:
    if kind == "floats":
        return FLOATS
    requires("numpy")
    if kind == "fused":
        requires("numba")
    return arrays(kind == "fused")


def leaves(n: int = 5, seed: int = 1) -> list[Value]:
    rng = random.Random(seed)
    return [Value(rng.choice([0.0, rng.gauss(0, 10 ** rng.uniform(-6, 6))])) for _ in range(n)]


def gradients(n: int, steps: int, seed: int = 2) -> list[list[float]]:
    rng = random.Random(seed)
    return [[rng.choice([0.0, rng.gauss(0, 10 ** rng.uniform(-6, 6))]) for _ in range(n)] for _ in range(steps)]


def one_by_one(make: Callable[[list[Value]], Any], n: int, steps: int, samples: int) -> Any:
    values = leaves(n)
    optimizer = make(values)
    for row in gradients(n, steps):
        for value, g in zip(values, row, strict=True):
            value.grad = g / samples
        optimizer.step()
    return [(value.data, value.grad) for value in values], optimizer.state_dict()["state"]


def on_a_vector(make: Callable[[list[Value]], Any], n: int, steps: int, samples: int, kind: str) -> Any:
    values = leaves(n)
    optimizer = make(values)
    m = rows(kind)
    flat = Flat(optimizer, values, m)
    for row in gradients(n, steps):
        flat.step(m.row(row), samples)
    flat.write()
    return [(value.data, value.grad) for value in values], optimizer.state_dict()["state"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "options"), [*CASES, ("Adam", {"eps": 0.0}), ("RMSprop", {"centered": True})])
def test_steps_are_the_optimisers_to_the_last_bit(name: str, options: dict[str, Any], kind: str) -> None:
    def make(values: list[Value]) -> Any:
        return getattr(optim, name)(values, **options)

    assert repr(on_a_vector(make, 5, 6, 3, kind)) == repr(one_by_one(make, 5, 6, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_groups_may_be_runs_or_scattered_and_one_may_be_empty(kind: str) -> None:
    def make(values: list[Value]) -> Any:
        groups = [
            {"params": values[:2], "lr": 0.1},
            {"params": [values[4], values[2]]},
            {"params": []},
            {"params": values[3]},
        ]
        return optim.Adam(groups, weight_decay=0.1)

    assert repr(on_a_vector(make, 5, 4, 2, kind)) == repr(one_by_one(make, 5, 4, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_a_frozen_parameter_stays(kind: str) -> None:
    def make(values: list[Value]) -> Any:
        values[1].requires_grad = False
        return optim.SGD(values, lr=0.1, momentum=0.9)

    found = on_a_vector(make, 4, 3, 1, kind)
    assert repr(found) == repr(one_by_one(make, 4, 3, 1))
    assert found[0][1] == (leaves(4)[1].data, 0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_remembered_before_counts_and_is_remembered_after(kind: str) -> None:
    states = []
    for flat_first in (True, False):
        values = leaves()
        optimizer = optim.Adam(values, lr=0.1, amsgrad=True)
        m = rows(kind)
        for step, row in enumerate(gradients(5, 6)):
            if (step < 3) == flat_first:
                flat = Flat(optimizer, values, m)
                flat.step(m.row(row), 1)
                flat.write()
            else:
                for value, g in zip(values, row, strict=True):
                    value.grad = g
                optimizer.step()
        states.append((repr([v.data for v in values]), repr(optimizer.state_dict())))
    assert states[0] == states[1]


@pytest.mark.parametrize("kind", KINDS)
def test_an_option_that_changes_changes_the_next_step(kind: str) -> None:
    def run(step: Callable[[list[Value], Any, list[float]], None]) -> list[float]:
        values = leaves()
        optimizer = optim.SGD(values, lr=0.1)
        for number, row in enumerate(gradients(5, 6)):
            optimizer.param_groups[0].update(lr=0.1 / (number + 1), momentum=0.5 * (number > 1), maximize=number == 4)
            step(values, optimizer, row)
        return [value.data for value in values]

    def eager(values: list[Value], optimizer: Any, row: list[float]) -> None:
        for value, g in zip(values, row, strict=True):
            value.grad = g
        optimizer.step()

    kept: list[Flat] = []

    def flat(values: list[Value], optimizer: Any, row: list[float]) -> None:
        if not kept:
            kept.append(Flat(optimizer, values, rows(kind)))
        kept[0].step(rows(kind).row(row), 1)
        kept[0].write()

    assert repr(run(flat)) == repr(run(eager))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_seen_before_it_is_written(kind: str) -> None:
    values = leaves()
    optimizer = optim.Adam(values)
    before = [v.data for v in values], optimizer.state_dict()
    flat = Flat(optimizer, values, rows(kind))
    flat.step(rows(kind).row([1.0] * 5), 1)
    assert ([v.data for v in values], optimizer.state_dict()) == before
    assert list(flat.numbers) != before[0]
    flat.write()
    assert [v.data for v in values] == list(flat.numbers)
    state = optimizer.state_dict()
    flat.step(rows(kind).row([1.0] * 5), 1)
    assert optimizer.state_dict() == state


class Compared(optim.Optimizer):
    """A rule that no tracing can follow: it compares."""

    def __init__(self, params: Any, lr: float = 0.5) -> None:
        super().__init__(params, {"lr": lr})

    def rule(self, options: Any, t: int, m: Any) -> Any:
        def move(x: Any, g: Any) -> Any:
            return (x - options["lr"] * (g > 0.0) * g,)

        return move


class Swapping(optim.Optimizer):
    """A rule that remembers the number from before as it is."""

    def __init__(self, params: Any, lr: float = 0.5) -> None:
        super().__init__(params, {"lr": lr})

    def remembers(self, options: Any) -> dict[str, float | None]:
        return {"before": 0.0}

    def rule(self, options: Any, t: int, m: Any) -> Any:
        return lambda x, g, before: (x - options["lr"] * g + 0.1 * before, x)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("own", [Compared, Swapping])
def test_a_rule_that_cannot_be_carried_out_in_place_is_carried_out_all_the_same(own: Any, kind: str) -> None:
    assert repr(on_a_vector(own, 5, 4, 2, kind)) == repr(one_by_one(own, 5, 4, 2))


def test_an_optimiser_with_a_step_of_its_own_takes_it() -> None:
    class Own(optim.SGD):
        def step(self, closure: Any = None) -> Any:
            for p in self.param_groups[0]["params"]:
                p.data -= 1.0

    values = leaves()
    start = [v.data for v in values]
    flat = flattened(Own(values), values, FLOATS)
    assert isinstance(flat, Through)
    flat.step([2.0] * 5, 4)
    assert [v.data for v in values] == [x - 1.0 for x in start] == list(flat.numbers)
    assert [v.grad for v in values] == [0.5] * 5
    assert isinstance(flattened(optim.SGD(values), values, FLOATS), Flat)


def test_a_wrapped_step_is_a_step_of_its_own() -> None:
    values = leaves()
    optimizer = optim.SGD(values)
    optimizer.step = lambda closure=None: None  # type: ignore[method-assign]
    assert isinstance(flattened(optimizer, values, FLOATS), Through)


# where results go -----------------------------------------------------------------------------------------------------


def test_momentum_needs_one_scratch_array() -> None:
    # velocity = 0.9 · velocity + g; x = x - 0.1 · velocity
    steps = (("multiply", (-1, 2)), ("add", (3, 1)), ("multiply", (-2, 4)), ("subtract", (0, 5)))
    homes, copies, scratch = layout(steps, 3, (6, 4))
    assert homes == [2, 2, 3, 0]
    assert (copies, scratch) == ([], 1)


def test_gradients_are_never_written_to() -> None:
    steps = (("multiply", (-1, 1)), ("subtract", (0, 2)))
    homes, _, scratch = layout(steps, 2, (3,))
    assert GRADIENT not in homes
    assert scratch == 1


def test_a_gradient_that_is_remembered_as_it_is_is_copied() -> None:
    steps = (("multiply", (-1, 1)), ("subtract", (0, 3)))
    assert layout(steps, 3, (4, GRADIENT))[1] == [(GRADIENT, 2)]


@pytest.mark.parametrize("results", [(3, 0), (3, 3)])
def test_a_column_given_back_as_it_is_or_twice_is_refused(results: tuple[int, ...]) -> None:
    with pytest.raises(UntraceableError):
        layout((("subtract", (0, 1)),), 3, results)


def test_the_fused_loop_reads_like_the_rule() -> None:
    steps = (("multiply", (-1, 1)), ("subtract", (0, 2)))
    assert text_of(steps, 2, (3,), 0) == (
        "def step(constants, total, x, g):\n"
        "    for i in range(x.shape[0]):\n"
        "        v0 = x[i]\n"
        "        v1 = g[i] = total[i] / constants[0]\n"
        "        v2 = constants[1] * v1\n"
        "        v3 = v0 - v2\n"
        "        x[i] = v3\n"
    )


def test_every_optimiser_has_a_rule_that_can_be_traced() -> None:
    requires("numpy")
    kind = arrays()
    assert kind is not None
    for name, options in CASES:
        values = leaves()
        flat = Flat(getattr(nn.optim, name)(values, **options), values, kind)
        for _ in range(3):
            assert flat._in_place(0, flat.places[0], kind.row([0.5] * 5), 2)
            flat.step(kind.row([0.5] * 5), 2)
