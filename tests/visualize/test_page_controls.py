"""The stepping page in a real browser: keys, buttons, stops, predictions, and how it adapts to its reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value
from tests.visualize.conftest import (
    neuron_graph,
    not_finite,
    press,
    small,
    snapshot,
    steps_to_end,
    table,
    to_edge,
    wide,
)

Open = Callable[..., Any]


# --- keys and buttons -------------------------------------------------------------------------------------------------


def test_home_and_end_go_to_the_start_and_the_end(open_page: Open) -> None:
    page = open_page(small())
    first = snapshot(page)
    last = press(page, "End")
    assert (last["at"], last["phase"]) == (last["last"], "Done")
    assert press(page, "Home") == first


def test_the_arrow_keys_stop_at_either_end(open_page: Open) -> None:
    page = open_page(small())
    assert press(page, "ArrowLeft")["at"] == 0
    last = press(page, "End")
    assert press(page, "ArrowRight") == last


def test_shift_and_an_arrow_go_by_a_whole_step(open_page: Open) -> None:
    page = open_page(neuron_graph())
    steps = [shown["step"] for shown in steps_to_end(page)]
    assert len(steps) > len(set(steps))
    page.keyboard.press("Home")
    assert [press(page, "Shift+ArrowRight")["step"] for _ in range(max(steps))] == list(range(1, max(steps) + 1))
    assert press(page, "Shift+ArrowLeft")["step"] == max(steps) - 1


@pytest.mark.parametrize(
    ("button", "key"), [("next", "ArrowRight"), ("end", "End"), ("back", "ArrowLeft"), ("home", "Home")]
)
def test_each_button_does_what_its_key_does(open_page: Open, button: str, key: str) -> None:
    page = open_page(small())
    shown = press(page, *["ArrowRight"] * 5, key)
    press(page, "Home", *["ArrowRight"] * 5)
    page.locator(f"#{button}").click()
    assert snapshot(page) == shown


def test_space_plays_to_the_end_and_leaves_what_stepping_leaves(open_page: Open) -> None:
    page = open_page(small())
    last = press(page, "End")
    page.keyboard.press("Home")
    page.locator("#speed").select_option("8")
    page.locator("#speed").blur()
    page.keyboard.press("Space")
    assert page.locator("#play").text_content().strip() == "Pause"
    page.locator("#phase", has_text="Done").wait_for()
    assert snapshot(page) == last
    assert page.locator("#play").text_content().strip() == "Play"


def test_space_pauses_what_it_plays(open_page: Open) -> None:
    page = open_page(small(), alone=True)
    page.clock.install()
    page.keyboard.press("Space")
    page.clock.run_for(3000)
    at = press(page, "Space")["at"]
    page.clock.run_for(10_000)
    assert 1 <= snapshot(page)["at"] == at


def test_speed_says_how_fast_it_plays(open_page: Open) -> None:
    page = open_page(wide(60), alone=True)
    page.clock.install()
    reached = {}
    for speed in ("1", "4"):
        page.keyboard.press("Home")
        page.locator("#speed").select_option(speed)
        page.locator("#play").click()
        page.clock.run_for(6000)
        reached[speed] = snapshot(page)["at"]
        page.locator("#play").click()
    assert 3.0 < reached["4"] / reached["1"] < 5.0


def test_the_space_bar_still_plays_after_a_click_on_next(open_page: Open) -> None:
    page = open_page(small())
    page.locator("#next").click()
    page.keyboard.press("Space")
    assert page.locator("#play").text_content().strip() == "Pause"


def test_a_click_on_a_node_goes_to_where_it_is_at_work(open_page: Open) -> None:
    page = open_page(small())
    page.locator("#n4").click()
    assert (page.locator("#step").text_content(), page.locator("#phase").text_content()) == ("2", "Forward")
    page.locator("#n4").click()
    assert page.locator("#phase").text_content() == "Backward"
    assert page.locator("tr.active .name").text_content() == "d"


def test_a_click_on_a_leaf_goes_to_its_last_contribution(open_page: Open) -> None:
    page = open_page(small())
    page.locator("#rows .name", has_text="a").first.click()
    a = table(page)["a"]
    assert page.locator("tr.gets .name").text_content() == "a"
    page.keyboard.press("End")
    assert table(page)["a"] == a


# --- stops ------------------------------------------------------------------------------------------------------------


def run_through(page: Any) -> list[str]:
    """Where `Run` stops, one time after the other, up to the end."""
    stops = []
    while snapshot(page)["phase"] != "Done":
        page.locator("#run").click()
        stops.append(snapshot(page)["status"])
    return stops


def test_without_stops_run_goes_to_the_end(open_page: Open) -> None:
    assert run_through(open_page(small())) == [""]


def test_it_stops_when_a_chosen_node_changes(open_page: Open) -> None:
    page = open_page(small())
    page.locator("#rows tr", has_text="a").first.locator(".stop").click()
    page.locator("#rows .stop[aria-label='Stop when d changes']").click()
    changes = ["Stopped at d changes", "Stopped at a changes", "Stopped at d changes", "Stopped at a changes", ""]
    assert run_through(page) == changes


def test_it_stops_at_a_fan_in(open_page: Open) -> None:
    page = open_page(small())
    page.locator("#fan-in").check()
    assert run_through(page) == ["Stopped at a fan-in: contribution 2 of 2 to a", ""]


def test_it_stops_at_a_number_that_is_not_finite(open_page: Open) -> None:
    page = open_page(not_finite())
    page.locator("#non-finite").check()
    stops = run_through(page)
    assert stops[0] == "Stopped at v1 is -inf"
    assert "Stopped at the gradient of x is inf" in stops


def test_playing_stops_as_well(open_page: Open) -> None:
    page = open_page(small(), alone=True)
    page.clock.install()
    page.locator("#fan-in").check()
    page.locator("#play").click()
    page.clock.run_for(60_000)
    assert snapshot(page)["status"] == "Stopped at a fan-in: contribution 2 of 2 to a"
    assert page.locator("#play").text_content().strip() == "Play"


# --- predict, then reveal ---------------------------------------------------------------------------------------------


@pytest.fixture
def asked(open_page: Open) -> Any:
    """A page that asks for the gradient of a after its second contribution."""
    page = open_page(small())
    to_edge(page, "e2-0")
    page.keyboard.press("ArrowLeft")
    page.locator("#predict").check()
    page.locator("#predict").blur()
    page.keyboard.press("ArrowRight")
    return page


def test_a_prediction_is_asked_before_the_number_is_shown(asked: Any) -> None:
    after = walk_after(asked)
    assert asked.locator("#product data").all_text_contents()[2] == "?"
    assert asked.evaluate("document.activeElement.id") == "answer"
    text = asked.locator("body").inner_text() + asked.locator("#live").text_content()
    assert f"{after:.6g}" not in text
    assert table(asked)["a"] != after


def walk_after(page: Any) -> float:
    """∂loss/∂a, from an engine of its own."""
    root = small()
    root.backward()
    return next(node for node in root.parents[0].parents[0].parents if node.label == "a").grad


def test_a_right_answer_is_told_so_and_shows_the_sum(asked: Any) -> None:
    asked.keyboard.type(f"{walk_after(asked):.3g}")
    asked.keyboard.press("Enter")
    assert asked.locator("#verdict").text_content() == "Right! 1 of 1 at first try."
    assert table(asked)["a"] == walk_after(asked)
    assert float(asked.locator("#sum .after").get_attribute("value")) == walk_after(asked)


def test_a_wrong_answer_is_told_so_and_can_be_mended(asked: Any) -> None:
    asked.keyboard.type("12345")
    asked.keyboard.press("Enter")
    assert asked.locator("#verdict").text_content().startswith("Not 12345. Multiply ")
    assert table(asked)["a"] != walk_after(asked)
    asked.keyboard.type(f"{walk_after(asked):.4g}")
    asked.keyboard.press("Enter")
    assert asked.locator("#verdict").text_content() == "Right! 0 of 1 at first try."


@pytest.mark.parametrize("text", ["", "abc", "1+1", "--3"])
def test_what_is_no_number_is_not_taken_as_an_answer(asked: Any, text: str) -> None:
    asked.keyboard.type(text)
    asked.keyboard.press("Enter")
    assert asked.locator("#verdict").text_content() == "Type a number."


def test_the_answer_can_be_revealed(asked: Any) -> None:
    asked.locator("#reveal").click()
    assert table(asked)["a"] == walk_after(asked)
    assert asked.locator("#verdict").text_content() == "Revealed."


def test_enter_goes_on_after_an_answer(asked: Any) -> None:
    at = snapshot(asked)["at"]
    asked.keyboard.type(f"{walk_after(asked):.6g}")
    asked.keyboard.press("Enter")
    asked.keyboard.press("Enter")
    assert snapshot(asked)["at"] == at + 1


def test_going_on_without_an_answer_is_allowed(asked: Any) -> None:
    asked.keyboard.press("ArrowRight")
    assert table(asked)["a"] == walk_after(asked)


def test_a_decimal_comma_and_a_real_minus_sign_are_read(asked: Any) -> None:
    asked.keyboard.type(f"{walk_after(asked):.6f}".replace("-", "−").replace(".", ","))
    asked.keyboard.press("Enter")
    assert asked.locator("#verdict").text_content().startswith("Right!")


def test_playing_waits_at_each_question(open_page: Open) -> None:
    page = open_page(small(), alone=True)
    page.clock.install()
    page.locator("#predict").check()
    page.locator("#play").click()
    page.clock.run_for(60_000)
    assert page.locator("#answer").count() == 1
    assert page.locator("#term, .e.flow").count() == 2


@pytest.mark.parametrize(("build", "wrong", "right"), [
    (lambda: Value(0.0, label="x").sqrt(), ["-7", "-inf", "0"], "inf"),
    (lambda: Value(2e-10, label="x") * 1e-10, ["0", "1"], "1e-10"),
])  # fmt: skip
def test_no_other_number_is_right_for_an_infinite_or_a_tiny_gradient(
    open_page: Open, build: Callable[[], Value], wrong: list[str], right: str
) -> None:
    page = open_page(build())
    page.locator("#predict").check()
    page.locator("#predict").blur()
    page.keyboard.press("End")
    for answer in (*wrong, right):
        page.locator("#answer").fill(answer)
        page.keyboard.press("Enter")
        assert page.locator("#verdict").text_content().startswith("Right!" if answer == right else "Not ")
