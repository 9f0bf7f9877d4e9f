"""A browser for the tests of the page, and graphs to step through.

The browser lives as long as one module of tests: playwright's synchronous interface keeps an event loop running in this
thread, and tests of other modules start their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, dot, provenance
from tests.requires import requires
from visualize import walk

HOSTILE = {
    "quotes": "a\"b'c`d",
    "backslash": "a\\b\\",
    "newline": "a\nb\r\n",
    "bold": "<b>bold</b>",
    "script": "<script>window.hacked=1</script>",
    "end of script": "</script><script>window.hacked=1</script>",
    "comment": "<!--<script>",
    "address": "javascript:window.hacked=1",
    "handler": '"><img src=x onerror="window.hacked=1">',
    "record": "{a|b}",
    "port": "a::b",
    "nul": "a\0b",
    "escape": "a\x1b[31mb",
    "surrogate": "a\ud800b",
    "right to left": "a\u202eb\u2067c",
    "line separators": "a\u2028b\u2029c",
    "place holder": "{{js}}${data}",
    "long": "x" * 20_000,
}
"""Labels that break whatever does not escape them, by what they try."""


def small() -> Value:
    """Ten nodes; ``a`` is used twice."""
    a, b, c, f = (Value(x, label=name) for name, x in {"a": 0.5, "b": -3.0, "c": 1.9, "f": -2.0}.items())
    with provenance():
        e = a * b
        d = e + c
        loss = (d * f + a).tanh() * 3
    e.label, d.label, loss.label = "e", "d", "loss"
    return loss


def neuron_graph() -> Value:
    """Fused nodes with several operands, a kink, a node that gets nothing, a frozen input."""
    w = [Value(x, label=f"w[{k}]") for k, x in enumerate((0.3, -1.2, 0.7))]
    x = [Value(1.0, requires_grad=False, label="x"), 2.0, -0.4]
    alive, dead = dot(w, x, Value(2.9, label="b")).relu(), dot(w, x, -9.0).relu()
    return (alive - 1.0 / 3.0) ** 2 + dead * w[0]


def not_finite() -> Value:
    """An infinite gradient, and then NaN."""
    x = Value(0.0, label="x")
    return x.sqrt() + x.log().exp() * 2 + (x * 1e200) * 1e200


def deep(count: int) -> Value:
    """A graph of about ``count`` nodes: a chain over a few shared leaves."""
    leaves = [Value(0.1 * k - 0.35, label=f"p{k}") for k in range(8)]
    total = leaves[0] * leaves[1]
    for k in range((count - 9) // 2):
        total = (total * leaves[k % 8]).tanh() if k % 2 else (total + leaves[k % 8]).sin()
    return total


def wide(count: int) -> Value:
    """A graph of about ``count`` nodes: a tree over its leaves, as a network's."""
    level = [Value(0.1 * (k % 9) - 0.35, label=f"w{k}") for k in range(count // 3)]
    while len(level) > 1:
        level = [(x * y).tanh() for x, y in zip(level[::2], level[1::2], strict=False)]
    return level[0]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """Chromium as the system has it."""
    playwright = requires("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium)
        yield running
        running.close()


@pytest.fixture(scope="module")
def window(browser: Any) -> Any:
    """A window for the pages that need none of their own: to open one takes longer than most tests."""
    return browser.new_context(viewport={"width": 1280, "height": 720})


@pytest.fixture
def open_page(browser: Any, window: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`open_page(root)` writes a walk's page and opens it; in the end it asks whether anything went wrong there.

    With `alone=True`, or options of its own, the page has a window to itself: a clock to set, another size.
    """
    pages: list[Any] = []
    wrong: list[str] = []
    requests: list[str] = []

    def opened(root: Value, alone: bool = False, **options: Any) -> Any:
        path = walk(root).to_html(tmp_path / f"page{len(pages)}.html")
        if alone or options:
            page = browser.new_page(**{"viewport": {"width": 1280, "height": 720}, **options})
        else:
            page = window.new_page()
        pages.append(page)
        page.set_default_timeout(5000)
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for page in pages:
        page.close()
    assert wrong == []
    assert all(url.startswith("file:") and url.endswith(".html") for url in requests), requests
    assert len(requests) == len(pages)


def table(page: Any) -> dict[str, float]:
    """The table of gradients as it stands in the page."""
    rows: list[tuple[str, str]] = page.evaluate(
        """() => [...document.querySelectorAll("#rows tr")].map((row) =>
          [row.querySelector(".name").title, row.querySelector(".gradient data").value])"""
    )
    return {name: float(value) for name, value in rows}


SNAPSHOT = """() => ({
  step: Number(document.getElementById("step").textContent),
  at: Number(document.getElementById("scrub").value),
  last: Number(document.getElementById("scrub").max),
  phase: document.getElementById("phase").textContent,
  rows: [...document.querySelectorAll("#rows tr")].map((row) => row.textContent + row.className),
  gradients: [...document.querySelectorAll("#rows .gradient data")].map((d) => [d.value, d.textContent]),
  graph: [...document.querySelectorAll("#canvas svg > g")].map((g) => g.id + g.getAttribute("class") + g.textContent),
  product: [...document.querySelectorAll("#product data")].map((d) => [d.value, d.textContent]),
  equals: document.querySelector("#product > span:nth-of-type(2)")?.textContent ?? "",
  sum: [...document.querySelectorAll("#sum data")].map((d) => [d.value, d.textContent, d.className]),
  sumEquals: [...document.querySelectorAll("#sum > span")].at(-1)?.textContent ?? "",
  live: document.getElementById("live").textContent,
  status: document.getElementById("status").textContent,
  lines: [...document.querySelectorAll("#lines .on")].map((line) => line.textContent),
})"""


def snapshot(page: Any) -> dict[str, Any]:
    """All that the page shows of the present moment, as text."""
    shown: dict[str, Any] = page.evaluate(SNAPSHOT)
    return shown


def walk_by(page: Any, key: str) -> list[dict[str, Any]]:
    """The page at each moment from the present one to where the key → or ← leads no further."""
    shown: list[dict[str, Any]] = page.evaluate(
        f"""(key) => {{
          const shown = [], snapshot = {SNAPSHOT};
          do {{
            shown.push(snapshot());
            document.dispatchEvent(new KeyboardEvent("keydown", {{ key, bubbles: true }}));
          }} while (Number(document.getElementById("scrub").value) !== shown.at(-1).at);
          return shown;
        }}""",
        key,
    )
    return shown


def steps_to_end(page: Any) -> list[dict[str, Any]]:
    """The page at every moment from the start to the end."""
    return walk_by(page, "ArrowRight")


def press(page: Any, *keys: str) -> dict[str, Any]:
    """What the page shows after these keys."""
    for key in keys:
        page.keyboard.press(key)
    return snapshot(page)


def to_edge(page: Any, edge: str) -> None:
    """Steps to the moment of one edge, from anywhere before it."""
    while page.locator(f"#{edge}.flow").count() == 0:
        page.keyboard.press("ArrowRight")
