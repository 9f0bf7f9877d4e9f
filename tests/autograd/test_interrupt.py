"""After a KeyboardInterrupt anywhere in backward, `zero_grad()` and a new backward are right.

"Anywhere" is meant: the interrupt comes before each bytecode in turn that the engine's own files run.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import nullcontext
from types import FrameType
from typing import Any

import pytest

from autograd import Value, detect_anomaly, dot, operands, topological_order
from autograd.blank import blank
from tests.autograd.counting import traced

pytestmark = pytest.mark.usefixtures("without_collector", "interrupted_anywhere")


class Interrupter:
    """Raises KeyboardInterrupt before the k-th bytecode that the engine's own files run; counts them otherwise."""

    def __init__(self, at: int = -1) -> None:
        self.at = at
        self.count = 0

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not str(frame.f_globals.get("__name__", "")).startswith("autograd"):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            if self.count == self.at:
                raise KeyboardInterrupt
            self.count += 1
        return self


def bytecodes(work: Callable[[], Any], prepare: Callable[[], Any]) -> int:
    """How many bytecodes of the engine `work` runs. Python 3.12 reports them only from the second traced run on."""
    for _ in range(2):
        prepare()
        whole = Interrupter()
        traced(whole, work)
    return whole.count


def small_graph() -> tuple[list[Value], Value]:
    a, b = Value(2.0), Value(-3.0)
    c = a * b + a
    d = dot([a, c], [c, b], 1.0).tanh() * c
    return [a, b], d + d * 0.5


def tangled_graph() -> tuple[list[Value], Value]:
    """Nodes and lists that wait for several consumers, some of which are outside of the graph."""
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    row = operands([c, a * 0.5, c * c])
    d, e = dot([a, b, c], row), dot([b, c, b], row)
    elsewhere = dot([1.0, 2.0, 3.0], row) + c.tanh()
    assert elsewhere.parents
    a.notes["kept"] = elsewhere
    return [a, b], d * e + d * c + c.exp()


def long_wait_graph() -> tuple[list[Value], Value]:
    """The root is long done, and one with a consumer elsewhere has gone on, while its other parents still wait."""
    a, b = Value(2.0), Value(-0.3)
    waits, row = a * b, operands([a * a, b * b])
    late = (waits * 3.0 + dot([a, b], row)).tanh().exp()
    a.notes["kept"] = late.sin()
    return [a, b], late * 2.0 + waits + dot([b, a], row)


def plain(root: Value) -> None:
    root.backward()


def recorded(root: Value) -> None:
    root.backward(create_graph=True)


@pytest.mark.parametrize(
    ("backward", "mode", "stride"),
    [(plain, nullcontext, 1), (recorded, nullcontext, 43), (plain, detect_anomaly, 29)],
    ids=["plain", "create_graph", "anomaly"],
)
@pytest.mark.parametrize("graph", [small_graph, tangled_graph, long_wait_graph])
def test_after_an_interrupt_anywhere_in_backward_a_new_one_is_right(
    graph: Callable[[], tuple[list[Value], Value]], backward: Callable[[Value], None], mode: Callable[[], Any],
    stride: int,
) -> None:  # fmt: skip
    inputs, root = graph()
    root.backward()
    expected = [x.grad for x in inputs]

    backward(graph()[1])  # what is compiled at its first use is compiled now
    inputs, root = graph()

    def fresh() -> None:
        for x in inputs:
            x.zero_grad()
        root.backward()
        blank(Value).clear()  # each time as many nodes are made in reserve, at the same places

    with mode():
        count = bytecodes(lambda: backward(root), fresh)
    assert count > 500
    fresh()
    for at in range(0, count, stride):
        with mode(), pytest.raises(KeyboardInterrupt):
            traced(Interrupter(at), lambda: backward(root))
        fresh()
        assert [x.grad for x in inputs] == expected, f"interrupted before bytecode {at} of {count}"


def test_an_interrupt_may_leave_partial_sums_on_leaves() -> None:
    """Why `zero_grad()` is needed after one: some leaf has had some of its contributions."""
    inputs, root = small_graph()

    def fresh() -> None:
        for x in inputs:
            x.zero_grad()

    seen = set()
    for at in range(0, bytecodes(root.backward, fresh), 7):
        fresh()
        with pytest.raises(KeyboardInterrupt):
            traced(Interrupter(at), root.backward)
        seen.add(tuple(x.grad for x in inputs))
    assert len(seen) > 2


@pytest.mark.parametrize("place", range(7))
def test_a_real_signal_during_backward_is_survived(place: int) -> None:
    inputs, root = small_graph()
    root.backward()
    expected = [x.grad for x in inputs]

    inputs, root = small_graph()
    node = [node for node in topological_order(root) if not node.is_leaf][place]
    step, armed = node._backward, [True]

    def interrupted() -> None:
        if armed:
            armed.clear()
            signal.raise_signal(signal.SIGINT)
        step()

    node._backward = interrupted
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            root.backward()
    finally:
        signal.signal(signal.SIGINT, before)
    for x in inputs:
        x.zero_grad()
    root.backward()
    assert not armed
    assert [x.grad for x in inputs] == expected
