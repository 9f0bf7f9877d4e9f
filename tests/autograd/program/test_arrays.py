"""Re-rolling: which vector instructions are found in graphs that were written in different ways."""

from __future__ import annotations

import random

import pytest

import autograd
from autograd import Program, Value
from tests.autograd.program.agreement import agrees
from tests.autograd.program.graphs import network, squared_loss
from tests.requires import requires

np = requires("numpy")


def shapes(program: Program) -> list[tuple[int, ...]]:
    """The (j, b, k) of every matrix product, in order."""
    return [step.shape for step in program.rerolled if hasattr(step, "shape")]


def data(rng: random.Random, samples: int, inputs: int) -> tuple[list[list[float]], list[float]]:
    return [[rng.uniform(-1, 1) for _ in range(inputs)] for _ in range(samples)], [
        rng.uniform(-1, 1) for _ in range(samples)
    ]


def check(program: Program, root: Value) -> None:
    agrees(program, root, 1e-11)


def test_one_sample_through_a_network_is_a_matrix_vector_product_a_layer() -> None:
    rng = random.Random(0)
    forward, parameters = network(rng, [3, 5, 4, 1])
    root = forward([Value(0.1), Value(0.2), Value(0.3)])[0] ** 2
    program = autograd.compile(root, backend="array", parameters=parameters)
    assert shapes(program) == [(5, 1, 3), (4, 1, 5), (1, 1, 4)][: len(shapes(program))]
    assert shapes(program)[:2] == [(5, 1, 3), (4, 1, 5)]
    check(program, root)


@pytest.mark.parametrize("style", ["fused", "written out"])
def test_a_whole_batch_in_one_graph_is_one_matrix_product_a_layer(style: str) -> None:
    rng = random.Random(1)
    forward, parameters = network(rng, [2, 6, 5, 1], style)
    points, targets = data(rng, 7, 2)
    root = squared_loss(forward, [list(map(Value, point)) for point in points], targets)
    program = autograd.compile(root, backend="array", parameters=parameters)
    assert shapes(program) == [(6, 7, 2), (5, 7, 6), (1, 7, 5)]
    assert program.stats["matrix products"] == 3
    check(program, root)


@pytest.mark.parametrize("style", ["fused", "written out"])
def test_inputs_that_are_plain_numbers_become_one_constant_matrix(style: str) -> None:
    rng = random.Random(2)
    forward, parameters = network(rng, [2, 6, 1], style)
    root = squared_loss(forward, *data(rng, 9, 2))
    program = autograd.compile(root, backend="array", parameters=parameters)
    assert (6, 9, 2) in shapes(program)
    assert program.leaves == parameters
    check(program, root)


def test_neurons_that_add_in_an_order_of_their_own_are_found_all_the_same() -> None:
    rng = random.Random(3)
    forward, parameters = network(rng, [3, 8, 6, 1], "written out", shuffled=True)
    points, targets = data(rng, 5, 3)
    root = squared_loss(forward, [list(map(Value, point)) for point in points], targets)
    program = autograd.compile(root, backend="array", parameters=parameters)
    assert shapes(program) == [(8, 5, 3), (6, 5, 8), (1, 5, 6)]
    check(program, root)


def test_shared_weights_are_one_matrix_used_twice() -> None:
    rng = random.Random(4)
    forward, parameters = network(rng, [4, 4, 4, 1], shared=True)
    points, targets = data(rng, 6, 4)
    root = squared_loss(forward, [list(map(Value, point)) for point in points], targets)
    program = autograd.compile(root, backend="array", parameters=parameters)
    products = [step for step in program.rerolled if hasattr(step, "shape")]
    assert [step.shape for step in products][:2] == [(4, 6, 4), (4, 6, 4)]
    assert products[0].w == products[1].w
    check(program, root)


def test_a_skip_connection_is_one_product_over_both_kinds_of_inputs() -> None:
    rng = random.Random(5)
    forward, parameters = network(rng, [3, 6, 6, 1], skip=True)
    points, targets = data(rng, 5, 3)
    root = squared_loss(forward, [list(map(Value, point)) for point in points], targets)
    program = autograd.compile(root, backend="array", parameters=parameters)
    assert shapes(program) == [(6, 5, 3), (6, 5, 9), (1, 5, 9)]
    check(program, root)


def test_two_networks_side_by_side_are_two_products_and_not_one_wrong_one() -> None:
    rng = random.Random(6)
    first, p = network(rng, [2, 4, 1])
    second, q = network(rng, [2, 4, 1])
    points, targets = data(rng, 5, 2)
    others, more = data(rng, 3, 2)
    inputs = [[list(map(Value, point)) for point in group] for group in (points, others)]
    root = squared_loss(first, inputs[0], targets) + squared_loss(second, inputs[1], more)
    program = autograd.compile(root, backend="array", parameters=p + q)
    assert sorted(shapes(program)) == sorted([(4, 5, 2), (4, 3, 2), (1, 5, 4), (1, 3, 4)])
    check(program, root)


def test_weights_and_their_biases_need_no_gathering() -> None:
    rng = random.Random(7)
    forward, parameters = network(rng, [3, 8, 1])
    points, targets = data(rng, 5, 3)
    program = autograd.compile(squared_loss(forward, points, targets), backend="array", parameters=parameters)
    assert all(view.index is None for step in program.rerolled for view in step.args)


def test_elementwise_operations_of_a_level_are_one_instruction() -> None:
    leaves = [Value(0.1 * i) for i in range(20)]
    root = autograd.sum([(leaf.tanh() * 3).exp() for leaf in leaves])
    program = autograd.compile(root, backend="array")
    assert [step.op.name for step in program.rerolled] == ["tanh", "mul", "exp", "sum"]
    assert [step.count for step in program.rerolled] == [20, 20, 20, 1]


def test_labels_of_plus_and_minus_one_do_not_split_a_batch() -> None:
    rng = random.Random(8)
    forward, parameters = network(rng, [2, 3, 1])
    points, _ = data(rng, 8, 2)
    losses = [
        (1 + -label * forward(list(map(Value, p)))[0]).relu() for label, p in zip([1, -1] * 4, points, strict=True)
    ]
    program = autograd.compile(sum(losses), backend="array", parameters=parameters)
    assert shapes(program) == [(3, 8, 2), (1, 8, 3)]
    assert [step.op.name for step in program.rerolled].count("mul") == 1


def test_a_batch_leaf_gives_the_product_its_lanes() -> None:
    rng = random.Random(9)
    forward, parameters = network(rng, [3, 4, 1])
    inputs = [Value(0.1, label=f"x{i}") for i in range(3)]
    program = autograd.compile(forward(inputs)[0], batch=inputs, backend="array", parameters=parameters)
    products = [step for step in program.rerolled if hasattr(step, "shape")]
    assert products[0].varying
    assert products[0].x.varying
    assert not products[0].w.varying


def test_rows_of_mixed_kinds_are_copied_into_lanes_once() -> None:
    x, w = Value(0.3), [Value(0.5), Value(-0.2), Value(0.7)]
    root = autograd.logsumexp([x, w[0], w[1]]) + autograd.max([w[0], x, w[2]]) + autograd.prod([x, w[1]])
    program = autograd.compile(root, batch=[x], backend="array")
    assert "copy" in [step.op.name for step in program.rerolled]
    single = autograd.compile(root, backend="python")
    values, gradient = program.value_and_grad(program.values, [0.3, -0.4])
    assert float(values[0]) == pytest.approx(root.data, rel=1e-13)
    parts = [single.value_and_grad([n if leaf is x else leaf.data for leaf in single.leaves])[1] for n in (0.3, -0.4)]
    total = {leaf: a + b for leaf, a, b in zip(single.leaves, *parts, strict=True)}
    assert list(map(float, gradient)) == pytest.approx([total[leaf] for leaf in program.leaves], rel=1e-13)


def test_the_listing_shows_the_products() -> None:
    rng = random.Random(10)
    forward, parameters = network(rng, [3, 5, 1])
    program = autograd.compile(squared_loss(forward, *data(rng, 4, 3)), backend="array", parameters=parameters)
    assert "# 5×3 by 3×4" in str(program.rerolled)
