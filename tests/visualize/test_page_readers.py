"""The stepping page for each of its readers: by the keyboard alone, by ear, in the dark, on a small screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value
from tests.visualize.conftest import neuron_graph, press, small, steps_to_end, table, to_edge, wide

Open = Callable[..., Any]


# --- the keyboard alone -----------------------------------------------------------------------------------------------


def test_the_tab_key_reaches_every_control(open_page: Open) -> None:
    page = open_page(small())
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.id || document.activeElement.getAttribute('class') || 'body'")
        )
    controls = {
        "theme",
        "scrub",
        "home",
        "back",
        "play",
        "next",
        "end",
        "speed",
        "predict",
        "fan-in",
        "non-finite",
        "run",
    }
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
      .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length))
      .map((e) => e.outerHTML)""")
    assert nameless == []


def test_each_step_is_said_aloud(open_page: Open) -> None:
    page = open_page(small())
    said = [shown["live"] for shown in steps_to_end(page)]
    assert page.locator("#live").get_attribute("aria-live") == "polite"
    assert len(set(said)) == len(said)
    assert "gradient of b: 0 + " in said[-1]


# --- the reader's wishes ----------------------------------------------------------------------------------------------

COLOURS = """() => ["body", "#stage", "#what", "#inspect", ".n .t", ".upstream > data", ".local > data",
  ".gives > data"].map((name) => {
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
    assert page.evaluate(
        "(() => { const c = document.getElementById('canvas'); return c.scrollWidth <= c.clientWidth })()"
    )


def test_a_leaf_alone_is_a_page_too(open_page: Open) -> None:
    page = open_page(Value(2.0, label="a"))
    assert press(page, "End")["phase"] == "Done"
    assert table(page) == {"a": 1.0}
