"""Value: the number, its gradient and history; comparison, conversion; and what backward does to them."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import autograd
from autograd import Value, topological_order

# the number ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [3, 3.0, True, Fraction(3, 2), 2**60, -0.0, math.inf])
def test_any_real_number_becomes_a_float(number: Any) -> None:
    value = Value(number)
    assert type(value.data) is float
    assert value.data == float(number)


def test_a_fresh_value_is_a_leaf_with_gradient_zero() -> None:
    a = Value(2.0)
    assert (a.data, a.grad, a.label, a._op, a._prev) == (2.0, 0.0, "", "", set())
    assert a.parents == a.operands == a.partials == ()
    assert a.is_leaf
    assert a.requires_grad


def test_a_note_changes_nothing_else_about_a_node() -> None:
    x, y = Value(2.0), Value(3.0)
    product = x * y
    before = (product.op, product._op, product.operands, product.partials)
    product.label, x.label = "product", "x"
    assert (product.op, product._op, product.operands, product.partials) == before
    assert product.op is autograd.TABLE["mul"]
    assert (x.op, x.is_leaf) == (None, True)
    product.backward()
    assert (x.grad, y.grad) == (3.0, 2.0)
    product.forget()
    assert (product.label, product.op) == ("product", None)


def test_data_grad_and_label_can_be_written() -> None:
    a = Value(2.0, label="a")
    a.data, a.grad, a.label = 3, 4, "b"
    assert (a.data, a.grad, a.label) == (3.0, 4.0, "b")
    assert type(a.data) is type(a.grad) is float
    a.data -= 0.5
    a.grad += 1
    assert (a.data, a.grad) == (2.5, 5.0)


def test_operands_hold_numbers_and_nodes_in_order_and_parents_the_nodes() -> None:
    x = Value(3.0)
    assert (x * 2).operands == (x, 2.0)
    assert (2 - x).operands == (2.0, x)
    assert (2 - x).parents == (x,)
    assert (2 - x).partials == (-1.0,)
    assert (x * x).parents == (x, x)
    assert (x * x).partials == (3.0, 3.0)


def test_a_constant_makes_no_node() -> None:
    x = Value(3.0)
    assert topological_order(2 * x + 1)[0] is x
    assert len(topological_order(2 * x + 1)) == 3


def test_subtraction_division_and_negation_are_single_nodes() -> None:
    x, y = Value(3.0), Value(4.0)
    for out, op in ((x - y, "-"), (x / y, "/"), (-x, "neg"), (x**2, "**2"), (x**y, "**")):
        assert out._op == op
        assert all(parent.is_leaf for parent in out.parents)


# identity, comparison, conversion -----------------------------------------------------------------------------------


def test_equality_and_hash_are_by_identity() -> None:
    a, b = Value(1.0), Value(1.0)
    assert a != b
    assert a == a
    assert len({a, b, a}) == 2
    assert a != 1.0


def test_order_is_by_data() -> None:
    a, b = Value(1.0), Value(2.0)
    assert a < b
    assert a <= b
    assert b > a
    assert b >= a
    assert a < 1.5 < b
    assert 1 <= a <= 1
    assert not a > 1
    assert max([a, b], key=lambda v: v.data) is b
    assert max(a, b) is b
    assert sorted([b, a]) == [a, b]
    assert type(a < b) is bool


def test_no_nan_is_in_any_order() -> None:
    a = Value(math.nan)
    assert [a < 1, a > 1, a <= 1, a >= 1] == [False] * 4


def test_conversions_read_the_data() -> None:
    a = Value(-2.75)
    assert (float(a), int(a), bool(a), round(a), round(a, 1)) == (-2.75, -2, True, -3, -2.8)
    assert (math.trunc(a), math.floor(a), math.ceil(a)) == (-2, -3, -2)
    assert not Value(0.0)
    assert +a is a
    assert a.item() == -2.75
    assert abs(a).data == 2.75
    assert f"{a:.1f}|{a:8.3f}" == "-2.8|  -2.750"
    assert f"{a}" == str(a) == repr(a) == "Value(data=-2.75, grad=0.0)"


def test_python_s_sum_and_product_work() -> None:
    values = [Value(float(k)) for k in (1, 2, 3)]
    assert sum(values).data == 6.0  # type: ignore[attr-defined]
    assert math.prod(values).data == 6.0  # type: ignore[attr-defined]


def test_a_decimal_is_no_float() -> None:
    with pytest.raises(TypeError):
        Value(1.0) + Decimal("1")


# backward -----------------------------------------------------------------------------------------------------------


def test_the_root_starts_from_one_or_from_the_given_gradient() -> None:
    a = Value(2.0)
    b = a * 3
    b.backward()
    assert (b.grad, a.grad) == (1.0, 3.0)
    a.zero_grad()
    b.backward(gradient=10)
    assert (b.grad, a.grad) == (10.0, 30.0)
    a.zero_grad()
    b.backward(Value(2.0))
    assert a.grad == 6.0


def test_backward_of_a_leaf_is_one_and_accumulates() -> None:
    a = Value(2.0)
    a.backward()
    a.backward()
    assert a.grad == 2.0


def test_leaves_accumulate_over_several_roots() -> None:
    a = Value(2.0)
    (a * 3).backward()
    (a * 4).backward()
    assert a.grad == 7.0


def test_a_leaf_with_an_operation_s_name_is_still_a_leaf() -> None:
    a = Value(2.0, _op="input")
    (a * 3).backward()
    (a * 3).backward()
    assert (a.grad, a._op) == (6.0, "input")
    assert a.is_leaf


def test_an_exactly_zero_gradient_sends_nothing_so_zero_times_inf_is_no_nan() -> None:
    x = Value(0.0)
    (autograd.sqrt(x) * 0.0).backward()
    assert x.grad == 0.0


def test_partials_are_those_of_the_forward_pass_whatever_data_become() -> None:
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert x.grad == 6.0


def test_create_graph_refuses_data_changed_after_the_forward_pass() -> None:
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    with pytest.raises(autograd.StaleGraphError):
        y.backward(create_graph=True)
    x.data = 3.0
    y.backward(create_graph=True)
    assert x.grad.data == 6.0


def test_create_graph_makes_every_gradient_a_value() -> None:
    x = Value(3.0)
    z = (x * 2) ** 3
    z.backward(create_graph=True)
    assert all(isinstance(node.grad, Value) for node in topological_order(z))
    assert repr(x) == "Value(data=3.0, grad=216.0)"


def test_create_graph_adds_to_a_gradient_that_is_there() -> None:
    x = Value(3.0)
    (x * x).backward()
    (x**3).backward(create_graph=True)
    assert x.grad.data == 6.0 + 27.0


def test_create_graph_within_no_grad_keeps_what_was_asked_for() -> None:
    x = Value(3.0)
    y = x * x
    with autograd.no_grad():
        y.backward(create_graph=True)
    slope = x.grad
    x.zero_grad()
    slope.backward()
    assert x.grad == 2.0


# frozen parameters --------------------------------------------------------------------------------------------------


def test_a_frozen_parameter_receives_no_gradient_and_lets_others_have_theirs() -> None:
    w, x = Value(3.0, requires_grad=False), Value(2.0)
    out = autograd.dot([w, x], [x, w], w) + w * x - w**2 + autograd.max(w, x)
    out.backward()
    assert w.grad == 0.0
    assert x.grad == 9.0
    assert not w.requires_grad
    assert w in out.parents[0].parents or w in topological_order(out)


def test_freezing_and_thawing() -> None:
    w = Value(3.0)
    (w * 2).backward()
    w.requires_grad = False
    assert w.grad == 0.0
    (w * 2).backward()
    assert w.grad == 0.0
    w.requires_grad = True
    (w * 2).backward()
    assert w.grad == 2.0
    assert isinstance(w, Value)


def test_a_frozen_value_with_parents_by_hand_receives_nothing_until_it_is_thawed() -> None:
    x = Value(2.0)
    node = Value(6.0, requires_grad=False)
    node._prev = {x}
    node._backward = lambda: setattr(x, "grad", x.grad + 3.0 * node.grad)
    (node * 5.0).backward()
    assert (node.grad, x.grad) == (0.0, 0.0)
    node.requires_grad = True
    (node * 5.0).backward()
    assert (node.grad, x.grad) == (5.0, 15.0)


def test_create_graph_leaves_a_frozen_parameter_out() -> None:
    w, x = Value(3.0, requires_grad=False), Value(2.0)
    (w * x * x).backward(create_graph=True)
    assert w.grad == 0.0
    assert x.grad.data == 12.0


def test_detach_gives_the_number_without_history() -> None:
    x = Value(3.0)
    y = (x * x).detach()
    assert (y.data, y.parents, y.requires_grad) == (9.0, (), False)
    (y * x).backward()
    assert x.grad == 9.0


# graphs by hand -----------------------------------------------------------------------------------------------------


def test_a_wrapped_step_still_does_its_work() -> None:
    a = Value(3.0)
    b = a * a
    seen: list[str] = []
    step = b._backward

    def told() -> None:
        seen.append("b")
        step()

    b._backward = told
    (b * 2).backward()
    assert seen == ["b"]
    assert a.grad == 12.0


@pytest.mark.parametrize(
    "build", [lambda a: a * a, lambda a: a.tanh(), lambda a: 2 / a, lambda a: autograd.sum([a, a])]
)
def test_parents_may_be_replaced_and_the_step_keeps_its_edges(build: Any) -> None:
    a = Value(3.0)
    plain = Value(3.0)
    build(plain).backward()
    b = build(a)
    b._prev = {a}
    b.backward()
    assert a.grad == plain.grad


def test_a_user_s_rule_is_called_even_on_a_zero_gradient() -> None:
    called: list[int] = []
    a = Value(3.0)
    b = Value(9.0, (a,), "mine")
    b._backward = lambda: called.append(1)
    (b * 0).backward()
    assert called == [1]


def test_a_leaf_s_step_does_nothing() -> None:
    a = Value(3.0)
    a.grad = 5.0
    a._backward()
    assert a.grad == 5.0


def test_steps_called_by_hand_in_order_give_backward_s_gradients() -> None:
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    d = c + a
    e = autograd.dot([d, a], [c, b])
    order = topological_order(e)
    e.grad = 1.0
    for node in reversed(order):
        node._backward()
    by_hand = [node.grad for node in order]
    a.zero_grad()
    b.zero_grad()
    e.backward()
    assert by_hand == [node.grad for node in order]


def test_parents_that_lead_back_are_named() -> None:
    a = Value(2.0)
    b = a * 2
    c = b + 1
    b._prev = {c}
    with pytest.raises(autograd.GraphCycleError):
        c.backward()


def test_a_subclass_takes_part_in_graphs() -> None:
    class Weight(Value):
        pass

    w = Weight(2.0)
    out = 3 * w + w * w + autograd.dot([w], [w])
    out.backward()
    assert w.grad == 11.0
    assert type(out) is Value


def test_an_object_of_a_class_of_its_own_is_not_frozen_into_another() -> None:
    class Weight(Value):
        pass

    weight = Weight(2.0)
    with pytest.raises(autograd.OperandTypeError, match="a Weight, of a class of its own, cannot be frozen"):
        weight.requires_grad = False
    with pytest.raises(autograd.OperandTypeError, match="use detach"):
        Weight(2.0, requires_grad=False)
    (weight * 3.0).backward()
    assert (type(weight), weight.grad, weight.detach().requires_grad) == (Weight, 3.0, False)
