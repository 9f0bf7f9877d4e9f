"""What is left of a graph, and how deep it may be: freed by reference counting, a million nodes without recursion.

And that its memory is there for the next graph.

What does not live here: time in proportion to size (`test_laws.py`), copies of small graphs (`test_copying.py`),
what an interrupt leaves behind (`test_interrupt.py`, the next file).
"""

from __future__ import annotations

import copy
import gc
import os
import pickle
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd
from autograd import (
    TABLE,
    Value,
    detect_anomaly,
    dot,
    grad,
    hessian,
    jvp,
    no_grad,
    operands,
    provenance,
    topological_order,
    where,
)

# freed by reference counting alone -----------------------------------------------------------------------------------


@pytest.fixture
def collector_off() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def values_alive() -> int:
    """Those in use: blank ones, which are in reserve, have no op; and `isinstance` would wake lazy proxies."""
    return sum(issubclass(type(thing), Value) and hasattr(thing, "op") for thing in gc.get_objects())


def network(rng: random.Random) -> Value:
    """A scalar function of every kind of node: one operand, two, lists, numbers among them, one node used twice."""
    xs = [Value(rng.uniform(-1, 1)) for _ in range(3)]
    hidden = [dot(xs, [rng.uniform(-1, 1), Value(0.5), xs[0]], 0.25).tanh() for _ in range(4)]
    total = autograd.sum(hidden) + autograd.logsumexp(hidden) * autograd.max(hidden)
    return where(total > 0, total * total, -total) / 3 + total.clamp(-1, 1)


def leaves(root: Value) -> list[Value]:
    return [node for node in topological_order(root) if node.is_leaf]


def forward_only(root: Value) -> None:
    assert root.parents


def twice(root: Value) -> None:
    root.backward()
    root.backward()


def watched(root: Value) -> None:
    with detect_anomaly():
        (root * 2).backward()


def noted(root: Value) -> None:
    with provenance():
        (root * 2).backward()


def seen_by_views(root: Value) -> None:
    for node in topological_order(root):
        assert len(node.parents) <= len(node.operands)
        assert len(node.partials) == len(node.parents)
        node._backward()


def copied(root: Value) -> None:
    copy.deepcopy(root).backward()


def pickled(root: Value) -> None:
    pickle.loads(pickle.dumps(root)).backward()


def recorded_then_zeroed(root: Value) -> None:
    """A recorded gradient refers to the graph it belongs to; taking it away leaves no cycle."""
    root.backward(create_graph=True)
    for node in topological_order(root):
        node.zero_grad()


def frozen(root: Value) -> None:
    for leaf in leaves(root):
        leaf.requires_grad = False
    root.backward()


@pytest.mark.parametrize(
    "use",
    [forward_only, Value.backward, twice, watched, noted, seen_by_views, copied, pickled, recorded_then_zeroed, frozen],
)
def test_a_graph_is_freed_with_the_collector_off(use: Callable[[Value], Any], collector_off: None) -> None:
    before = values_alive()
    root = network(random.Random(1))
    assert values_alive() - before > 10
    use(root)
    del root
    assert values_alive() == before


@pytest.mark.parametrize("name", list(TABLE))
def test_a_node_of_each_primitive_is_freed_with_the_collector_off(name: str, collector_off: None) -> None:
    before = values_alive()
    operands = [
        [Value(0.5), Value(0.25)] if operand in ("xs", "ws") else Value(0.75) for operand in TABLE[name].operands
    ]
    node = getattr(autograd, name)(*operands)
    node.backward()
    assert node.parents
    del node, operands
    assert values_alive() == before


@pytest.mark.parametrize(
    "derivative",
    [
        lambda f: grad(f)(0.5),
        lambda f: grad(grad(grad(f)))(0.5),
        lambda f: hessian(f)(0.5),
        lambda f: jvp(f, 0.5, 1.0),
    ],
    ids=["grad", "third", "hessian", "jvp"],
)
def test_derivatives_of_functions_leave_no_node_behind(derivative: Callable[..., Any], collector_off: None) -> None:
    before = values_alive()
    derivative(lambda x: (x * x).tanh() * autograd.sum([x, 2, x.exp()]))
    assert values_alive() == before


@pytest.mark.parametrize("ready", [False, True], ids=["lists", "operands made ready"])
def test_a_network_is_freed_with_the_collector_off(ready: bool, without_collector: None) -> None:
    """The neurons of a layer share one tuple of inputs; it must not hold itself."""
    shared = operands if ready else tuple
    weights = [shared([Value(0.25 * i * j - 0.5) for j in range(3)]) for i in range(3)]
    before = values_alive()
    signals = shared([0.5, -1.0, 2.0])
    for _ in range(2):
        signals = shared([dot(ws, signals, Value(0.1)).tanh() for ws in weights])
    root = autograd.sum(signals)
    root.backward()
    weights[0][0].data = 1.0  # so that what was made ready is read anew
    assert dot(weights[0], signals).parents
    del root, signals
    assert values_alive() == before
    assert gc.collect() == 0


def test_a_graph_can_be_freed_from_under_its_leaves(collector_off: None) -> None:
    """The training loop: parameters live on, each step's graph goes as soon as the next loss takes its name."""
    w = Value(0.5)
    alive = set()
    for _ in range(5):
        loss = (w * 3 - 1) ** 2
        w.zero_grad()
        loss.backward()
        w.data -= 0.01 * w.grad
        alive.add(values_alive())
    assert len(alive) == 1


def test_a_block_without_gradients_keeps_no_history(collector_off: None) -> None:
    x = Value(1.0)
    before = values_alive()
    with no_grad():
        for _ in range(100):
            x = x * 1.5 + 1
    assert values_alive() == before


# memory for the next one ---------------------------------------------------------------------------------------------

THREE_GRAPHS = """
import sys
from autograd import Value
x = Value(0.5)
for _ in range(3):
    nodes = [x * float(i) for i in range(100_000)]
    del nodes
    sys._debugmallocstats()
"""


def test_the_memory_of_a_large_graph_stays_for_the_next_one() -> None:
    """By Python's own count of the arenas, a MiB each, that it has had from the system so far."""
    done = subprocess.run(
        [sys.executable, "-c", THREE_GRAPHS], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONMALLOC": "pymalloc"},
    )  # fmt: skip
    first, _, third = map(int, re.findall(r"arenas allocated total\s+=\s+(\d+)", done.stderr))
    assert first > 12
    assert third - first <= 3


# a chain of a million ------------------------------------------------------------------------------------------------

LENGTH = 1_000_000


def chain(length: int) -> tuple[Value, Value]:
    leaf = Value(3.0)
    node = leaf
    for _ in range(length):
        node = node * 1.0
    return leaf, node


@pytest.mark.slow
def test_a_chain_of_a_million_nodes_needs_no_recursion(collector_off: None) -> None:
    """Build, backward, deepcopy, pickle and free at the interpreter's default recursion limit."""
    before, limit = values_alive(), sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    try:
        leaf, root = chain(LENGTH)
        root.backward()
        assert leaf.grad == 1.0

        other, its_leaf = copy.deepcopy((root, leaf))
        other.backward()
        assert its_leaf.grad == 2.0  # the copy came with the gradient its leaf had
        assert leaf.grad == 1.0
        del other, its_leaf

        other, its_leaf = pickle.loads(pickle.dumps((root, leaf)))
        other.backward()
        assert its_leaf.grad == 2.0
        del other, its_leaf

        assert repr(root) == "Value(data=3.0, grad=1.0)"
        del root
    finally:
        sys.setrecursionlimit(limit)
    assert values_alive() == before + 1  # the leaf


@pytest.mark.parametrize(
    "use",
    [
        lambda leaf, root: root.backward(create_graph=True),
        lambda leaf, root: grad(lambda x: x * chain(20_000)[1])(2.0),
        lambda leaf, root: copy.copy(root).backward(),
        lambda leaf, root: [list(map(str, (node, node._prev, node._op))) for node in topological_order(root)],
        lambda leaf, root: root.detach(),
    ],
    ids=["create_graph", "grad", "copy", "views", "detach"],
)
def test_no_use_of_a_deep_graph_recurses(use: Callable[[Value, Value], Any]) -> None:
    leaf, root = chain(20_000)
    use(leaf, root)
    leaf.zero_grad()
    root.backward()
    assert leaf.grad == 1.0


@pytest.mark.parametrize("picked", [0, 1], ids=["the leaf", "the root"])
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda root: pickle.loads(pickle.dumps(root))], ids=["deepcopy", "pickle"]
)
def test_a_deep_graph_is_copied_with_gradients_that_are_deep_graphs(
    picked: int, copied: Callable[[Value], Value]
) -> None:
    leaf = root = Value(0.5)
    for _ in range(2_000):
        root = (root * leaf).tanh() + leaf
    root.backward(create_graph=True)
    expected = leaf.grad.data
    again = copied((leaf, root)[picked])
    other = again if picked == 0 else topological_order(again)[0]
    slopes = []
    for x in (leaf, other):
        slope, x.grad = x.grad, 0.0
        assert slope.data == expected
        slope.backward()
        slopes.append(x.grad)
    assert slopes[0] == slopes[1] != 0.0


def test_a_long_sum_in_python_s_own_way_is_deep_and_works() -> None:
    xs = [Value(float(i)) for i in range(50_000)]
    total = sum(xs, Value(0.0))
    total.backward()
    assert {x.grad for x in xs} == {1.0}
