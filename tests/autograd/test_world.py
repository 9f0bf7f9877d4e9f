"""Formulas as Python for a world of numbers: what a comprehension would repeat is done once; sources can be read."""

from __future__ import annotations

import inspect
import linecache
import math
from collections.abc import Iterable

import pytest

import autograd
from autograd import Value, ieee
from autograd.formula import parse
from autograd.ieee import RAISING
from autograd.ops import FLOATS
from autograd.world import World, define, floats_source, world_source
from tests.requires import requires


@pytest.mark.parametrize("inline", [True, False], ids=["floats", "any other world"])
def test_a_sum_within_a_list_is_added_up_once(inline: bool) -> None:
    calls = []

    def counted(xs: Iterable[float]) -> float:
        calls.append(1)
        return sum(xs)

    world = World("counted", {**FLOATS.namespace, "sum": counted}, inline=inline)
    shares = world.compile(parse("[x / sum([2 * y for y in xs]) for x in xs]", ["xs"], ["sum"]), ["xs"], "shares")
    assert shares([1.0, 2.0, 2.0]) == [0.1, 0.2, 0.2]
    assert len(calls) == 1


def test_what_depends_on_the_loop_stays_in_it() -> None:
    tree = parse("[sum([x * y for y in xs]) for x in xs]", ["xs"], ["sum"])
    assert floats_source(tree, {}) == world_source(tree) == "[sum([x * y for y in xs]) for x in xs]"


def test_the_maximum_of_many_takes_steps_in_proportion() -> None:
    """Its partial shares 1 among those that are equal, counted once: 20,000 operands would be 400 million steps."""
    xs = [Value(float(i % 1000)) for i in range(20_000)]
    autograd.max(xs).backward()
    assert {x.grad for x in xs} == {0.0, 1 / 20}


def test_the_source_of_a_function_can_be_read_as_long_as_it_lives() -> None:
    source = "def test_world_five():\n    return 5\n"
    five = define(source, "test_world_five", {}, "test world")
    filename = five.__code__.co_filename
    assert inspect.getsource(five) == source
    del five
    assert filename not in linecache.cache


def test_a_source_that_took_the_place_of_another_stays() -> None:
    first, second = (define(f"def number():\n    return {n}\n", "number", {}, "test world number") for n in (1, 2))
    del first
    assert inspect.getsource(second) == "def number():\n    return 2\n"


@pytest.mark.parametrize("backend", ["python", "array"])
def test_a_program_leaves_no_text_behind(backend: str) -> None:
    if backend == "array":
        requires("numpy")

    def texts() -> set[str]:
        return {name for name in linecache.cache if name.startswith("<autograd") and "program" in name}

    before = texts()
    x = Value(1.5)
    program = autograd.compile((x * x).tanh() + x, backend=backend)
    program.run()
    assert texts() > before
    del program
    assert texts() <= before


@pytest.mark.parametrize("name", RAISING)
def test_math_s_own_function_raises_or_gives_the_same(name: str) -> None:
    source = floats_source(parse(f"{name}(x)", ["x"], [name]), FLOATS.namespace, FLOATS.formulas, RAISING)
    assert source == f"math_{name}(x)"
    own, found = getattr(math, name), {True: 0, False: 0}
    edges = [0.0, 1.0, 0.5, 2.0, 709.0, 710.0, 800.0, 1e300, math.inf]
    near = [math.nextafter(x, to) for x in edges for to in (-math.inf, math.inf)]
    for x in [*edges, *near, math.nan]:
        for signed in (x, -x):
            expected = getattr(ieee, name)(signed)
            try:
                quick = own(signed)
            except (ArithmeticError, ValueError):
                found[False] += 1
                continue
            found[True] += 1
            assert quick == expected or (math.isnan(quick) and math.isnan(expected))
    assert min(found.values()) > 0


def test_a_constant_is_computed_at_once() -> None:
    tree = parse("x * sqrt(2)", ["x"], ["sqrt"])
    assert floats_source(tree, FLOATS.namespace, raising=RAISING) == f"x * {math.sqrt(2)!r}"


def test_no_name_is_given_within_what_a_comprehension_goes_through() -> None:
    tree = parse("sum([y for y in [exp(-x) for x in xs]])", ["xs"], ["exp", "sum"])
    assert ":=" not in floats_source(tree, FLOATS.namespace, raising=RAISING)
