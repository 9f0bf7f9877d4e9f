"""Schedules: PyTorch's rates at every step, one after the other, their state, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import Value
from nn import schedule
from nn.optim import SGD
from tests.requires import requires

CASES: list[tuple[str, dict[str, Any]]] = [
    ("StepLR", {"step_size": 3}),
    ("StepLR", {"step_size": 2, "gamma": 0.7}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("CosineAnnealingLR", {"T_max": 10, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 7}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.8, "total_iters": 8}),
    ("LambdaLR", {"lr_lambda": lambda t: 1 / (1 + t)}),
]


def two_groups() -> SGD:
    return SGD([{"params": [Value(1.0)], "lr": 0.5}, {"params": [Value(2.0)]}], lr=0.1)


def rates(optimizer: Any) -> list[float]:
    return [group["lr"] for group in optimizer.param_groups]


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler:UserWarning")  # torch wants optimizer.step() first
def test_rates_are_pytorchs_at_every_step(name: str, options: dict[str, Any]) -> None:
    torch = requires("torch")
    ours = two_groups()
    theirs = torch.optim.SGD([{"params": [torch.zeros(1)], "lr": 0.5}, {"params": [torch.zeros(1)]}], lr=0.1)
    one, other = getattr(schedule, name)(ours, **options), getattr(torch.optim.lr_scheduler, name)(theirs, **options)
    for _ in range(15):
        assert rates(ours) == pytest.approx(rates(theirs), rel=1e-12, abs=1e-15)
        assert one.get_last_lr() == rates(ours)
        one.step()
        other.step()


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler:UserWarning")
@pytest.mark.filterwarnings("ignore:The epoch parameter:UserWarning")  # torch, of its own SequentialLR
def test_warm_up_before_cosine_is_pytorchs() -> None:
    torch = requires("torch")
    ours, theirs = two_groups(), torch.optim.SGD([{"params": [torch.zeros(1)], "lr": 0.5}], lr=0.1)

    def sequence(module: Any, optimizer: Any) -> Any:
        warm_up = module.LinearLR(optimizer, start_factor=0.1, total_iters=4)
        decay = module.CosineAnnealingLR(optimizer, T_max=8)
        return module.SequentialLR(optimizer, [warm_up, decay], milestones=[4])

    one, other = sequence(schedule, ours), sequence(torch.optim.lr_scheduler, theirs)
    for _ in range(12):
        assert rates(ours)[0] == pytest.approx(rates(theirs)[0], rel=1e-12, abs=1e-15)
        one.step()
        other.step()


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("last_epoch", [1, 5, 9])
def test_a_schedule_goes_on_after_the_last_epoch(name: str, options: dict[str, Any], last_epoch: int) -> None:
    optimizer, other = two_groups(), two_groups()
    first = getattr(schedule, name)(optimizer, **options)
    for _ in range(last_epoch + 1):
        first.step()
    other.load_state_dict(optimizer.state_dict())
    second = getattr(schedule, name)(other, **options, last_epoch=last_epoch)
    for _ in range(3):
        assert (second.last_epoch, rates(other)) == (first.last_epoch, rates(optimizer))
        first.step()
        second.step()


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler:UserWarning")
def test_going_on_is_pytorchs() -> None:
    torch = requires("torch")
    ours, theirs = two_groups(), torch.optim.SGD([{"params": [torch.zeros(1)], "lr": 0.5}], lr=0.1)
    for group in (*ours.param_groups, *theirs.param_groups):
        group["initial_lr"] = group["lr"]
        group["lr"] *= 0.9**5
    one = schedule.ExponentialLR(ours, 0.9, last_epoch=4)
    other = torch.optim.lr_scheduler.ExponentialLR(theirs, 0.9, last_epoch=4)
    for _ in range(4):
        assert one.last_epoch == other.last_epoch
        assert rates(ours)[0] == pytest.approx(rates(theirs)[0], rel=1e-12)
        one.step()
        other.step()


def test_the_last_epoch_needs_the_optimisers_state() -> None:
    with pytest.raises(nn.OptionError, match="load the optimiser's state first"):
        schedule.StepLR(two_groups(), 2, last_epoch=3)


@pytest.mark.parametrize("last_epoch", [-2, 1.5, "3"])
def test_a_last_epoch_that_is_none_is_refused(last_epoch: Any) -> None:
    with pytest.raises(nn.OptionError, match="last_epoch is a whole number from -1 up"):
        schedule.ExponentialLR(two_groups(), 0.9, last_epoch=last_epoch)


def test_each_group_may_have_a_function_of_its_own() -> None:
    torch = requires("torch")
    functions = [lambda t: 0.9**t, lambda t: 1 / (1 + t)]
    ours = two_groups()
    theirs = torch.optim.SGD([{"params": [torch.zeros(1)], "lr": 0.5}, {"params": [torch.zeros(1)]}], lr=0.1)
    torch.optim.lr_scheduler.LambdaLR(theirs, functions)
    made = schedule.SequentialLR(ours, [schedule.LambdaLR(ours, functions)], [])
    for t in range(3):
        assert rates(ours) == [pytest.approx(0.5 * 0.9**t), pytest.approx(0.1 / (1 + t))]
        made.step()
    with pytest.raises(nn.OptionError, match="one function a group; got 1 for 2"):
        schedule.LambdaLR(ours, functions[:1])


def test_a_state_goes_on_where_it_was() -> None:
    optimizer, other = two_groups(), two_groups()
    first, second = schedule.ExponentialLR(optimizer, 0.5), schedule.ExponentialLR(other, 0.5)
    first.step()
    first.step()
    second.load_state_dict(first.state_dict())
    assert rates(other) == rates(optimizer) == [0.125, 0.025]


def test_a_rate_travels_with_the_optimisers_state() -> None:
    optimizer, other = two_groups(), two_groups()
    schedule.ExponentialLR(optimizer, 0.5).step()
    other.load_state_dict(optimizer.state_dict())
    assert rates(other) == [0.25, 0.05]
    assert schedule.ExponentialLR(other, 0.5).base_lrs == [0.5, 0.1]


@pytest.mark.parametrize("state", [{}, {"last_epoch": 1, "base_lrs": [0.1]}, {"last_epoch": "x", "base_lrs": [1, 1]}])
def test_a_state_that_does_not_fit_changes_nothing(state: dict[str, Any]) -> None:
    made = schedule.StepLR(two_groups(), 2)
    with pytest.raises(nn.StateDictError):
        made.load_state_dict(state)
    assert made.state_dict() == {"last_epoch": 0, "base_lrs": [0.5, 0.1]}


@pytest.mark.parametrize(
    "make",
    [
        lambda optimizer: schedule.StepLR(optimizer, 0),
        lambda optimizer: schedule.CosineAnnealingLR(optimizer, 0),
        lambda optimizer: schedule.LinearLR(optimizer, start_factor=0.0),
        lambda optimizer: schedule.LinearLR(optimizer, total_iters=0),
        lambda optimizer: schedule.SequentialLR(optimizer, [schedule.StepLR(optimizer, 1)], [3]),
        lambda optimizer: schedule.SequentialLR(two_groups(), [schedule.StepLR(optimizer, 1)], []),
    ],
)
def test_options_out_of_range_are_refused(make: Callable[[SGD], Any]) -> None:
    with pytest.raises(nn.OptionError):
        make(two_groups())


def test_a_group_that_comes_later_follows_the_formula_from_its_own_rate() -> None:
    optimizer = SGD([Value(1.0)], lr=1.0)
    steps = schedule.StepLR(optimizer, 1)
    optimizer.add_param_group({"params": [Value(2.0)], "lr": 0.5})
    steps.step()
    assert rates(optimizer) == pytest.approx([0.1, 0.05])
    assert steps.get_last_lr() == rates(optimizer)
    steps.step()
    assert rates(optimizer) == pytest.approx([0.01, 0.005])
    again = schedule.StepLR(optimizer, 1)
    again.load_state_dict(steps.state_dict())
    assert again.get_last_lr() == steps.get_last_lr()


def test_a_step_that_gives_no_rate_changes_nothing() -> None:
    optimizer = two_groups()
    steps = schedule.LambdaLR(optimizer, lambda t: "much" if t else 0.5)  # type: ignore[arg-type,return-value]
    before = rates(optimizer)
    with pytest.raises(nn.OptionTypeError, match="what lr_lambda gives for t=1 is a number; got 'much'"):
        steps.step()
    assert (steps.last_epoch, rates(optimizer)) == (0, before)


def test_a_rate_that_no_float_holds_is_infinite() -> None:
    optimizer = SGD([Value(1.0)], lr=1.0)
    steps = schedule.ExponentialLR(optimizer, gamma=1e200)
    steps.step()
    steps.step()
    assert rates(optimizer) == [float("inf")]
