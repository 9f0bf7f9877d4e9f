"""``matvec``: one ``dot`` node a row, as if each row had been asked alone, bit for bit."""

from __future__ import annotations

import copy
import dataclasses
import doctest
import math
import pickle
import random
from typing import Any

import pytest

import autograd
import nn
from autograd import TABLE, Value, ieee
from autograd.ops import Op
from autograd.primitives import install_primitive
from autograd.unrolled import ADD, ADD_DOT, LONGEST


def leaves(rng: random.Random, n: int) -> list[Value]:
    return [Value(rng.uniform(-2.0, 2.0)) for _ in range(n)]


def entries(rng: random.Random, kind: str, n: int) -> list[Any]:
    """``n`` entries: all numbers, all leaves, results of something, or of each kind some."""
    kinds = ("numbers", "leaves", "results") if kind == "mixed" else (kind,)
    made = {
        "numbers": lambda: rng.uniform(-2.0, 2.0),
        "leaves": lambda: Value(rng.uniform(-2.0, 2.0)),
        "results": lambda: Value(rng.uniform(-2.0, 2.0)) * 1.5,
    }
    return [made[rng.choice(kinds)]() for _ in range(n)]


KINDS = ("numbers", "leaves", "results", "mixed")


@pytest.mark.parametrize("biases", [None, *KINDS])
@pytest.mark.parametrize("inputs", KINDS)
@pytest.mark.parametrize("weights", KINDS)
def test_it_makes_the_nodes_that_dot_makes(weights: str, inputs: str, biases: str | None) -> None:
    rng = random.Random(f"{weights} {inputs} {biases}")
    for width in (1, 2, 3, LONGEST + 1):
        rows = [entries(rng, weights, width) for _ in range(3)]
        xs = entries(rng, inputs, width)
        bs = None if biases is None else entries(rng, biases, 3)
        found = autograd.matvec(rows, xs, bs)
        wanted = [autograd.dot(row, xs, b) for row, b in zip(rows, bs or [0.0] * 3, strict=True)]
        assert list(map(type, found)) == list(map(type, wanted))
        assert list(map(float, found)) == list(map(float, wanted))
        for one, other in zip(found, wanted, strict=True):
            if isinstance(one, Value):
                assert (one.op, one.operands, one.parents, one.partials) == (
                    other.op, other.operands, other.parents, other.partials,
                )  # fmt: skip


def test_its_gradients_are_those_of_dots() -> None:
    rng = random.Random(0)
    w, b, x = [leaves(rng, 4) for _ in range(5)], leaves(rng, 5), leaves(rng, 4)
    found: list[list[float]] = []
    for rows in (autograd.matvec, lambda w, x, b: [autograd.dot(row, x, c) for row, c in zip(w, b, strict=True)]):
        hidden = [v.tanh() for v in x]
        autograd.sum(rows(w, [*hidden[:3], hidden[0] * hidden[1]], b)).tanh().backward()
        every = [*x, *b, *(entry for row in w for entry in row)]
        found.append([leaf.grad for leaf in every])
        for leaf in every:
            leaf.zero_grad()
    assert found[0] == found[1]


def test_a_matrix_made_ready_sees_new_numbers() -> None:
    w, b = [[Value(1.0), Value(2.0)]], [Value(3.0)]
    ready = autograd.matrix(w, b)
    assert autograd.matvec(ready, [1.0, 1.0])[0].data == 6.0
    w[0][0].data, b[0].data = 10.0, 30.0
    assert autograd.matvec(ready, [1.0, 1.0])[0].data == 42.0


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda ready: pickle.loads(pickle.dumps(ready))])
def test_a_copied_matrix_has_leaves_of_its_own(copied: Any) -> None:
    w = Value(2.0)
    ready = copied(autograd.matrix([[w]], [1.0]))
    (out,) = autograd.matvec(ready, [3.0])
    out.backward()
    assert (out.data, w.grad, out.parents[0].grad) == (7.0, 0.0, 3.0)


def test_no_rows_give_no_values() -> None:
    assert autograd.matvec([], [1.0]) == []


@pytest.mark.parametrize(
    ("rows", "xs", "biases", "said"),
    [
        ([[Value(1.0), Value(2.0)]], [1.0], None, "as many ws as xs; got 2 and 1"),
        ([[Value(1.0)], [Value(1.0), Value(2.0)]], [1.0], None, "got 2 and 1"),
        ([[Value(1.0)]], [1.0], [0.0, 1.0], "1 rows need as many biases; got 2"),
        (autograd.matrix([[1.0]]), [1.0], [0.0], "has its biases already"),
    ],
)
def test_what_does_not_fit_is_refused(rows: Any, xs: Any, biases: Any, said: str) -> None:
    with pytest.raises(autograd.LengthError, match=said):
        autograd.matvec(rows, xs, biases)


@pytest.mark.parametrize("thing", ["ab", [["1.0"]], 3, [[None]], [Value(1.0)], [1.0, 2.0]])
def test_rows_of_something_else_are_refused(thing: Any) -> None:
    with pytest.raises(autograd.OperandTypeError):
        autograd.matvec(thing, [1.0])
    with pytest.raises(autograd.OperandTypeError):
        autograd.matvec([[1.0]], [1.0], 3.0)


def test_no_grad_makes_leaves() -> None:
    with autograd.no_grad():
        (out,) = autograd.matvec([[Value(2.0)]], [Value(3.0)])
    assert out.is_leaf
    assert out.data == 6.0


def test_a_wrong_rule_of_dot_shows_in_it_and_in_a_layer() -> None:
    right = TABLE["dot"]
    wrong: Op = dataclasses.replace(right, partials=("[2 * x for x in xs]", "ws", "1"))
    layer = nn.Layer(1, 1, nonlin=False)
    try:
        install_primitive(wrong)
        layer([3.0]).backward()
        assert layer.neurons[0].w[0].grad == 6.0
    finally:
        install_primitive(right)


def test_a_row_of_another_make_reaches_it_as_well() -> None:
    right = TABLE["dot"]
    try:
        install_primitive(
            Op("dot", right.operands, "2 * dot(ws, xs, bias)", ("[2 * x for x in xs]", "[2 * w for w in ws]", "2"))
        )
        (out,) = autograd.matvec([[Value(1.0)]], [3.0])
        assert out.data == autograd.dot([Value(1.0)], [3.0]).data == 6.0
    finally:
        install_primitive(right)


def test_a_row_may_call_its_operands_in_another_order() -> None:
    right = TABLE["dot"]
    try:
        install_primitive(
            Op("dot", ("xs", "ws", "bias"), "dot(ws, xs, bias)", ("ws", "xs", "1"), defaults={"bias": 0.0})
        )
        (out,) = autograd.matvec([[Value(1.0), Value(2.0)]], [Value(3.0), Value(5.0)])
        assert out.data == 13.0
    finally:
        install_primitive(right)


def test_its_example_holds() -> None:
    tests = doctest.DocTestFinder().find(autograd.matvec, "matvec", globs=dict(vars(autograd)))
    assert sum(len(test.examples) for test in tests) > 0
    assert sum(doctest.DocTestRunner().run(test).failed for test in tests) == 0


# the loops that are written out ---------------------------------------------------------------------------------------


def bits(number: float) -> str:
    return "nan" if math.isnan(number) else number.hex()


@pytest.mark.parametrize("width", range(1, LONGEST + 2))
def test_the_rows_of_any_width_are_dots(width: int) -> None:
    rng = random.Random(width)
    for scale in (1.0, 1e200):
        xs, *rows = [[rng.choice([rng.gauss(0, scale), 0.0, -0.0]) for _ in range(width)] for _ in range(4)]
        biases = [0.0, -0.0, 0.1]
        found = autograd.matvec([list(map(Value, row)) for row in rows], list(map(Value, xs)), list(map(Value, biases)))
        expected = [ieee.dot(row, xs, bias) for row, bias in zip(rows, biases, strict=True)]
        assert [bits(node.data) for node in found] == list(map(bits, expected))


@pytest.mark.parametrize("width", range(LONGEST + 1))
def test_add_of_a_width_adds_to_every_gradient(width: int) -> None:
    rng = random.Random(width)
    parents, partials = tuple(leaves(rng, width)), [rng.gauss(0, 1) for _ in range(width)]
    for parent in parents:
        parent.grad = 0.25
    ADD[width](parents, partials, 0.3)
    assert [parent.grad for parent in parents] == [0.25 + 0.3 * partial for partial in partials]


@pytest.mark.parametrize("width", range(LONGEST + 1))
def test_add_of_a_dot_adds_what_its_groups_one_by_one_would(width: int) -> None:
    rng = random.Random(width)
    groups = tuple(tuple(leaves(rng, n)) for n in (width, width, 1))
    partials = tuple([rng.gauss(0, 1) for _ in group] for group in groups)
    ADD_DOT[width](groups, partials, 0.3)
    found = [[parent.grad for parent in group] for group in groups]
    assert found == [[0.3 * partial for partial in column] for column in partials]


def test_a_dot_of_numbers_alone_sends_only_to_its_bias() -> None:
    bias = Value(1.0)
    autograd.dot([2.0, 3.0], [4.0, 5.0], bias).backward()
    assert bias.grad == 1.0
