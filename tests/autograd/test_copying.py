"""Copies and pickles of graphs: whole, apart from the original, sharing what the original shared.

How deep a graph may be is tested in `test_memory.py`.
"""

from __future__ import annotations

import copy
import io
import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import TABLE, Value, topological_order

COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda thing, protocol=protocol: pickle.loads(pickle.dumps(thing, protocol))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}
copies = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)


def neuron() -> tuple[list[Value], Value]:
    w = [Value(0.5, label="w[0]"), Value(-1.5, label="w[1]")]
    b = Value(0.1, label="b")
    out = autograd.dot(w, [1.0, 2.0], b).tanh() * w[0] + autograd.max(w) + autograd.clamp(b, -1, 1) ** 2 - 2 / w[1]
    return [*w, b], out


@copies
def test_a_copy_has_the_same_numbers_operations_labels_and_order(copied: Callable[[Any], Any]) -> None:
    _, out = neuron()
    out.backward()
    again = copied(out)
    for old, new in zip(topological_order(out), topological_order(again), strict=True):
        assert new is not old
        assert (new.data, new.grad, new.label, new._op, new.partials) == (
            old.data, old.grad, old.label, old._op, old.partials,
        )  # fmt: skip
        assert new.op is old.op
        assert len(new.operands) == len(old.operands)


@copies
def test_backward_of_a_copy_reaches_the_copied_leaves_and_no_others(copied: Callable[[Any], Any]) -> None:
    leaves, out = neuron()
    again = copied(out)
    again.backward()
    assert all(leaf.grad == 0.0 for leaf in leaves)
    found = {node.label: node.grad for node in topological_order(again) if node.label}
    out.backward()
    assert found == {leaf.label: leaf.grad for leaf in leaves}


@copies
def test_what_is_copied_together_stays_shared(copied: Callable[[Any], Any]) -> None:
    leaves, out = neuron()
    loss, (w0, w1, b), same = copied((out, leaves, out))
    assert loss is same
    loss.backward()
    assert w0.grad != 0.0
    assert {w0, w1, b} == {node for node in topological_order(loss) if node.is_leaf}
    assert all(leaf.grad == 0.0 for leaf in leaves)


@copies
def test_leaves_first_and_the_loss_after_them_are_shared_too(copied: Callable[[Any], Any]) -> None:
    leaves, out = neuron()
    parameters, loss = copied((leaves, out))
    loss.backward()
    assert all(leaf.grad != 0.0 for leaf in parameters)


@copies
def test_two_roots_over_one_graph_share_it(copied: Callable[[Any], Any]) -> None:
    a = Value(2.0)
    b = a * a
    first, second = copied([b + 1, b * 3])
    first.backward()
    second.backward()
    (leaf,) = [node for node in topological_order(first) if node.is_leaf]
    assert leaf.grad == 4.0 + 12.0


@copies
def test_a_node_used_twice_is_one_node_in_the_copy(copied: Callable[[Any], Any]) -> None:
    a = Value(3.0)
    again = copied(a * a)
    left, right = again.parents
    assert left is right


@copies
def test_a_copy_of_a_copy_works(copied: Callable[[Any], Any]) -> None:
    _, out = neuron()
    again = copied(copied(out))
    again.backward(create_graph=True)
    assert again.data == out.data


@copies
def test_numbers_that_are_not_finite_survive(copied: Callable[[Any], Any]) -> None:
    again = copied(autograd.log(Value(0.0)) * 0)
    assert math.isnan(again.data)
    assert again.parents[0].data == -math.inf


@copies
def test_a_frozen_parameter_stays_frozen(copied: Callable[[Any], Any]) -> None:
    frozen, free = Value(2.0, requires_grad=False), Value(3.0)
    again = copied(frozen * free)
    again.backward()
    x, y = again.parents
    assert (x.requires_grad, x.grad) == (False, 0.0)
    assert (y.requires_grad, y.grad) == (True, 2.0)


@copies
def test_gradients_that_are_graphs_are_copied_and_can_be_differentiated(copied: Callable[[Any], Any]) -> None:
    x = Value(2.0, label="x")
    y = x**3
    y.backward(create_graph=True)
    again = copied(y)
    (leaf,) = again.parents
    slope, leaf.grad = leaf.grad, 0.0
    assert isinstance(slope, Value)
    slope.backward()
    assert (slope.data, leaf.grad) == (12.0, 12.0)
    assert isinstance(x.grad, Value)


@copies
def test_source_and_scope_are_copied(copied: Callable[[Any], Any]) -> None:
    with autograd.provenance(), autograd.scope("layer"):
        node = Value(2.0) * 3
    again = copied(node)
    assert again.source == node.source
    assert again.scope == ("layer",)


@copies
@pytest.mark.parametrize("assigned", [True, False])
def test_a_node_with_a_rule_of_one_s_own_says_that_it_cannot_be_copied(
    copied: Callable[[Any], Any], assigned: bool
) -> None:
    a = Value(2.0)
    node = Value(4.0, (a,), "mine")
    if assigned:
        node._backward = lambda: None
    with pytest.raises(autograd.OpaqueNodeError, match=r"mine.*cannot be"):
        copied(node * 2)


def test_a_primitive_that_is_not_there_where_a_graph_is_loaded_is_named() -> None:
    mine = autograd.primitive("test_copying_mine", "x * x", "2 * x")
    pickled = pickle.dumps(mine(Value(3.0)))
    row = TABLE.pop("test_copying_mine")
    with pytest.raises(autograd.GraphError, match=r"'test_copying_mine'.*define it, by autograd\.primitive"):
        pickle.loads(pickled)
    TABLE["test_copying_mine"] = row
    assert pickle.loads(pickled).data == 9.0
    del TABLE["test_copying_mine"]


def test_a_failed_pickle_does_not_disturb_the_next() -> None:
    leaves, out = neuron()
    bad = out * Value(4.0, (leaves[0],), "mine")
    with pytest.raises(autograd.OpaqueNodeError):
        pickle.dumps((bad, out))
    again = pickle.loads(pickle.dumps((out, leaves)))[0]
    again.backward()
    assert len(topological_order(again)) == len(topological_order(out))


class Weight(Value):
    """A subclass with attributes of its own, one of which leads to another node of the graph."""

    def __init__(self, data: float, name: str) -> None:
        super().__init__(data)
        self.name = [name]
        self.partner: Value | None = None


class Quantity(Value):
    """A subclass with slots of its own, one of them private and one left empty."""

    __slots__ = ("__secret", "note", "unit")

    def __init__(self, data: float, unit: str) -> None:
        super().__init__(data)
        self.unit, self.__secret = unit, unit * 2

    def secret(self) -> str:
        return self.__secret


class Length(Quantity):
    """A subclass of that, which adds nothing."""

    __slots__ = ()


@copies
@pytest.mark.parametrize("kind", [Quantity, Length])
def test_what_a_subclass_adds_is_copied_with_the_node(copied: Callable[[Any], Any], kind: type[Quantity]) -> None:
    weight, length = Weight(2.0, "w"), kind(3.0, "m")
    weight.partner = out = weight * length
    again = copied(out)
    w, q = again.parents
    assert (type(w), w.name, w.partner is again) == (Weight, ["w"], True)
    assert (type(q), q.unit, q.secret(), hasattr(q, "note")) == (kind, "m", "mm", False)
    assert w.name is not weight.name
    again.backward()
    assert (w.grad, q.grad, weight.grad) == (3.0, 2.0, 0.0)


def test_a_shallow_copy_shares_what_the_node_has() -> None:
    weight, length = Weight(2.0, "w"), Quantity(3.0, "m")
    (weight * length**2).backward(create_graph=True)
    for node in (weight, length):
        again = copy.copy(node)
        assert (type(again), again.data) == (type(node), node.data)
        assert again.grad is node.grad
    assert copy.copy(weight).name is weight.name
    assert copy.copy(length).secret() == "mm"


def test_a_shallow_copy_has_the_same_parents_and_its_own_gradient() -> None:
    a = Value(2.0)
    b = a * a
    again = copy.copy(b)
    again.grad = 5.0
    assert again.parents == (a, a)
    assert b.grad == 0.0
    again.backward()
    assert a.grad == 4.0


def test_a_container_may_be_copied_while_another_is_pickled() -> None:
    _, out = neuron()

    class Holder:
        def __reduce__(self) -> Any:
            copy.deepcopy(out)
            pickle.dumps(out)
            return list, ()

    first, _, second = pickle.loads(pickle.dumps((out, Holder(), out)))
    assert first is second


def test_a_pickler_that_knows_half_of_a_graph_leaves_nothing_behind_for_another() -> None:
    half = Value(1.0)
    for _ in range(5000):
        half = half + 1
    whole = half
    for _ in range(5000):
        whole = whole + 1
    alive = pickle.Pickler(io.BytesIO())
    alive.dump(half)
    alive.dump(whole)
    stream = io.BytesIO()
    pickle.Pickler(stream).dump([half, whole])
    first, second = pickle.loads(stream.getvalue())
    assert (first.data, second.data) == (5001.0, 10001.0)
    assert any(node is first for node in autograd.topological_order(second))
