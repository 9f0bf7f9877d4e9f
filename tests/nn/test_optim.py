"""Optimisers: equal to PyTorch's over 50 steps, frozen parameters, groups, their state, and what they refuse."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from typing import Any

import pytest

import autograd
import nn
from autograd import Value
from nn import optim
from nn.optim.rows import MANY
from tests.nn.samples import TOLERANCE, numbers
from tests.requires import requires

STEPS = 50
CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.01, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-4, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "maximize": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.5, "amsgrad": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.9, "weight_decay": 0.1, "momentum": 0.5}),
    ("RMSprop", {"lr": 0.05, "centered": True, "momentum": 0.9}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.5, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-5}),
]


def loss(x: list[Any], sin: Callable[[Any], Any]) -> Any:
    """A function without symmetry, whose gradients differ much in size and depend on each other; steps stay stable."""
    terms = [scale * (0.5 * a * a - sin(a)) for a, scale in zip(x, (1.0, 0.01, 3.0, 0.3), strict=True)]
    return sum(terms, 0.1 * sin(x[0] + x[1] - x[2]))


def minimise(optimizer: Any, x: list[Value], steps: int) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        loss(x, autograd.sin).backward()
        optimizer.step()


@pytest.fixture
def start() -> list[float]:
    return numbers(4, 17)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_optimisers_are_pytorchs_at_every_step(name: str, options: dict[str, Any], start: list[float]) -> None:
    torch = requires("torch")
    ours = [Value(number) for number in start]
    theirs = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in start]
    optimizer, expected = getattr(optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)
    for _ in range(STEPS):
        minimise(optimizer, ours, 1)
        expected.zero_grad()
        loss(theirs, torch.sin).backward()
        expected.step()
        assert [p.data for p in ours] == pytest.approx([p.item() for p in theirs], rel=TOLERANCE, abs=TOLERANCE)
    assert [p.data for p in ours] != start


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_defaults_are_pytorchs(name: str) -> None:
    torch = requires("torch")
    ours = getattr(optim, name)([Value(1.0)]).defaults
    theirs = getattr(torch.optim, name)([torch.zeros(1)]).defaults
    assert ours == {option: theirs[option] for option in ours}


def test_a_frozen_parameter_is_left_alone_and_thaws_as_in_pytorch(start: list[float]) -> None:
    torch = requires("torch")
    ours = [Value(number) for number in start]
    theirs = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in start]
    optimizer, expected = optim.Adam(ours, lr=0.1), torch.optim.Adam(theirs, lr=0.1)
    for frozen in (None, 1, 1, 2, None, None):
        for index in range(4):
            ours[index].requires_grad = index != frozen
            theirs[index].requires_grad_(index != frozen)
        before = [p.data for p in ours]
        minimise(optimizer, ours, 1)
        expected.zero_grad(set_to_none=True)
        loss(theirs, torch.sin).backward()
        expected.step()
        assert frozen is None or ours[frozen].data == before[frozen]
        assert [p.data for p in ours] == pytest.approx([p.item() for p in theirs], rel=TOLERANCE, abs=TOLERANCE)


def test_groups_have_options_of_their_own() -> None:
    slow, fast = Value(1.0), Value(1.0)
    optimizer = optim.SGD([{"params": [slow], "lr": 0.1}, {"params": fast}], lr=0.5)
    (slow + fast).backward()
    optimizer.step()
    assert (slow.data, fast.data) == (0.9, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5]


def test_a_group_may_come_later() -> None:
    first, second = Value(1.0), Value(1.0)
    optimizer = optim.SGD([first], lr=0.25)
    optimizer.add_param_group({"params": [second]})
    (first * second).backward()
    optimizer.step()
    assert second.data == 0.75


def test_a_closure_computes_the_loss_that_step_returns() -> None:
    x = Value(1.0)
    optimizer = optim.SGD([x], lr=0.25)

    def closure() -> Value:
        optimizer.zero_grad()
        out = x * x
        out.backward()
        return out

    assert optimizer.step(closure).data == 1.0
    assert x.data == 0.5


def test_parameters_may_come_from_a_generator() -> None:
    optimizer = optim.SGD(p for p in [Value(1.0), Value(2.0)])
    assert len(optimizer.param_groups[0]["params"]) == 2


def test_zero_grad_clears_every_group() -> None:
    x, y = Value(1.0), Value(2.0)
    (x * y).backward()
    optim.SGD([{"params": [x]}, {"params": [y]}]).zero_grad()
    assert (x.grad, y.grad) == (0.0, 0.0)


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_takes_pytorchs_argument_and_leaves_a_number(set_to_none: bool) -> None:
    x = Value(2.0)
    (x * x).backward()
    optimizer = optim.SGD([x])
    optimizer.zero_grad(set_to_none=set_to_none)
    assert x.grad == 0.0
    with pytest.raises(nn.OptionError, match="set_to_none is True or False; got 'no'"):
        optimizer.zero_grad(set_to_none="no")


def test_gradients_that_are_graphs_are_taken_as_numbers() -> None:
    x = Value(3.0)
    (x * x).backward(create_graph=True)
    optim.SGD([x], lr=0.5).step()
    assert x.data == 0.0
    assert x.is_leaf


def test_a_step_makes_no_nodes_and_keeps_parameters() -> None:
    model = nn.MLP(2, [3, 1])
    before = model.parameters()
    model([1.0, 2.0]).backward()
    optim.Adam(model.parameters()).step()
    assert model.parameters() == before
    assert all(p.is_leaf for p in before)


def test_without_eps_a_flat_parameter_becomes_nan_as_in_ieee() -> None:
    x = Value(1.0)
    optim.Adam([x], eps=0.0).step()
    assert x.data != x.data


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_state_through_json_goes_on_where_it_was(name: str, options: dict[str, Any], start: list[float]) -> None:
    one = [Value(number) for number in start]
    first = getattr(optim, name)(one, **options)
    minimise(first, one, 5)
    state = json.loads(json.dumps(first.state_dict()))
    other = [Value(p.data) for p in one]
    second = getattr(optim, name)(other)
    second.load_state_dict(state)
    minimise(first, one, 5)
    minimise(second, other, 5)
    assert [p.data for p in other] == [p.data for p in one]


def test_a_state_is_a_copy(start: list[float]) -> None:
    x = [Value(number) for number in start]
    optimizer = optim.Adam(x)
    minimise(optimizer, x, 1)
    state = optimizer.state_dict()
    before = json.dumps(state)
    minimise(optimizer, x, 1)
    assert json.dumps(state) == before


def test_a_state_remembers_steps_of_parameters_that_were_frozen(start: list[float]) -> None:
    one = [Value(number) for number in start]
    first = optim.Adam(one)
    one[2].requires_grad = False
    minimise(first, one, 3)
    one[2].requires_grad = True
    state = first.state_dict()
    assert state["state"][0]["step"] == [3, 3, 0, 3]
    other = [Value(p.data) for p in one]
    second = optim.Adam(other)
    second.load_state_dict(state)
    minimise(first, one, 2)
    minimise(second, other, 2)
    assert [p.data for p in other] == [p.data for p in one]


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state["param_groups"][0].update(params=9),
        lambda state: state["param_groups"].append(state["param_groups"][0]),
        lambda state: state["state"][0].update(exp_avg=[1.0]),
        lambda state: state["state"][0].pop("step"),
        lambda state: state["param_groups"][0].update(lr=-1.0),
        lambda state: state["state"][0].update(exp_avg=["a", "b", "c", "d"]),
        lambda state: state.pop("state"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change: Callable[[Any], Any], start: list[float]) -> None:
    x = [Value(number) for number in start]
    optimizer = optim.Adam(x)
    minimise(optimizer, x, 2)
    state, before = optimizer.state_dict(), optimizer.state_dict()
    change(state)
    with pytest.raises((nn.StateDictError, nn.OptionError)):
        optimizer.load_state_dict(state)
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: optim.SGD([]), "list of parameters is empty"),
        (lambda: optim.SGD([1.0]), "parameters are Values; got 1.0"),
        (lambda: optim.SGD(nn.MLP(1, [1])), r"as model\.parameters\(\) gives it; got MLP of"),
        (lambda: optim.SGD(nn.MLP(1, [1]).parameters), "got <bound method"),
        (lambda: optim.SGD([{"params": nn.MLP(1, [1])}]), "gives it; got MLP of"),
        (lambda: optim.SGD([Value(1.0)], lr="0.1"), "lr is a finite number from 0 up; got '0.1'"),
        (lambda: optim.SGD([Value(1.0)], lr=None), "lr is a finite number"),
        (lambda: optim.Adam([Value(1.0)], betas=0.9), "betas are two numbers"),
        (lambda: optim.Adam([Value(1.0)], betas=(0.9, 0.99, 0.999)), "betas are two numbers"),
        (lambda: optim.SGD([Value(1.0) * 2]), "changes leaves"),
        (lambda: optim.SGD([Value(1.0)] * 2), "there twice"),
        (lambda: optim.SGD([Value(1.0)], lr=-1.0), "lr is a finite number from 0 up; got -1.0"),
        (lambda: optim.SGD([Value(1.0)], lr=float("nan")), "lr is a finite number"),
        (lambda: optim.SGD([Value(1.0)], momentum=-0.5), "momentum is a finite"),
        (lambda: optim.SGD([Value(1.0)], nesterov=True), "needs a momentum"),
        (lambda: optim.SGD([Value(1.0)], momentum=0.9, dampening=0.1, nesterov=True), "dampening=0"),
        (lambda: optim.SGD([{"params": [Value(1.0)], "rate": 1.0}]), "SGD has no option 'rate'"),
        (lambda: optim.SGD([{"lr": 1.0}]), 'an entry "params"'),
        (lambda: optim.Adam([Value(1.0)], betas=(0.9, 1.0)), r"betas\[1\] is a number in \[0, 1\)"),
        (lambda: optim.Adam([Value(1.0)], eps=-1.0), "eps is a"),
        (lambda: optim.RMSprop([Value(1.0)], alpha=-1.0), "alpha is a"),
        (lambda: optim.Adagrad([Value(1.0)], lr_decay=-1.0), "lr_decay is a"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(make: Callable[[], Any], text: str) -> None:
    with pytest.raises(nn.OptionError, match=text):
        make()


def test_repr_shows_the_options() -> None:
    assert repr(optim.SGD([Value(1.0)], lr=0.5)).startswith("SGD(1 parameters, lr=0.5, momentum=0.0")


def test_adam_trains_a_network_from_its_parameters() -> None:
    rng = random.Random(3)
    model = nn.MLP(2, [8, 1], activation="tanh", rng=rng)
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    for _ in range(150):
        optimizer.zero_grad()
        found = nn.mse_loss(model(x), y)
        found.backward()
        optimizer.step()
    assert found.data < 0.01


@pytest.mark.parametrize(("name", "options"), CASES)
def test_an_optimiser_of_many_parameters_goes_on_from_a_loaded_state(name: str, options: dict[str, Any]) -> None:
    """From so many parameters on numbers lie in arrays, and a loaded state brings lists."""

    def one_step(optimizer: Any, x: list[Value]) -> None:
        for place, value in enumerate(x):
            value.grad = math.sin(place + value.data)
        optimizer.step()

    ours, theirs = ([Value(math.cos(place)) for place in range(MANY + 1)] for _ in range(2))
    kind = getattr(optim, name)
    straight, first = kind(ours, **options), kind(theirs, **options)
    one_step(straight, ours)
    one_step(first, theirs)
    resumed = kind(theirs, **options)
    resumed.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for _ in range(3):
        one_step(straight, ours)
        one_step(resumed, theirs)
    assert [x.data for x in theirs] == [x.data for x in ours]
    assert resumed.state_dict() == straight.state_dict()


def test_the_state_of_another_kind_of_optimiser_is_refused() -> None:
    x = [Value(1.0)]
    adam, sgd = optim.Adam(x), optim.SGD(x, momentum=0.9)
    before = sgd.state_dict()
    with pytest.raises(nn.StateDictError, match="another kind of optimiser: SGD has no option 'betas'"):
        sgd.load_state_dict(adam.state_dict())
    assert sgd.state_dict() == before
