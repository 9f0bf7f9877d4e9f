"""Numbers and gradients of many Values, read and written in one pass, as one by one."""

from __future__ import annotations

import math

import pytest

import autograd
from autograd import LengthError, OperandTypeError, Value
from tests.requires import requires


def test_numbers_are_read_in_order() -> None:
    assert autograd.read_data([Value(2), Value(3.5)]) == [2.0, 3.5]
    assert autograd.read_data(Value(i) for i in range(3)) == [0.0, 1.0, 2.0]
    assert autograd.read_data([]) == []


def test_gradients_are_read_as_plain_numbers() -> None:
    x, y = Value(3.0), Value(2.0, requires_grad=False)
    (x * x * y).backward(create_graph=True)
    assert isinstance(x.grad, Value)
    assert autograd.read_grads([x, y]) == [12.0, 0.0]
    assert all(type(g) is float for g in autograd.read_grads([x, y]))


def test_numbers_are_written_as_one_by_one() -> None:
    values = [Value(0.0), Value(0.0, requires_grad=False), Value(0.0)]
    autograd.write_data(values, [1, True, math.inf])
    assert [v.data for v in values] == [1.0, 1.0, math.inf]
    assert all(type(v.data) is float for v in values)


def test_arrays_are_written_as_floats() -> None:
    numpy = requires("numpy")
    values = [Value(0.0), Value(0.0)]
    autograd.write_data(values, numpy.array([1, 2]))
    autograd.write_grads(values, numpy.array([3.0, 4.0], numpy.float32))
    assert [(v.data, v.grad) for v in values] == [(1.0, 3.0), (2.0, 4.0)]
    assert all(type(v.data) is type(v.grad) is float for v in values)


def test_operands_made_ready_see_new_numbers() -> None:
    weights = [Value(1.0), Value(2.0)]
    ready = autograd.operands(weights)
    autograd.write_data(weights, [10.0, 20.0])
    assert autograd.dot(ready, [1.0, 1.0]).data == 30.0


def test_operands_read_while_numbers_are_written_are_read_again() -> None:
    weight = Value(1.0)
    ready = autograd.operands([weight])
    weight.data = 2.0
    autograd.write_data([weight], (5.0 + 0.0 * autograd.dot(ready, [1.0]).data for _ in range(1)))
    assert autograd.dot(ready, [1.0]).data == 5.0


def test_gradients_are_written_one_for_each_or_one_for_all() -> None:
    x, y = Value(1.0), Value(1.0)
    autograd.write_grads([x, y], [1, 2.0])
    assert (x.grad, y.grad) == (1.0, 2.0)
    autograd.write_grads([x, y], 0)
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_gradients_of_results_are_read_and_written_as_those_of_leaves() -> None:
    x = Value(3.0)
    y = x * x
    z = y * 2.0
    assert autograd.read_grads(iter([x, y, z])) == [0.0, 0.0, 0.0]
    z.backward()
    assert autograd.read_grads(iter([x, y, z])) == [12.0, 2.0, 1.0]
    for numbers in (iter([5.0, 6.0, 7]), 8.0):
        autograd.write_grads(iter([x, y, z]), numbers)
    assert [v.grad for v in (x, y, z)] == [8.0, 8.0, 8.0]
    x.zero_grad()
    z.backward()
    assert [v.grad for v in (x, y, z)] == [12.0, 2.0, 1.0]


def test_a_frozen_value_takes_a_number_and_no_gradient() -> None:
    frozen = Value(1.0, requires_grad=False)
    autograd.write_data([frozen], [2.0])
    autograd.write_grads([frozen], [2.0])
    assert (frozen.data, frozen.grad) == (2.0, 0.0)


@pytest.mark.parametrize("write", ["write_data", "write_grads"])
def test_lengths_that_differ_change_nothing(write: str) -> None:
    x, y = Value(1.0), Value(1.0)
    with pytest.raises(LengthError, match="2 Values need as many numbers; got 1"):
        getattr(autograd, write)([x, y], [5.0])
    assert (x.data, x.grad) == (1.0, 0.0)


@pytest.mark.parametrize("write", ["write_data", "write_grads"])
def test_what_is_no_number_is_refused(write: str) -> None:
    with pytest.raises(OperandTypeError, match="'a'"):
        getattr(autograd, write)([Value(1.0)], ["a"])
