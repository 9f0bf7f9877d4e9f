"""Copies and pickles of graphs: whole, apart from the original, sharing what the original shared.

How deep a graph may be is tested in `test_memory.py`.
"""

from __future__ import annotations

import copy
import io
import itertools
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


# gradients that are graphs, and picklers of every kind ---------------------------------------------------------------


def recorded() -> tuple[Value, Value]:
    """A leaf and a root with gradients that are graphs, which lead to both."""
    x = Value(0.5)
    y = (x * x).tanh() * x
    y.backward(create_graph=True)
    return x, y


@copies
@pytest.mark.parametrize("first", [0, 1])
def test_gradients_of_gradients_come_along(copied: Callable[[Any], Any], first: int) -> None:
    x, y = recorded()
    slope, x.grad = x.grad, 0.0
    slope.backward(create_graph=True)
    things = [x, y, slope]
    again = copied([things[first], *things])[1:]
    for old, new in zip(things, again, strict=True):
        assert [node.grad.data for node in topological_order(new)] == [
            node.grad.data for node in topological_order(old)
        ]
    curvatures = []
    for leaf in (x, again[0]):
        curvature, leaf.grad = leaf.grad, 0.0
        curvature.backward()
        curvatures.append(leaf.grad)
    assert curvatures[0] == curvatures[1] != 0.0


@copies
def test_gradients_that_lead_to_one_another_one_by_one_are_copied(copied: Callable[[Any], Any]) -> None:
    line = [Value(float(i)) for i in range(3_000)]
    for node, following in itertools.pairwise(line):
        node.grad = following
    node = copied(line[0])
    for i in range(len(line) - 1):
        assert node.data == float(i)
        node = node.grad


@pytest.mark.parametrize("pickler", [pickle.Pickler, pickle._Pickler])
def test_a_pickler_that_failed_and_is_still_about_takes_nothing_from_the_next(pickler: type[pickle.Pickler]) -> None:
    x, y = recorded()
    failed = pickler(io.BytesIO())
    with pytest.raises(autograd.OpaqueNodeError) as kept:
        failed.dump(Value(4.0, (x,), "mine") * 2 * y)
    assert kept.value
    for thing in (x, y):
        again = pickle.loads(pickle.dumps(thing))
        assert again.grad.data == thing.grad.data


def test_a_list_of_losses_with_recorded_gradients_takes_space_in_proportion() -> None:
    def size(count: int) -> int:
        ws = [Value(0.1 * i) for i in range(5)]
        losses = [(autograd.dot(ws, [float(i + j) for j in range(5)]) - i) ** 2 for i in range(count)]
        autograd.sum(losses).backward(create_graph=True)
        return len(pickle.dumps(losses))

    assert size(200) < 2.2 * size(100)


class Own(Value):
    """A subclass that knows best how it is pickled."""

    def __reduce__(self) -> Any:
        return Own, (self.data + 100.0,)


def test_a_subclass_may_be_pickled_in_its_own_way() -> None:
    x = Own(2.0)
    y = x * 3
    y.backward(create_graph=True)
    again = pickle.loads(pickle.dumps(y))
    (leaf,) = again.parents
    assert (leaf.data, leaf.grad) == (102.0, 0.0)
    assert again.grad.data == 1.0


def test_what_a_pickler_leaves_to_a_persistent_id_stays_as_it_is_where_it_is_loaded() -> None:
    x, y = recorded()

    class Saves(pickle.Pickler):
        def persistent_id(self, thing: Any) -> Any:
            return "x" if thing is x else None

    class Loads(pickle.Unpickler):
        def persistent_load(self, name: Any) -> Any:
            return there

    there = Value(7.0)
    file = io.BytesIO()
    Saves(file).dump(y)
    again = Loads(io.BytesIO(file.getvalue())).load()
    assert (there.data, there.grad) == (7.0, 0.0)
    assert again.grad.data == 1.0
    assert topological_order(again)[0] is there


class Named(Value):
    """A subclass whose hash is its name's."""

    def __init__(self, data: float, name: str) -> None:
        super().__init__(data)
        self.name = name
        self.others: Any = ()

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and other.name == self.name


def test_what_a_subclass_adds_is_there_before_it_is_hashed() -> None:
    a, b = Named(2.0, "a"), Named(3.0, "b")
    a.others = {b: 1}
    again = pickle.loads(pickle.dumps(a * b))
    assert again.parents[0].others == {again.parents[1]: 1}


def test_many_that_refer_to_one_that_refers_to_them_are_pickled() -> None:
    owner = Named(0.0, "owner")
    owner.others = tuple(Named(float(i), str(i)) for i in range(300))
    for other in owner.others:
        other.others = owner
    again = pickle.loads(pickle.dumps(owner))
    assert [other.data for other in again.others] == [float(i) for i in range(300)]
    assert all(other.others is again for other in again.others)
