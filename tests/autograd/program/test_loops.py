"""Equal terms of a sum become turns of a loop in the python backend's text; nothing else about a program changes."""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

import autograd
import nn
from autograd import Program, Value
from autograd.program import loops as loops_module
from autograd.program.ir import edges
from autograd.program.loops import Loop, loops
from autograd.program.passes import optimised
from autograd.program.trace import trace

from .agreement import agrees
from .graphs import PRIMITIVES, apply

SAMPLES = 80


def found(root: Value, *outputs: Value) -> list[Loop]:
    code = optimised(trace([root, *outputs]).code)
    return loops(code, [1] * (len(code) + len(code.sources)))


def python(root: Value, **options: Any) -> Program:
    return autograd.compile(root, backend="python", **options)


def loops_in(program: Program) -> int:
    """How many loops there are on the way forward."""
    return len(re.findall(r"^    for ", program.source.partition("def value_and_grad")[0], re.MULTILINE))


def network_loss(samples: int = SAMPLES) -> Value:
    random.seed(3)
    model = nn.MLP(2, [4, 1], activation="tanh")
    rng = random.Random(1)
    xs = [[Value(rng.uniform(-1, 1)), rng.uniform(-1, 1)] for _ in range(samples)]
    return nn.mse_loss([model(x) for x in xs], [rng.uniform(-1, 1) for _ in xs])


def test_the_samples_of_a_loss_are_turns_of_one_loop() -> None:
    (loop,) = found(network_loss())
    assert len(loop.turns) == SAMPLES
    assert {len(turn) for turn in loop.turns} == {len(loop.body)}
    assert sum(len(slots) == SAMPLES for slots in loop.given) == 3  # two inputs, one target; the weights are shared


def test_the_text_has_the_loop_and_no_sample_of_its_own() -> None:
    few, many = python(network_loss(SAMPLES)), python(network_loss(8 * SAMPLES))
    assert loops_in(few) == loops_in(many) == 1
    assert many.source.count("\n") < few.source.count("\n") + 5 * math.ceil(8 * SAMPLES / 64)


def test_value_and_gradients_are_those_of_eager() -> None:
    root = network_loss()
    agrees(python(root), root)


def test_labels_that_make_terms_unequal_make_loops_of_their_own() -> None:
    w = Value(0.7, label="w")
    xs = [Value(0.01 * i + 0.1) for i in range(2 * SAMPLES)]

    def term(i: int, x: Value) -> Value:
        inner = (w * x + w * w).tanh()
        return (1 + -1.0 * inner).relu() if i % 2 else (1 + inner * x).relu().exp()

    root = autograd.sum([term(i, x) for i, x in enumerate(xs)])
    program = python(root)
    assert loops_in(program) == 2
    agrees(program, root)


def test_what_several_terms_use_is_computed_once_before_the_loop() -> None:
    a, b = Value(0.3), Value(-0.8)
    scale = (a * b).exp()
    shift = [Value(0.1 * i).tanh() + scale for i in range(SAMPLES)]
    root = autograd.sum([(s * scale + a).tanh() * scale.sin() + (s * b).exp() for s in shift]) * scale + shift[3]
    program = python(root)
    assert loops_in(program) == 1
    agrees(program, root)


def test_a_result_that_is_asked_for_is_not_hidden_in_a_loop() -> None:
    w = Value(0.5)
    inner = [(w * (0.1 * i)).tanh() for i in range(SAMPLES)]
    root = autograd.sum([(v * w + 1.0).exp() + v.sin() * (v + w).tanh() for v in inner])
    program = python(root, outputs=inner[:3])
    value, gradient = program.value_and_grad(program.values)
    outputs, same = program.outputs_and_grad(program.values)
    assert outputs == [value, *(v.data for v in inner[:3])] == program.forward(program.values)
    assert gradient == same
    agrees(program, root)


def test_a_term_that_is_read_elsewhere_as_well_stays_straight() -> None:
    w = Value(0.5)
    terms = [((w * (0.1 * i + 0.03)).tanh() * w + 1.0).exp() for i in range(SAMPLES)]
    root = autograd.sum([*terms, (terms[3] * w).tanh()]) * terms[5]
    (loop,) = found(root)
    assert len(loop.turns) == SAMPLES - 2
    agrees(python(root), root)


def test_a_frozen_leaf_gets_no_gradient_from_a_loop() -> None:
    w, frozen = Value(0.5), Value(0.25, requires_grad=False)
    xs = [Value(0.1 * i, requires_grad=i % 3 == 0) for i in range(SAMPLES)]
    root = autograd.sum([((w * x).tanh() * frozen + x).exp() for x in xs])
    program = python(root)
    assert loops_in(program) == 1
    agrees(program, root)
    by_leaf = dict(zip(program.leaves, program.value_and_grad(program.values)[1], strict=True))
    assert by_leaf[frozen] == by_leaf[xs[1]] == 0.0 != by_leaf[xs[3]]


def test_a_leaf_may_be_another_turns_input_and_shared_as_well() -> None:
    xs = [Value(0.1 * i - 1.0) for i in range(SAMPLES + 1)]
    root = autograd.sum([((x * y + xs[5]).tanh() * xs[5] - y * xs[5].sin()).exp() for x, y in itertools.pairwise(xs)])
    program = python(root)
    assert loops_in(program) == 1
    agrees(program, root)


def test_numbers_that_happen_to_be_equal_in_one_turn_are_told_apart() -> None:
    w = Value(0.6)
    terms = [((w + i).sin() * (i % 7 + 2.0) * w.cos() + (i % 5 + 2.0)).tanh() for i in range(SAMPLES)]
    root = autograd.sum([(term * w.exp() + w * w).exp() for term in terms])
    (loop,) = found(root)
    assert len(loop.turns) == SAMPLES
    program = python(root)
    agrees(program, root)


def test_a_gradient_that_does_not_reach_a_loop_is_zero() -> None:
    w, x = Value(0.5), Value(2.0)
    flat = autograd.sum([((w * (0.1 * i)).tanh() * w).exp() + w.sin() for i in range(SAMPLES)])
    root = autograd.sign(flat) * x
    program = python(root)
    assert dict(zip(program.leaves, program.value_and_grad(program.values)[1], strict=True)) == {w: 0.0, x: 1.0}


@pytest.mark.parametrize("wrong", [0.0, math.inf, math.nan])
def test_a_run_that_is_not_finite_is_repeated_by_the_rules(wrong: float) -> None:
    w = Value(1.0)
    xs = [Value(1.0 + i) for i in range(SAMPLES)]

    def loss() -> Value:
        return autograd.sum([(((w / x).tanh() + (x * w).log()) * w).softplus() + x for x in xs])

    program = python(loss())
    assert loops_in(program) == 1
    xs[4].data = wrong
    agrees(program, loss())


def test_a_batch_runs_the_loops_of_each_sample() -> None:
    x, w = Value(0.3, label="x"), Value(0.5)
    root = autograd.sum([((w + 0.01 * i) * x).tanh() * (x - 0.02 * i).exp() for i in range(SAMPLES)])
    program = python(root, batch=[x])
    assert loops_in(program) == 1
    values, _ = program.value_and_grad(program.values, [0.3, 0.4])
    assert values[0] == pytest.approx(root.data, rel=1e-13)


def test_sums_within_sums_are_one_loop_of_whole_terms() -> None:
    w = Value(0.4)

    def term(i: int) -> Value:
        return autograd.logsumexp([(w * (0.137 * i + j)).tanh() for j in range(9)])

    root = autograd.sum([term(i) for i in range(SAMPLES)])
    program = python(root)
    assert loops_in(program) == 1
    agrees(program, root)


@pytest.mark.parametrize("make", [
    lambda w: autograd.sum([w * float(i) for i in range(300)]),  # too short a turn
    lambda w: autograd.sum([((w * float(i)).tanh() + 1.0).exp() for i in range(7)]),  # too few turns
    lambda w: autograd.sum([w.tanh(), w.exp()]),
    lambda w: autograd.sum([  # each turn has all its numbers for itself
        (autograd.dot([Value(0.1) for _ in range(9)], [Value(0.2) for _ in range(9)]) * w).tanh() for _ in range(99)
    ]),
])  # fmt: skip
def test_what_is_not_worth_a_loop_stays_straight(make: Callable[[Value], Value]) -> None:
    root = make(Value(0.001))
    program = python(root)
    assert loops_in(program) == 0
    agrees(program, root)


def test_a_result_may_be_read_any_number_of_times() -> None:
    w = Value(0.5)
    terms = [((w * (0.01 * i)).tanh() * w.sin()).exp() + (w + i).cos() * w for i in range(SAMPLES)]
    root = autograd.sum(terms * 4000)  # Python's compiler recurses through an expression
    program = python(root)
    assert loops_in(program) >= 1
    agrees(program, root, 1e-10)


def test_a_partial_that_only_some_turns_need_is_computed_in_those_alone() -> None:
    w, exponent = Value(0.5), Value(3.0)
    inputs = [Value(0.1 * i, requires_grad=i > 0) for i in range(2 * SAMPLES)]
    for root in (
        autograd.sum([((w - 0.02 * i) ** (exponent if i == 3 else 3.0)).tanh().sin() for i in range(2 * SAMPLES)]),
        autograd.sum([(x.sqrt().tanh() * w).exp() for x in inputs]),  # the slope of a root at 0, which nobody asks for
    ):
        program = python(root)
        assert loops_in(program) == 1
        value, _ = program._backend.value_and_grad(program.values, [])  # plain text, and nothing raised
        assert value == pytest.approx(root.data, rel=1e-13)
        agrees(program, root)


def test_looking_for_loops_takes_time_in_proportion_to_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums below sums, where one term has all that is below it for itself: nothing is looked at over and over."""
    looked: list[int] = []
    look = loops_module._turn

    def counting(*arguments: Any) -> Any:
        turn = look(*arguments)
        looked.append(turn.edges)
        return turn

    monkeypatch.setattr(loops_module, "_turn", counting)
    w = v = Value(0.5)
    for level in range(300):
        v = autograd.sum([v.tanh(), *[(w * (level + 0.01 * k)).sin() for k in range(9)]])
    code = optimised(trace([v]).code)
    assert loops(code, [1] * (len(code) + len(code.sources))) == []
    assert len(looked) > 10
    assert sum(looked) <= 6 * edges(code)
    agrees(python(v), v)


@pytest.mark.parametrize("seed", range(60))
def test_random_terms_of_every_primitive(seed: int) -> None:
    rng = random.Random(seed)
    shared = [Value(rng.uniform(-1.2, 1.2)) for _ in range(3)]
    steps = [(rng.choice(PRIMITIVES), [rng.randrange(10**6) for _ in range(4)]) for _ in range(rng.randint(5, 12))]
    common = (shared[0] * shared[1]).tanh()

    def term(number: float, own: Value) -> Value:
        pool: list[Any] = [*shared, common, own, own * number, own + 0.5]
        for name, picks in steps:
            pool.append(apply(name, [pool[pick % len(pool)] for pick in picks]))
        last: Value = autograd.sum([v for v in pool[7:] if isinstance(v, Value)] + [own * number])
        return last.tanh() * own

    terms = [term(rng.uniform(-1, 1), Value(rng.uniform(-1, 1))) for _ in range(SAMPLES)]
    root = rng.choice([autograd.sum, autograd.mean, autograd.logsumexp, lambda ts: autograd.dot(ts, ts)])(terms)
    program = python(root)
    assert loops_in(program) >= 1
    agrees(program, root)
    for leaf in shared:  # and at other numbers
        leaf.data = rng.uniform(-1.2, 1.2)
    value, gradient = program.value_and_grad(program.values)
    expected, wanted = program._reference.value_and_grad(program.values, [])
    assert [value, *gradient] == pytest.approx([expected, *wanted], rel=1e-9, abs=1e-9, nan_ok=True)
