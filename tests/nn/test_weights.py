"""Layers keep their weights ready for many samples, and notice every way in which a learner may change them."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import Value

X = [1.0, 2.0, 3.0]

MODELS: dict[str, Callable[[], Any]] = {
    "Neuron": lambda: nn.Neuron(3, nonlin=False, rng=random.Random(0)),
    "Linear": lambda: nn.Linear(3, 1, rng=random.Random(0)),
}


def weights(model: Any) -> list[Value]:
    """The list that holds the weights of the first output."""
    found: list[Value] = model.w if isinstance(model, nn.Neuron) else model.weight[0]
    return found


def bias(model: Any) -> Value:
    found: Value = model.b if isinstance(model, nn.Neuron) else model.bias[0]
    return found


def called(model: Any) -> Value:
    output = model(X)
    value: Value = output[0] if isinstance(output, list) else output
    return value


def expected(model: Any) -> float:
    return sum(w.data * x for w, x in zip(weights(model), X, strict=True)) + bias(model).data


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Any:
    """A neuron or layer that was called before, so that its weights are ready."""
    made = MODELS[request.param]()
    called(made)
    return made


def test_a_new_number_is_seen(model: Any) -> None:
    weights(model)[1].data = 9.0
    assert called(model).data == pytest.approx(expected(model))


def test_a_replaced_weight_is_seen_and_learns(model: Any) -> None:
    before, after = weights(model)[1], Value(9.0)
    weights(model)[1] = after
    out = called(model)
    out.backward()
    assert out.data == pytest.approx(expected(model))
    assert (before.grad, after.grad) == (0.0, 2.0)


def test_a_replaced_list_of_weights_is_seen(model: Any) -> None:
    fresh = [Value(1.0), Value(2.0), Value(3.0)]
    if isinstance(model, nn.Neuron):
        model.w = fresh
    else:
        model.weight = [fresh]
    assert called(model).data == pytest.approx(14.0 + bias(model).data)


def test_frozen_and_thawed_weights_are_seen(model: Any) -> None:
    weights(model)[0].requires_grad = False
    called(model).backward()
    assert [w.grad for w in weights(model)] == [0.0, 2.0, 3.0]
    weights(model)[0].requires_grad = True
    called(model).backward()
    assert [w.grad for w in weights(model)] == [1.0, 4.0, 6.0]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_has_weights_of_its_own(model: Any, copied: Callable[[Any], Any]) -> None:
    other = copied(model)
    assert called(other).data == called(model).data
    weights(other)[0].data += 1.0
    assert called(other).data == pytest.approx(called(model).data + 1.0)
    called(other).backward()
    assert weights(model)[0].grad == 0.0
    assert weights(other)[0].grad == 1.0


def test_a_weight_that_is_computed_from_others_passes_its_gradient_on(model: Any) -> None:
    source = Value(3.0)
    weights(model)[2] = source * 2
    called(model).backward()
    assert source.grad == 6.0
