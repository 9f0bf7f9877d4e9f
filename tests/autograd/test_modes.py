"""Modes: blocks in which nodes are not recorded, watched for anomalies, or noted with their place in the code."""

from __future__ import annotations

import asyncio
import gc
import inspect
import math
import threading
from typing import Any

import pytest

import autograd
from autograd import AnomalyError, Value, detect_anomaly, no_grad, provenance, scope
from autograd.modes import changing, observing

# no_grad ------------------------------------------------------------------------------------------------------------


def test_within_no_grad_results_are_leaves_without_history() -> None:
    x = Value(3.0)
    with no_grad():
        results = [x * x, x.tanh(), 2 - x, autograd.dot([x], [x]), autograd.where(x, x, x), autograd.max(x, 1)]
    for result in results:
        assert result.parents == ()
        assert result.is_leaf
        assert not result.requires_grad
    assert results[0].data == 9.0


def test_after_no_grad_recording_goes_on() -> None:
    x = Value(3.0)
    with no_grad():
        y = x * x
    (y * x).backward()
    assert x.grad == 9.0
    assert y.grad == 0.0


def test_no_grad_nests_and_ends_after_an_error() -> None:
    x = Value(3.0)
    with no_grad():
        with no_grad():
            pass
        assert (x * x).parents == ()
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert (x * x).parents == (x, x)


def test_no_grad_decorates_a_function_any_number_of_times() -> None:
    x = Value(3.0)

    @no_grad()
    def square(x: Any) -> Any:
        return x * x

    assert square(x).parents == square(x).parents == ()
    assert (x * x).parents == (x, x)


def test_a_leaf_made_within_no_grad_is_a_parameter_like_any_other() -> None:
    with no_grad():
        x = Value(3.0)
    (x * x).backward()
    assert x.grad == 6.0


# detect_anomaly -----------------------------------------------------------------------------------------------------


def here() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


@pytest.mark.parametrize(
    ("build", "names"),
    [
        (lambda x: autograd.log(x), "log(x=0.0) gave -inf"),
        (lambda x: 1 / x, "div(1.0, x=0.0) gave inf"),
        (lambda x: x / x, "div(x=0.0, x=0.0) gave nan"),
        (lambda x: (x - 1).sqrt(), "sqrt(-1.0) gave nan"),
        (lambda x: (x + 1000).exp(), "exp(1000.0) gave inf"),
        (lambda x: autograd.sum([x, math.inf]), "sum(x=0.0, inf) gave inf"),
    ],
)
def test_the_first_value_that_is_not_finite_is_named_with_op_operands_and_line(build: Any, names: str) -> None:
    x = Value(0.0, label="x")
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        build(x)
    assert names in str(raised.value)
    assert "test_modes.py:" in str(raised.value)


def test_the_first_gradient_that_is_not_finite_is_named_where_its_node_was_made() -> None:
    x = Value(0.0, label="x")
    with detect_anomaly():
        y, line = x.sqrt() * 2, here()
        with pytest.raises(AnomalyError) as raised:
            y.backward()
    text = str(raised.value)
    assert "backward through sqrt(x=0.0)" in text
    assert "gradient of x=0.0 inf" in text
    assert f"test_modes.py:{line}" in text


def test_backward_alone_may_be_watched() -> None:
    y = Value(0.0).sqrt()
    with detect_anomaly(), pytest.raises(AnomalyError, match="sqrt"):
        y.backward()


@pytest.mark.parametrize(
    "derive",
    [
        lambda: autograd.grad(autograd.sqrt)(0.0),
        lambda: autograd.jvp(autograd.sqrt, 0.0, 1.0),
        lambda: autograd.hessian(autograd.sqrt)(0.0),
        lambda: Value(0.0).sqrt().backward(create_graph=True),
    ],
)
def test_every_kind_of_derivative_is_watched(derive: Any) -> None:
    with detect_anomaly(), pytest.raises(AnomalyError):
        derive()


def overflowing(x: Any) -> Any:
    """1 at 1e-400 if there were such a number; each partial is finite, their product is not."""
    return x * 1e200 * 1e200


@pytest.mark.parametrize(
    "derive",
    [
        lambda: overflowing(Value(1e-320)).backward(),
        lambda: overflowing(Value(1e-320)).backward(create_graph=True),
        lambda: autograd.grad(lambda y: autograd.grad(overflowing)(y))(1e-320),
        lambda: autograd.jvp(lambda y: autograd.grad(overflowing)(y), 1e-320, 1.0),
    ],
    ids=["backward", "create_graph", "grad of grad", "jvp of grad"],
)
def test_a_gradient_that_overflows_on_its_way_is_seen_at_each_order(derive: Any) -> None:
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"through mul\(1e-320, 1e\+200\).* inf"):
        derive()


def test_a_rule_of_one_s_own_is_named_as_its_author_named_it() -> None:
    x = Value(2.0)
    out = Value(4.0, (x,), "square")

    def rule() -> None:
        x.grad = math.inf

    out._backward = rule
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"backward through square\(2\.0\)"):
        out.backward()


def test_what_is_finite_passes_unchanged() -> None:
    x = Value(0.5)
    with detect_anomaly():
        (x.tanh() * x).backward()
        watched = x.grad
    x.zero_grad()
    (x.tanh() * x).backward()
    assert x.grad == watched


def test_a_choice_that_drops_the_infinite_branch_is_no_gradient_anomaly() -> None:
    x = Value(0.0)
    y = autograd.where(x > 0, autograd.log(x), 0.0)
    with detect_anomaly():
        y.backward()
    assert x.grad == 0.0


def test_outside_the_block_nothing_is_watched() -> None:
    with detect_anomaly():
        pass
    assert autograd.log(Value(0.0)).data == -math.inf


def test_a_decorated_generator_is_in_the_block_while_it_runs_and_nobody_else_is() -> None:
    x = Value(3.0)

    @no_grad()
    def squares(n: int) -> Any:
        got = []
        for _ in range(n):
            try:
                got.append((yield x * x))
            except KeyError:
                got.append("thrown")
        try:
            yield x + x
        finally:
            closed.append(x + x)
        return got

    closed: list[Value] = []
    steps = squares(3)
    assert next(steps).parents == ()
    assert (x * x).parents == (x, x)
    assert steps.send(1).parents == steps.throw(KeyError).parents == ()
    assert steps.send(2).parents == ()
    with pytest.raises(StopIteration) as ended:
        next(steps)
    assert ended.value.value == [1, "thrown", 2]
    unfinished = squares(0)
    next(unfinished)
    unfinished.close()
    assert [node.parents for node in closed] == [(), ()]
    assert (x * x).parents == (x, x)


def test_a_decorated_coroutine_is_in_the_block_across_its_pauses() -> None:
    x = Value(3.0)

    @no_grad()
    async def square() -> Any:
        await asyncio.sleep(0)
        return x * x

    async def beside() -> Any:
        task = asyncio.create_task(square())
        await asyncio.sleep(0)
        return x * x, await task

    mine, its = asyncio.run(beside())
    assert mine.parents == (x, x)
    assert its.parents == ()


def test_an_object_whose_call_is_a_generator_is_one() -> None:
    class Squares:
        def __call__(self, x: Value) -> Any:
            yield x * x

    (square,) = no_grad()(Squares())(Value(3.0))
    assert square.parents == ()


def test_an_asynchronous_generator_is_no_block() -> None:
    with pytest.raises(autograd.StructureError, match="asynchronous generator; write `with`"):

        @no_grad()
        async def squares() -> Any:
            yield 1


# provenance and scope -----------------------------------------------------------------------------------------------


def test_a_recorded_derivative_has_the_line_that_asked_for_it() -> None:
    x = Value(0.5)
    with provenance():
        y = x.tanh() * x
        y.backward(create_graph=True)
    made = [node for node in autograd.topological_order(x.grad) if not node.is_leaf]
    assert {node.source.filename for node in made} == {__file__}  # type: ignore[union-attr]


def test_a_node_notes_the_line_of_the_user_s_code() -> None:
    x = Value(2.0)
    with provenance():
        a, line = x * 3, here()
        b = autograd.dot([x], [a])
        c = sum([x, a])
    assert str(a.source) == f"{__file__}:{line}"
    assert (b.source.line, c.source.line) == (line + 1, line + 2)  # type: ignore[union-attr]
    assert b.source.filename == __file__  # type: ignore[union-attr]


def test_without_provenance_nothing_is_noted() -> None:
    with scope("layer"):
        node = Value(2.0) * 3
    assert node.source is None
    assert node.scope == ()


def test_scopes_nest_outermost_first() -> None:
    x = Value(2.0)
    with provenance(), scope("a"):
        outer = x * 1
        with scope("b"):
            inner = x * 2
        after = x * 3
    assert (outer.scope, inner.scope, after.scope) == (("a",), ("a", "b"), ("a",))


def test_a_decorated_function_takes_its_place_within_the_scopes_of_its_caller() -> None:
    @scope("inner")
    def call(x: Value) -> Value:
        return x * 2

    x = Value(2.0)
    with provenance(), scope("outer"):
        assert call(x).scope == ("outer", "inner")
    with provenance():
        assert call(x).scope == ("inner",)


# threads and tasks --------------------------------------------------------------------------------------------------


def test_threads_do_not_see_each_other_s_modes() -> None:
    entered, leave = threading.Event(), threading.Event()
    theirs: list[Value] = []

    def work() -> None:
        with no_grad(), detect_anomaly():
            entered.set()
            leave.wait(10)
            theirs.append(Value(2.0) * 3)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert entered.wait(10)
        x = Value(0.0)
        assert autograd.log(x).parents == (x,)
        assert (x * 2).source is None
    finally:
        leave.set()
        thread.join()
    assert theirs[0].parents == ()


def test_tasks_do_not_see_each_other_s_modes() -> None:
    async def quiet(turn: asyncio.Event, other: asyncio.Event) -> tuple[Any, ...]:
        with no_grad():
            turn.set()
            await other.wait()
            return (Value(2.0) * 3).parents

    async def loud(turn: asyncio.Event, other: asyncio.Event) -> tuple[Any, ...]:
        await turn.wait()
        parents = (Value(2.0) * 3).parents
        other.set()
        return parents

    async def both() -> Any:
        turn, other = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(quiet(turn, other), loud(turn, other))

    first, second = asyncio.run(both())
    assert first == ()
    assert len(second) == 1


def test_graphs_in_several_threads_do_not_disturb_each_other() -> None:
    results: dict[int, float] = {}

    def work(seed: int) -> None:
        x = Value(float(seed))
        for _ in range(200):
            x.zero_grad()
            ((x * x + x).tanh() + autograd.dot([x, x], [x, 2.0])).backward()
        results[seed] = x.grad

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, found in results.items():
        once = Value(float(seed))
        ((once * once + once).tanh() + autograd.dot([once, once], [once, 2.0])).backward()
        assert found == once.grad
    assert len(results) == 4


def test_one_block_may_be_entered_again_and_within_itself() -> None:
    block = no_grad()
    for _ in range(2):
        with block, block:
            assert (Value(2.0) * 3).is_leaf
        assert not (Value(2.0) * 3).is_leaf


def test_a_block_interrupted_on_entry_has_not_been_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        if observing and armed:
            armed.clear()
            raise KeyboardInterrupt

    armed = [True]
    monkeypatch.setattr("autograd.modes.changing", [*changing, interrupted])
    with pytest.raises(KeyboardInterrupt), no_grad():
        raise AssertionError("the block was entered")
    assert not observing
    assert (Value(2.0) * 3).parents != ()


def test_a_block_left_unfinished_does_not_end_in_the_middle_of_another() -> None:
    """As a Ctrl-C leaves it: entered, and never left."""
    with no_grad():
        inner = no_grad()
        inner.__enter__()
    with provenance():
        del inner
        gc.collect()
        assert (Value(2.0) * 3).parents != ()
    observing.pop()  # the entry of the one that never ended
