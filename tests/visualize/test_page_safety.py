"""The stepping page in a real browser: nothing that a label or a line of source says can run, break it or call out."""

from __future__ import annotations

import json
import linecache
import re
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value, provenance
from tests.visualize.conftest import HOSTILE, small, snapshot, steps_to_end, table
from visualize import walk
from visualize.escape import visible

Open = Callable[..., Any]


@pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_label_runs_nothing_breaks_nothing_and_can_be_read(open_page: Open, label: str) -> None:
    a, b = Value(2.0, label=label), Value(-3.0, label="b")
    root = a * b + a
    root.label = label + "root"
    page = open_page(root)
    last = steps_to_end(page)[-1]
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, #rows b b, iframe").count() == 0
    assert page.locator("script").count() == 2
    assert table(page) == {visible(label, 40): -2.0, "b": 2.0, "v1": 1.0, visible(label + "root", 40): 1.0}
    assert visible(label, 11) in "".join(last["graph"])
    assert page.locator("h1 bdi").text_content() == visible(label + "root", 40)
    page.locator("#e2-0").focus()
    assert f"∂v1/∂{visible(label, 40)} = b = -3" in page.locator("#inspect").text_content()


def test_all_hostile_labels_at_once(open_page: Open) -> None:
    root = Value(1.0)
    for label in HOSTILE.values():
        root = root * Value(1.0, label=label)
        root.label = label[::-1]
    page = open_page(root)
    steps_to_end(page)
    assert page.evaluate("window.hacked") is None
    assert set(table(page).values()) == {1.0}


def test_a_hostile_line_of_source_and_its_file_name_are_text(open_page: Open) -> None:
    name = "<img src=x onerror=alert(1)>.py"
    line = "y = x * 2  # </script><script>window.hacked=1</script>\x00\u2028\n"
    linecache.cache[name] = (len(line), None, [line], name)
    namespace: dict[str, Any] = {"x": Value(3.0, label="x"), "__name__": "learner"}
    try:
        with provenance():
            exec(compile(line.replace("\0", ""), name, "exec"), namespace)
        page = open_page(namespace["y"])
    finally:
        del linecache.cache[name]
    page.keyboard.press("ArrowRight")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#lines p").text_content() == visible(name, 40)
    assert snapshot(page)["lines"] == ["1" + visible(line.rstrip(), 160)]


def test_the_page_says_nothing_of_the_folders_it_was_made_in() -> None:
    assert "/" not in json.loads(embedded_data(small()))["source"][0][0]


def embedded_data(root: Value) -> str:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', walk(root).to_html(), re.DOTALL)
    assert match is not None
    return match[1]


@pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE)
def test_the_data_is_json_that_no_parser_of_html_can_leave(label: str) -> None:
    text = embedded_data(Value(1.0, label=label) * 2)
    assert text.isascii()
    assert not re.search("[<\x00-\x1f]", text)
    assert json.loads(text)["nodes"][0][0] == visible(label, 40)


def test_the_file_is_utf_8_whatever_the_labels() -> None:
    page = walk(Value(1.0, label="\ud800") * Value(2.0, label="∂漢🙂")).to_html()
    assert "∂漢🙂" in page.encode("utf-8").decode("utf-8")


# --- the policy -------------------------------------------------------------------------------------------------------


@pytest.fixture
def guarded(browser: Any) -> Any:
    """A page that is allowed to complain: what it refuses is the point."""
    page = browser.new_page()
    page.set_content(walk(small()).to_html())
    yield page
    page.close()


@pytest.mark.parametrize(
    "attack",
    [
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)",
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked = 1\">')",
        "document.body.insertAdjacentHTML('beforeend', '<button id=hit onclick=\"window.hacked = 1\">x</button>'); "
        "document.getElementById('hit').click()",
        "const a = document.createElement('a'); a.href = 'javascript:window.hacked = 1'; "
        "document.body.append(a); a.click()",
        "setTimeout('window.hacked = 1', 0)",
        "const f = document.createElement('iframe'); f.srcdoc = '<script>parent.hacked = 1</' + 'script>'; "
        "document.body.append(f)",
    ],
    ids=["script", "handler of an image", "handler of a button", "address", "text of a timer", "frame"],
)  # fmt: skip
def test_the_policy_refuses_script_that_is_not_the_pages_own(guarded: Any, attack: str) -> None:
    guarded.evaluate(f"(() => {{ try {{ {attack} }} catch {{}} }})()")
    guarded.wait_for_timeout(100)
    assert guarded.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    "call",
    [
        "fetch('http://127.0.0.1:9/x')",
        "new Image().src = 'http://127.0.0.1:9/x.png'",
        "document.body.insertAdjacentHTML('beforeend', '<link rel=stylesheet href=\"http://127.0.0.1:9/x.css\">')",
        "navigator.sendBeacon('http://127.0.0.1:9/x', 'x')",
        "document.body.insertAdjacentHTML('beforeend', '<form id=out action=\"http://127.0.0.1:9/x\"></form>'); "
        "document.getElementById('out').submit()",
        "new WebSocket('ws://127.0.0.1:9/x')",
    ],
    ids=["fetch", "image", "style sheet", "beacon", "form", "socket"],
)
def test_the_policy_refuses_every_request(guarded: Any, call: str) -> None:
    begun: list[str] = []
    refused: list[str] = []
    guarded.on("requestfinished", lambda request: begun.append(request.url))
    guarded.on("websocket", lambda socket: begun.append(socket.url))
    guarded.on("console", lambda message: refused.append(message.text))
    guarded.evaluate(f"(() => {{ try {{ {call} }} catch {{}} }})()")
    guarded.wait_for_timeout(150)
    assert begun == []
    assert any("Content Security Policy" in text for text in refused), refused


def test_the_policy_allows_one_script_and_one_style_sheet_by_hash_and_nothing_by_default() -> None:
    html = walk(small()).to_html()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert policy[1].count("'sha256-") == 2
    assert "unsafe" not in policy[1]
    assert html.index("Content-Security-Policy") < html.index("<style") < html.index("<script")
    assert not re.search(r"\son\w+=|\sstyle=|(?:src|href)=\"(?!data:,)", html.split("<script")[0])
