"""The supply of blank nodes: nobody gets the same node twice, and none is made unobserved while a mode is on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import autograd
from autograd import Value, no_grad, provenance
from autograd.blank import FEW, MANY, Supply, blank
from autograd.graph import DEEPER


@pytest.fixture
def supply() -> Supply:
    """That of Values, as it is at the start."""
    found = blank(Value)
    found.clear()
    return found


@pytest.fixture
def quick_switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_a_small_graph_has_a_small_supply_and_a_large_one_a_large(supply: Supply) -> None:
    x = Value(2.0)
    y = x * x
    assert len(supply.at_hand) == FEW
    for _ in range(3 * MANY):
        y = x * x
    assert y.data == 4.0
    assert supply.size == MANY
    assert len(supply.at_hand) <= MANY


def test_a_graph_deeper_than_depths_are_kept_ready_makes_no_more_in_reserve(
    supply: Supply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograd.graph._DEEPEST", 0)
    y = Value(0.5)
    for _ in range(len(DEEPER) + 200):
        y = y * 0.5
    assert y._depth == len(DEEPER) + 200
    assert len(supply.at_hand) <= MANY


def test_some_nodes_nobody_gets_one_for_each_mebibyte_of_a_large_graph_up_to_a_bound(
    supply: Supply, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: dict[int, Value] = {}
    monkeypatch.setattr("autograd.blank._held", held)
    x = Value(2.0)
    small = [x * x for _ in range(FEW)]
    assert not held
    monkeypatch.setattr("autograd.blank.HELD", 3)
    large = [x * x for _ in range(20 * MANY)]
    assert len(held) == 3
    assert all(id(node) >> 20 == mebibyte for mebibyte, node in held.items())
    assert not any(hasattr(node, "op") for node in held.values())
    assert {id(node) for node in held.values()}.isdisjoint(map(id, (*small, *large, *supply.at_hand)))


def test_nothing_of_one_life_is_left_in_another(supply: Supply) -> None:
    for _ in range(3):
        x = Value(2.0, label="x")
        y = x * 3.0
        y.label = "y"
        y.backward()
        assert (x * x + 1.0).label == ""
        assert (x * x).grad == 0.0


def test_while_a_mode_is_on_each_node_is_observed_and_afterwards_none(supply: Supply) -> None:
    x = Value(2.0)
    assert (x * x).parents
    with no_grad():
        made = [x * x, x * 3.0, 3.0 - x, x.tanh(), autograd.sum([x, x]), autograd.dot([x], [1.0])] * FEW
    assert [node.parents for node in made] == [()] * (6 * FEW)
    with provenance():
        with provenance():
            made = [x * x, x.tanh(), autograd.sum([x, x])]
        made += [x * x, x.tanh()]
    assert all(type(node) is Value and node.source is not None for node in made)
    made = [x * x for _ in range(2 * FEW)]
    assert all(type(node) is Value and node.source is None for node in (*made, *supply.at_hand))


def test_an_operation_that_fails_under_a_mode_leaves_no_trace(supply: Supply) -> None:
    x = Value(0.0)
    with autograd.detect_anomaly(), pytest.raises(autograd.AnomalyError):
        autograd.log(x)
    assert type(autograd.log(x)) is Value


@pytest.mark.usefixtures("quick_switching")
def test_threads_get_different_nodes(supply: Supply) -> None:
    x = Value(2.0)
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda k: [x * float(k) for _ in range(4000)], range(8)))
    assert len({id(node) for nodes in made for node in nodes}) == 32_000
    assert all(node.data == 2.0 * k for k, nodes in enumerate(made) for node in nodes)


@pytest.mark.usefixtures("quick_switching")
def test_a_thread_that_records_nothing_records_nothing_whatever_others_make(supply: Supply) -> None:
    x, stop = Value(2.0), threading.Event()

    def make() -> bool:
        while not stop.is_set():
            if not all((x * 3.0).parents for _ in range(50)):
                return False
        return True

    with ThreadPoolExecutor(2) as threads:
        others = [threads.submit(make) for _ in range(2)]
        for _ in range(500):
            with no_grad():
                assert not any((x * 3.0).parents for _ in range(10))
        stop.set()
        assert all(other.result() for other in others)
