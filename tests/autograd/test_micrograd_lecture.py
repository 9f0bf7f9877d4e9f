"""The lecture's notebooks run with only the import changed: steps, orders and rules of one's own, by hand.

What does not live here: micrograd as a package (`test_micrograd.py`), primitives of one's own in this library's way
(`test_primitive.py`).
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from autograd import GraphCycleError, OpaqueNodeError, OperandTypeError, Value, grad, topological_order
from nn import MLP


def near(wanted: float) -> Any:
    return pytest.approx(wanted, rel=1e-12)


# the lecture: one step of backward by hand ---------------------------------------------------------------------------


def lecture_neuron() -> dict[str, Value]:
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    x1w1 = x1 * w1
    x2w2 = x2 * w2
    total = x1w1 + x2w2
    n = total + b
    o = n.tanh()
    return {
        "x1": x1, "x2": x2, "w1": w1, "w2": w2, "b": b, "x1w1": x1w1, "x2w2": x2w2, "sum": total, "n": n, "o": o
    }  # fmt: skip


LECTURE_GRADIENTS = {"x1": -1.5, "x2": 0.5, "w1": 1.0, "w2": 0.0, "b": 0.5, "n": 0.5, "x1w1": 0.5, "o": 1.0}


def test_each_node_s_backward_may_be_called_by_hand() -> None:
    net = lecture_neuron()
    net["o"].grad = 1.0
    for name in ("o", "n", "b", "sum", "x1w1", "x2w2"):  # b is a leaf: calling it does nothing
        net[name]._backward()
    assert {name: net[name].grad for name in LECTURE_GRADIENTS} == {k: near(v) for k, v in LECTURE_GRADIENTS.items()}


def test_gradients_may_be_written_by_hand() -> None:
    net = lecture_neuron()
    net["o"].grad = 1.0
    net["n"].grad = 1 - net["o"].data ** 2
    net["x1w1"].grad = net["n"].grad
    net["x1w1"]._backward()
    assert net["w1"].grad == near(1.0)


def build_topo(root: Any) -> list[Any]:
    """A topological order by recursion over `_prev`, as one writes it in the lecture."""
    order: list[Any] = []
    visited: set[Any] = set()

    def build(node: Any) -> None:
        if node not in visited:
            visited.add(node)
            for child in node._prev:
                build(child)
            order.append(node)

    build(root)
    return order


def test_a_topological_order_of_one_s_own_drives_backward() -> None:
    net = lecture_neuron()
    order = build_topo(net["o"])
    assert order[-1] is net["o"]
    assert set(order) == set(topological_order(net["o"])) == set(net.values())
    net["o"].grad = 1.0
    for node in reversed(order):
        node._backward()
    assert {name: net[name].grad for name in LECTURE_GRADIENTS} == {k: near(v) for k, v in LECTURE_GRADIENTS.items()}


def test_backward_by_hand_agrees_with_backward_on_fused_nodes() -> None:
    model = MLP(3, [4, 1])
    root = model([1.0, -2.0, 3.0]) ** 2
    root.backward()
    expected = [p.grad for p in model.parameters()]
    model.zero_grad()
    order = build_topo(root)
    for node in order:
        node.grad = 0.0
    root.grad = 1.0
    for node in reversed(order):
        node._backward()
    assert [p.grad for p in model.parameters()] == expected


def test_a_leaf_s_backward_does_nothing() -> None:
    leaf = Value(2.0)
    leaf.grad = 5.0
    leaf._backward()
    assert leaf.grad == 5.0
    assert leaf._prev == set()


# the lecture: rules of one's own -------------------------------------------------------------------------------------


def test_an_assigned_backward_is_used_by_backward() -> None:
    x = Value(3.0)
    y = x * 2

    def reversed_gradient() -> None:
        x.grad += -100 * y.grad

    y._backward = reversed_gradient
    (y * 1).backward()
    assert x.grad == -100.0


def test_an_assigned_backward_is_called_even_with_a_zero_gradient() -> None:
    called = []
    y = Value(3.0) * 2
    y._backward = lambda: called.append(y.grad)
    (y * 0).backward()
    assert called == [0.0]


def test_an_assigned_backward_may_wrap_the_one_there_was() -> None:
    x = Value(3.0)
    y = x.tanh() * x
    seen = []
    step = y._backward
    y._backward = lambda: (seen.append(y.grad), step())
    (y * 2).backward()
    (expected,) = (grad(lambda x: x.tanh() * x * 2)(3.0),)
    assert (seen, x.grad) == ([2.0], near(expected))


def test_an_assigned_backward_reads_back() -> None:
    def rule() -> None:
        """Nothing."""

    y = Value(1.0) * 2
    y._backward = rule
    assert y._backward is rule


def test_a_leaf_may_be_given_a_rule() -> None:
    hits = []
    leaf = Value(1.0)
    leaf._backward = lambda: hits.append(leaf.grad)
    (leaf * 3).backward()
    assert hits == [3.0]


def tanh_of_one_s_own(self: Value) -> Value:
    """The lecture's `tanh`: builds its node and its rule by hand."""
    x = self.data
    t = (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1)
    out = Value(t, (self,), "tanh")

    def _backward() -> None:
        self.grad += (1 - t**2) * out.grad

    out._backward = _backward
    return out


@pytest.fixture
def hand_written_tanh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Value, "tanh", tanh_of_one_s_own)


@pytest.mark.usefixtures("hand_written_tanh")
def test_a_method_of_one_s_own_on_value_is_drawn_and_differentiated() -> None:
    net = lecture_neuron()
    assert (net["o"]._op, net["o"]._prev) == ("tanh", {net["n"]})
    assert net["o"].parents == (net["n"],)
    net["o"].backward()
    assert {name: net[name].grad for name in LECTURE_GRADIENTS} == {k: near(v) for k, v in LECTURE_GRADIENTS.items()}


@pytest.mark.usefixtures("hand_written_tanh")
def test_a_method_of_one_s_own_cannot_be_differentiated_twice_and_says_so() -> None:
    out = Value(0.5).tanh()
    with pytest.raises(OpaqueNodeError, match=r"the node 'tanh' .* rule is a Python function"):
        out.backward(create_graph=True)


def test_a_method_that_python_s_classes_inherit_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new name on the class, and a node of two parents of which one stands twice."""

    def cube(self: Value) -> Value:
        out = Value(self.data**3, (self, self, self), "cube")

        def _backward() -> None:
            self.grad += 3 * self.data**2 * out.grad

        out._backward = _backward
        return out

    monkeypatch.setattr(Value, "cube", cube, raising=False)
    x = Value(2.0)
    y = x.cube()  # type: ignore[attr-defined]
    y.backward()
    assert (y.parents, y._prev, x.grad) == ((x, x, x), {x}, 12.0)


def test_a_hand_made_node_without_a_rule_sends_nothing_back() -> None:
    x = Value(2.0)
    node = Value(5.0, (x,), "stub")
    node.backward()
    assert (node._op, x.grad, node.grad) == ("stub", 0.0, 1.0)


def test_parents_may_be_replaced_and_backward_visits_the_new_ones() -> None:
    x, unused = Value(2.0), Value(3.0)
    y = x * 5
    z = unused * 7
    y._prev = {x, z}
    y.backward()
    assert (y._prev, x.grad) == ({x, z}, 5.0)


def test_parents_that_lead_back_are_refused() -> None:
    x = Value(2.0)
    y = x * 5
    x._prev = {y}
    with pytest.raises(GraphCycleError, match="must have been made before their child"):
        y.backward()


def test_what_is_no_value_is_refused_as_a_parent() -> None:
    with pytest.raises(OperandTypeError, match=r"parents are Values; got 3\.0 of type float"):
        Value(1.0, (3.0,))  # type: ignore[arg-type]


def test_a_rule_that_is_no_function_is_refused() -> None:
    with pytest.raises(OperandTypeError, match="must be a function without arguments; got None"):
        Value(1.0)._backward = None  # type: ignore[assignment]
