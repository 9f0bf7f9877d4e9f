"""The measuring frame of the benchmarks on trivial functions: what it books and prints, never how fast anything is."""

from __future__ import annotations

import gc
import itertools
import sys
import threading
import time

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import measure, report, work


@pytest.mark.parametrize("n", [2, 3, 4])
def test_everybody_starts_as_often_and_follows_each_other_one(n: int) -> None:
    rounds = [measure.in_turn(list(range(n)), turn) for turn in range(2 * n)]
    assert sorted(first for first, *_ in rounds) == sorted([*range(n), *range(n)])
    followed = {(before, after) for order in rounds for before, after in itertools.pairwise(order)}
    assert all((after, before) in followed for before, after in followed)
    assert {x for pair in followed for x in pair} == set(range(n))


def test_contenders_take_turns_and_the_first_round_does_not_count() -> None:
    turns: list[str] = []
    contenders = [measure.timed(name, lambda name=name: turns.append(name)) for name in "abc"]  # type: ignore[misc]
    results = measure.race(contenders, rounds=3, collector=False)
    assert "".join(turns) == "abc" + "cba" + "bca" + "acb"
    assert [len(results[name].phases[measure.TOTAL]) for name in "abc"] == [3, 3, 3]


@pytest.mark.parametrize("on", [False, True])
def test_the_collector_is_as_asked_inside_and_as_before_outside(on: bool) -> None:
    before = gc.isenabled()
    seen: list[bool] = []
    measure.race([measure.timed("a", lambda: seen.append(gc.isenabled()))], rounds=1, collector=on)
    assert seen == [on, on]
    assert gc.isenabled() is before
    assert gc.get_freeze_count() == 0


def test_phases_are_per_unit_and_sum_to_the_total() -> None:
    contender = measure.Contender("a", lambda: {"forward": 2.0, "backward": 4.0}, units=2)
    (result,) = measure.race([contender], rounds=3, collector=False).values()
    assert result.phases == {"forward": [1.0] * 3, "backward": [2.0] * 3, "total": [3.0] * 3}


def test_a_ratio_is_the_median_of_the_ratios_within_rounds() -> None:
    peer = measure.Result("peer", {"total": [10.0, 100.0, 30.0]})
    own = measure.Result("own", {"total": [1.0, 50.0, 10.0]})
    assert own.times_faster_than(peer) == 3.0


def test_a_spread_is_median_and_quartiles() -> None:
    assert measure.spread([5.0, 1.0, 3.0, 2.0, 4.0]) == (3.0, 2.0, 4.0)
    assert measure.spread([1.0, 2.0]) == (1.5, 1.0, 2.0)


def test_before_each_run_that_counts_a_plain_loop_is_timed() -> None:
    results = measure.race([measure.timed(name, list) for name in "ab"], rounds=3, collector=False)
    assert [len(results[name].pace) for name in "ab"] == [3, 3]
    assert all(seconds > 0 for name in "ab" for seconds in results[name].pace)


def test_a_stopwatch_books_laps() -> None:
    clock = measure.Stopwatch()
    time.sleep(0.002)
    clock.lap("a")
    clock.lap("b")
    assert clock.phases["a"] >= 0.002
    assert clock.phases["b"] >= 0.0


def test_what_the_collector_takes_is_told_apart_from_what_the_program_takes() -> None:
    def an_hour() -> dict[str, float]:
        gc.collect()
        return {"forward": 1200.0, "backward": 2400.0}

    phases = measure.collector_apart(measure.Contender("a", an_hour)).run()
    assert 0.0 < phases["collector"] < 60.0
    assert phases["program"] == 3600.0 - phases["collector"]
    assert not any("CollectorClock" in repr(callback) for callback in gc.callbacks)


def test_the_collector_takes_nothing_where_it_is_off_and_something_where_it_is_on() -> None:
    def many() -> list[list[object]]:
        return [[] for _ in range(20_000)]

    contender = measure.collector_apart(measure.timed("many", many))
    for collector in (False, True):
        phases = measure.race([contender], 1, collector)["many"].phases
        assert (phases["collector"][0] > 0.0) is collector
        assert phases["total"][0] == phases["program"][0] + phases["collector"][0]


def test_memory_is_what_is_kept_per_node() -> None:
    weight = measure.memory(lambda: [bytearray(1000) for _ in range(100)], lambda kept: kept.extend(kept[:]), 100)
    assert 1000 < weight.before < 1200
    assert weight.before < weight.after <= weight.peak < 1300


def test_a_deep_stack_recurses_and_restores_both_limits() -> None:
    def depth(n: int) -> int:
        return 0 if n == 0 else 1 + depth(n - 1)

    limits = sys.getrecursionlimit(), threading.stack_size()
    assert measure.with_deep_stack(lambda: depth(20_000), stack=64 * 2**20) == 20_000
    with pytest.raises(ZeroDivisionError):
        measure.with_deep_stack(lambda: 1 // 0)
    assert limits == (sys.getrecursionlimit(), threading.stack_size())


def test_disagreement_names_the_worst_number() -> None:
    nan, inf = float("nan"), float("inf")
    assert measure.disagreement([1.0, 0.0, nan, inf], [1.0 + 1e-12, 0.0, nan, inf]) == ""
    assert measure.disagreement([1.0, 2.0], [1.0, 2.1]).startswith("number 1 is 2.1 where 2.0")
    assert measure.disagreement([1.0], [nan])
    assert measure.disagreement([1.0], [1.0, 2.0])


def test_a_table_is_aligned_and_lets_a_short_row_end_in_text() -> None:
    text = report.table(["engine", "ns"], [["ours", "5"], ["other", "1,234"], ["absent engine one", "not", "x"][:1]])
    assert text.splitlines() == [
        "engine                ns",
        "-----------------  -----",
        "ours                   5",
        "other              1,234",
        "absent engine one",
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(12345.6, "12,346"), (123.4, "123"), (12.345, "12.3"), (1.2345, "1.23"), (0.0, "0")]
)
def test_numbers_have_three_figures(value: float, text: str) -> None:
    assert report.number(value) == text


def test_targets_say_what_was_reached() -> None:
    block = report.targets_block(
        [
            report.Target("speed", 4, 5.0, "x"),
            report.Target("memory", 150, 151.0, "B", at_most=True),
            report.Target("nothing measured", 1, float("nan"), "x"),
        ]
    )
    assert [line.split()[-1] for line in block.splitlines()[2:5]] == ["yes", "NO", "NO"]
    assert block.endswith("1 of 3 met")


def test_the_heading_names_machine_and_versions() -> None:
    text = report.heading("A benchmark", ["pytest", "no-such-distribution"])
    assert text.startswith("A benchmark\n")
    assert f"pytest {pytest.__version__}" in text
    assert "no-such-distribution" not in text


def test_every_benchmark_is_found_by_its_main(capsys: pytest.CaptureFixture[str]) -> None:
    known = command.benchmarks()
    assert "eager" in known
    assert not {"measure", "report", "work", "peers", "runners"} & set(known)
    with pytest.raises(SystemExit):
        command.main(["no-such-benchmark"])
    assert "eager" in capsys.readouterr().err


def test_every_node_of_the_elementary_graph_reaches_the_root() -> None:
    plan = work.elementary_plan(1000)
    for products, sums in plan.blocks:
        assert {i for i, _ in products} == {i for i, _ in sums} == set(range(plan.width))
    assert abs(plan.nodes - 1000) < 100
