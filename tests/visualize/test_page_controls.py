"""The stepping page in a real browser: keys, buttons, stops, predictions, and how it adapts to its reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value
from tests.visualize.conftest import neuron_graph, not_finite, small, snapshot, steps_to_end, table, wide

Open = Callable[..., Any]


def press(page: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        page.keyboard.press(key)
    return snapshot(page)


def to_edge(page: Any, edge: str) -> None:
    """Steps to the moment of one edge, from anywhere before it."""
    while page.locator(f"#{edge}.flow").count() == 0:
        page.keyboard.press("ArrowRight")


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


@pytest.mark.parametrize(("button", "key"), [("next", "ArrowRight"), ("end", "End"), ("back", "ArrowLeft"), ("home", "Home")])
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
    page = open_page(small())
    page.clock.install()
    page.keyboard.press("Space")
    page.clock.run_for(3000)
    at = press(page, "Space")["at"]
    page.clock.run_for(10_000)
    assert 1 <= snapshot(page)["at"] == at


def test_speed_says_how_fast_it_plays(open_page: Open) -> None:
    page = open_page(wide(60))
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


# --- the keyboard alone -----------------------------------------------------------------------------------------------


def test_the_tab_key_reaches_every_control(open_page: Open) -> None:
    page = open_page(small())
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.getAttribute('class') || 'body'"))
    controls = {"theme", "scrub", "home", "back", "play", "next", "end", "speed", "predict", "fan-in", "non-finite", "run"}
    assert controls <= reached
    assert {"name", "stop"} <= reached


def test_up_and_down_visit_the_graph_and_enter_goes_there(open_page: Open) -> None:
    page = open_page(small())
    page.locator(".e").first.focus()
    terms = set()
    for _ in range(page.locator(".e").count() + 4):
        page.keyboard.press("ArrowDown")
        terms.add(page.locator("#inspect").text_content())
    assert len(terms) == page.locator(".e").count() + 4
    page.locator("#n2").focus()
    page.keyboard.press("Enter")
    assert page.locator("tr.active .name").text_content() == "e"


def test_the_graph_is_one_stop_of_the_tab_key(open_page: Open) -> None:
    page = open_page(small())
    assert page.locator("#canvas [tabindex='0']").count() == 1


def test_every_control_has_a_name(open_page: Open) -> None:
    page = open_page(small())
    page.locator("#predict").check()
    to_edge(page, "e2-0")
    nameless = page.evaluate("""() => [...document.querySelectorAll("button, input, select, [role=button]")]
      .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length)).map((e) => e.outerHTML)""")
    assert nameless == []


def test_each_step_is_said_aloud(open_page: Open) -> None:
    page = open_page(small())
    said = [shown["live"] for shown in steps_to_end(page)]
    assert page.locator("#live").get_attribute("aria-live") == "polite"
    assert len(set(said)) == len(said)
    assert "gradient of b: 0 + " in said[-1]


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
    assert stops[0] == "Stopped at v2 is -inf"
    assert "Stopped at the gradient of x is inf" in stops


def test_playing_stops_as_well(open_page: Open) -> None:
    page = open_page(small())
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
    page = open_page(small())
    page.clock.install()
    page.locator("#predict").check()
    page.locator("#play").click()
    page.clock.run_for(60_000)
    assert page.locator("#answer").count() == 1
    assert page.locator("#term, .e.flow").count() == 2


# --- the reader's wishes ----------------------------------------------------------------------------------------------

COLOURS = """() => ["body", "#stage", "#what", "#inspect", ".n .t", ".upstream > data", ".local > data", ".gives > data"].map((name) => {
  const style = getComputedStyle(document.querySelector(name));
  return [style.color, style.backgroundColor, style.fill];
})"""


def lightness(colour: str) -> float:
    """Relative luminance of `rgb(...)`, after WCAG 2.2."""
    channels = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_systems_colours_and_stays_readable(open_page: Open, scheme: str) -> None:
    page = open_page(small(), color_scheme=scheme)
    page.keyboard.press("End")
    found = page.evaluate(COLOURS)
    ground = lightness(found[1][1])
    assert (ground > 0.5) is (scheme == "light")
    inks = [lightness(colour) for colour, *_ in found] + [lightness(found[4][2])]
    assert all((max(ink, ground) + 0.05) / (min(ink, ground) + 0.05) >= 4.5 for ink in inks), found


def test_the_colours_can_be_switched(open_page: Open) -> None:
    page = open_page(small(), color_scheme="light")
    page.keyboard.press("End")
    light = page.evaluate(COLOURS)
    page.locator("#theme").click()
    dark = page.evaluate(COLOURS)
    page.locator("#theme").click()
    assert lightness(dark[1][1]) < 0.1 < lightness(light[1][1])
    assert page.evaluate(COLOURS) == light


@pytest.mark.parametrize(("motion", "moving"), [("no-preference", 1), ("reduce", 0)])
def test_nothing_moves_for_who_asked_for_less_motion(open_page: Open, motion: str, moving: int) -> None:
    page = open_page(small(), reduced_motion=motion)
    page.keyboard.press("End")
    assert page.evaluate("document.getAnimations().length") == moving


@pytest.mark.parametrize("width", [1280, 800, 390])
def test_nothing_sticks_out_of_the_window(open_page: Open, width: int) -> None:
    page = open_page(neuron_graph(), viewport={"width": width, "height": 720})
    for key in ("Home", "ArrowRight", "End"):
        page.keyboard.press(key)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_large_graph_scrolls_to_the_node_at_work_and_can_be_seen_whole(open_page: Open) -> None:
    page = open_page(wide(120))
    page.locator("#scrub").fill("60")
    seen = """() => { const a = document.querySelector(".n.active").getBoundingClientRect(),
      b = document.getElementById("canvas").getBoundingClientRect();
      return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom; }"""
    assert page.evaluate(seen)
    page.locator("#whole").click()
    assert page.evaluate("(() => { const c = document.getElementById('canvas'); return c.scrollWidth <= c.clientWidth })()")


def test_a_leaf_alone_is_a_page_too(open_page: Open) -> None:
    page = open_page(Value(2.0, label="a"))
    assert press(page, "End")["phase"] == "Done"
    assert table(page) == {"a": 1.0}
