"""The stepping page in a real browser: what it shows at each moment.  Controls and safety have files of their own."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
from autograd import Value, topological_order
from tests.visualize.conftest import deep, neuron_graph, not_finite, small, snapshot, steps_to_end, table, walk_by, wide
from visualize import walk
from visualize.derivative import number
from visualize.steps import node_names

GRAPHS = pytest.mark.parametrize("build", [small, neuron_graph, not_finite, lambda: Value(2.0, label="alone")])
Open = Callable[..., Any]


def same(x: float, y: float) -> bool:
    return x == y or (math.isnan(x) and math.isnan(y))


# --- numbers ----------------------------------------------------------------------------------------------------------


@GRAPHS
def test_stepping_to_the_end_gives_each_node_the_gradient_that_backward_gives(
    open_page: Open, build: Callable[[], Value]
) -> None:
    root = build()
    page = open_page(root)
    steps_to_end(page)
    root.backward()
    nodes = topological_order(root)
    names = node_names(nodes)
    shown = table(page)
    assert list(shown) == list(names.values())
    wrong = {name: shown[name] for node, name in names.items() if not same(shown[name], float(node.grad))}
    assert wrong == {}


@GRAPHS
def test_the_table_says_each_gradient_in_six_digits(open_page: Open, build: Callable[[], Value]) -> None:
    page = open_page(build())
    page.keyboard.press("End")
    for value, text in snapshot(page)["gradients"]:
        assert text == number(float(value))


@GRAPHS
def test_every_sum_and_product_that_is_shown_adds_up(open_page: Open, build: Callable[[], Value]) -> None:
    terms = [shown for shown in steps_to_end(open_page(build())) if len(shown["sum"]) == 3 and shown["product"][2:]]
    for shown in terms:
        (before, contribution, after), factors = [[float(v) for v, *_ in shown[key]] for key in ("sum", "product")]
        assert same(before + contribution, after)
        assert same(factors[0] * factors[1], factors[2])
        assert same(factors[2], contribution)
        assert [name for *_, name in shown["sum"]] == ["before", "contribution", "after"]
    assert len(terms) == sum(len(step.contributions) for step in walk(build()).backward)


def test_an_equals_sign_stands_only_where_the_digits_shown_are_equal(open_page: Open) -> None:
    rounded = 0
    for shown in steps_to_end(open_page(neuron_graph())):
        if len(shown["sum"]) != 3 or len(shown["product"]) != 3:
            continue
        before, contribution, after = (float(text) for _, text, _ in shown["sum"])
        first, second, product = (float(text) for _, text in shown["product"])
        exact = abs(before + contribution - after) <= 1e-9 * abs(after)
        assert shown["sumEquals"] == ("=" if exact else "≈")
        assert shown["equals"] == ("=" if abs(first * second - product) <= 1e-9 * abs(product) else "≈")
        rounded += shown["equals"] == "≈"
        assert abs(before + contribution - after) <= 2e-5 * max(abs(before), abs(contribution), abs(after))
    assert rounded


@GRAPHS
def test_the_step_number_counts_the_walks_steps(open_page: Open, build: Callable[[], Value]) -> None:
    root = build()
    page = open_page(root)
    numbers = [shown["step"] for shown in steps_to_end(page)]
    assert sorted(set(numbers)) == list(range(len(walk(root)) + 1))
    assert numbers == sorted(numbers)
    assert page.locator("#steps").text_content() == str(len(walk(root)))


def test_the_seed_is_a_moment_of_its_own(open_page: Open) -> None:
    page = open_page(small())
    seeds = [shown for shown in steps_to_end(page) if shown["product"] == [["1", "1"]]]
    assert len(seeds) == 1
    assert [value for value, _ in seeds[0]["gradients"]] == ["0"] * 9 + ["1"]


# --- going back -------------------------------------------------------------------------------------------------------


@GRAPHS
def test_stepping_back_restores_what_was_shown(open_page: Open, build: Callable[[], Value]) -> None:
    page = open_page(build())
    there = steps_to_end(page)
    assert walk_by(page, "ArrowLeft") == there[::-1]
    assert len(there) > 1


def test_a_jump_along_the_scrub_bar_shows_what_stepping_shows(open_page: Open) -> None:
    page = open_page(neuron_graph())
    there = steps_to_end(page)
    for at in (3, len(there) - 2, 1, len(there) // 2):
        page.locator("#scrub").fill(str(at))
        assert snapshot(page) == there[at]


# --- the graph, the source, the terms of edges ------------------------------------------------------------------------


def test_the_graph_marks_who_passes_its_gradient_on_to_whom_and_along_which_edge(open_page: Open) -> None:
    root = small()
    page, steps = open_page(root), walk(root)
    page.keyboard.press("End")
    step = steps.backward[-1]
    term = step.contributions[-1]
    assert page.locator(".n.active").get_attribute("id") == steps.ids[step.node]
    assert page.locator(".n.gets").get_attribute("id") == steps.ids[term.parent]
    assert page.locator(".e.hot").get_attribute("id") == f"e{steps.ids[step.node][1:]}-{term.edge}"
    assert page.locator("tr.active .name").text_content() == "e"
    assert page.locator("tr.gets .name").text_content() == "b"


def test_the_source_line_that_made_the_node_is_marked(open_page: Open) -> None:
    page = open_page(small())
    lines = [shown["lines"] for shown in steps_to_end(page)]
    assert page.locator("#lines p").text_content() == "conftest.py"
    assert lines[0] == []
    assert re.fullmatch(r"\d+e = a \* b", lines[1][0])
    assert re.fullmatch(r"\d+loss = \(d \* f \+ a\)\.tanh\(\) \* 3", lines[4][0])


def test_without_provenance_the_equations_stand_in_for_the_source(open_page: Open) -> None:
    a = Value(2.0, label="a")
    page = open_page(a * a)
    page.keyboard.press("ArrowRight")
    assert page.locator("#code-title").text_content() == "Computation"
    assert snapshot(page)["lines"] == ["2v1 = a * a"]


@pytest.mark.parametrize("by", ["hover", "focus"])
def test_an_edge_tells_its_term_on_hover_and_on_focus(open_page: Open, by: str) -> None:
    page = open_page(small())
    page.keyboard.press("End")
    edge = page.locator("#e2-0")
    edge.locator(".hit").hover() if by == "hover" else edge.focus()
    term = page.locator("#inspect").text_content()
    assert term.startswith("a → e:  ∂e/∂a = b = -3;  upstream × local = ")


def test_an_edge_keeps_its_term_to_itself_until_the_walk_is_there(open_page: Open) -> None:
    page = open_page(small())
    page.locator("#e2-0").focus()
    term = "a → e:  ∂e/∂a = b{}; its upstream gradient is still to come".format
    assert page.locator("#inspect").text_content() == term("")
    page.keyboard.press("ArrowRight")
    assert page.locator("#inspect").text_content() == term(" = -3")


def test_both_edges_of_a_square_are_there(open_page: Open) -> None:
    a = Value(3.0, label="a")
    page = open_page(a * a)
    assert [edge.get_attribute("id") for edge in page.locator(".e").all()] == ["e1-0", "e1-1"]
    page.keyboard.press("End")
    assert table(page)["a"] == 6.0


# --- the check --------------------------------------------------------------------------------------------------------


def badges(page: Any) -> list[str]:
    return [" ".join(cell.text_content().split()) for cell in page.locator("#rows td:nth-child(4)").all()]


def test_each_gradient_is_held_against_a_finite_difference_once_it_is_complete(open_page: Open) -> None:
    page = open_page(small())
    assert badges(page) == [""] * 10
    page.keyboard.press("End")
    assert all(badge.startswith("✓ agrees with a finite difference, ") for badge in badges(page))
    page.keyboard.press("ArrowLeft")
    assert badges(page)[1] == ""  # b, which the last edge goes to


def test_a_wrong_local_derivative_shows_as_a_difference(open_page: Open) -> None:
    a = Value(2.0, label="a")
    b = a.exp()
    b._dx *= 1.001
    page = open_page(b * 3)
    page.keyboard.press("End")
    assert [badge[0] for badge in badges(page)] == ["✗", "✓", "✓"]
    assert "differs from the finite difference, 22.1672" in badges(page)[0]
    assert "bad" in page.locator("#n0 .k").get_attribute("class") or page.locator("#n0 .k").text_content() == "✗"


def test_what_no_difference_can_tell_is_not_called_right(open_page: Open) -> None:
    page = open_page(not_finite())
    page.keyboard.press("End")
    assert badges(page)[0].startswith("? ")


# --- size and speed ---------------------------------------------------------------------------------------------------


def test_ten_nodes_fit_in_forty_kilobytes_and_each_further_one_in_one() -> None:
    sizes = {}
    for root in (small(), neuron_graph(), deep(120), wide(300)):
        sizes[len(topological_order(root))] = len(walk(root).to_html().encode())
    for count, size in sizes.items():
        assert size <= 40_000 + 1000 * max(0, count - 10), sizes
    assert set(sizes) >= {10}


def test_a_step_takes_less_than_a_frame(open_page: Open) -> None:
    page = open_page(wide(400))
    times = page.evaluate("""() => {
      const times = [];
      const step = (key) => {
        const before = performance.now();
        document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        document.body.getBoundingClientRect();
        times.push(performance.now() - before);
      };
      for (let k = 0; k < 150; k++) step("ArrowRight");
      document.getElementById("scrub").value = 400;
      document.getElementById("scrub").dispatchEvent(new Event("input"));
      for (let k = 0; k < 60; k++) step(k % 3 ? "ArrowRight" : "ArrowLeft");
      return times.sort((a, b) => a - b);
    }""")
    assert times[len(times) // 4] < 16.0, times  # the quicker ones: what else the machine does is no matter of the page


# --- the file ---------------------------------------------------------------------------------------------------------


def test_to_html_gives_the_text_or_writes_the_file(tmp_path: Path) -> None:
    steps = walk(Value(2.0, label="a") * 3)
    path = steps.to_html(tmp_path / "a.html")
    assert path == tmp_path / "a.html"
    assert path.read_text(encoding="utf-8") == steps.to_html()
    assert list(tmp_path.iterdir()) == [path]


def test_making_the_page_changes_no_number_of_the_graph() -> None:
    root = small()
    root.backward()
    before = [(node.data, node.grad, node.label) for node in topological_order(root)]
    walk(root).to_html()
    assert [(node.data, node.grad, node.label) for node in topological_order(root)] == before


@GRAPHS
def test_every_moment_is_told_in_words_that_are_there(open_page: Open, build: Callable[[], Value]) -> None:
    page = open_page(build())
    for _ in range(int(page.get_attribute("#scrub", "max")) + 1):
        assert "undefined" not in page.locator("body").inner_text()
        page.keyboard.press("ArrowRight")


def test_on_a_phone_no_number_of_the_chain_rule_is_cut(open_page: Open) -> None:
    model = nn.MLP(2, [2, 1], activation="tanh", rng=random.Random(0))
    page = open_page(model([0.5, -1.0]) - 1.0, viewport={"width": 390, "height": 844})
    cut = """() => {
        const edge = document.querySelector('#stage').getBoundingClientRect().right;
        return [...document.querySelectorAll('#product data, #sum data')].filter(
            (d) => d.getBoundingClientRect().right > edge).length }"""
    for _ in range(int(page.get_attribute("#scrub", "max")) + 1):
        assert page.evaluate(cut) == 0
        page.keyboard.press("ArrowRight")


def test_the_name_and_the_operation_of_a_box_stand_side_by_side(open_page: Open) -> None:
    a = Value(1.0, label="a")
    b = a.tanh()
    b.label = "activation1"
    c = autograd.logsumexp([a, b])
    c.label = "log_sum_exp"
    page = open_page(autograd.where(c, b, a))
    overlaps = page.evaluate("""() => [...document.querySelectorAll('.n')].filter((n) => {
        const [t, o] = ['.t', '.o'].map((c) => n.querySelector(c));
        return o.textContent && t.getBoundingClientRect().right > o.getBoundingClientRect().left }).length""")
    assert overlaps == 0


def test_data_that_were_changed_are_spoken_of(open_page: Open) -> None:
    p = Value(2.0, label="p")
    root = p * p
    assert not open_page(root).locator("#note").is_visible()
    p.data = 3.0
    assert "v1 no longer follows from its operands" in open_page(root).locator("#note").inner_text()
