"""Gradient clipping, held against PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

import nn
from autograd import AnomalyError, Value
from tests.nn.samples import numbers, tensor
from tests.requires import requires


def with_grads(grads: list[float]) -> list[Value]:
    parameters = [Value(1.0) for _ in grads]
    for parameter, grad in zip(parameters, grads, strict=True):
        parameter.grad = grad
    return parameters


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, 0.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.1, 1.0, 1000.0])
def test_clipping_by_norm_is_pytorchs(norm_type: float, max_norm: float) -> None:
    torch = requires("torch")
    grads = numbers(10, 6)
    ours, theirs = with_grads(grads), tensor([1.0] * 10, requires_grad=True)
    theirs.grad = tensor(grads)
    norm = nn.clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_([theirs], max_norm, norm_type)
    assert norm == pytest.approx(expected.item(), rel=1e-12)
    assert [p.grad for p in ours] == pytest.approx(theirs.grad.tolist(), rel=1e-12)


def test_clipping_by_value_is_pytorchs() -> None:
    torch = requires("torch")
    grads = [*numbers(10, 7), math.inf, -math.inf]
    ours, theirs = with_grads(grads), tensor([1.0] * 12, requires_grad=True)
    theirs.grad = tensor(grads)
    nn.clip_grad_value_(ours, 0.75)
    torch.nn.utils.clip_grad_value_([theirs], 0.75)
    assert [p.grad for p in ours] == theirs.grad.tolist()


def test_huge_gradients_have_a_finite_norm() -> None:
    assert nn.clip_grad_norm_(with_grads([3e300, 4e300]), 1.0) == pytest.approx(5e300)


def test_a_norm_that_is_not_finite_raises_if_asked_to() -> None:
    parameters = with_grads([1.0, math.nan])
    with pytest.raises(AnomalyError, match="norm of the gradients is nan"):
        nn.clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)
    assert parameters[0].grad == 1.0
    assert math.isnan(nn.clip_grad_norm_(parameters, 1.0))


def test_one_parameter_needs_no_list() -> None:
    parameter = with_grads([5.0])[0]
    nn.clip_grad_value_(parameter, 2.0)
    assert parameter.grad == 2.0
    assert nn.clip_grad_norm_(parameter, 1.0) == 2.0


def test_frozen_parameters_stay_as_they_are() -> None:
    parameters = with_grads([3.0, 4.0])
    parameters[0].requires_grad = False
    assert nn.clip_grad_norm_(parameters, 10.0) == 4.0


@pytest.mark.parametrize("call", [lambda: nn.clip_grad_value_([], -1.0), lambda: nn.clip_grad_norm_([], -1.0),
                                  lambda: nn.clip_grad_norm_([], 1.0, 0.0)])  # fmt: skip
def test_bounds_below_zero_are_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(nn.OptionError):
        call()


@pytest.mark.parametrize("clip", [nn.clip_grad_value_, nn.clip_grad_norm_])
def test_a_model_in_the_place_of_its_parameters_is_refused(clip: Callable[..., object]) -> None:
    with pytest.raises(nn.OptionError, match=r"as model\.parameters\(\) gives it; got MLP of"):
        clip(nn.MLP(1, [1]), 1.0)
