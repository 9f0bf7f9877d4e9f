"""`walk.show()`: the page in a notebook's frame, and in the web browser where there is no notebook."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from autograd import Value
from tests.requires import requires
from visualize import notebook, walk

CELLS = """\
import warnings
from autograd import Value, provenance
from visualize import walk
a, b = Value(2.0, label="a"), Value(-3.0, label="b")
with provenance():
    loss = (a * b).tanh()
walk(loss).show()
walk(a * 3).show(height=500)
"""


@pytest.fixture(scope="module")
def outputs() -> list[Any]:
    """What a notebook's cell with two pages displays."""
    nbformat, nbclient = requires("nbformat"), requires("nbclient")
    requires("ipykernel")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELLS, id="steps")])
    nbclient.NotebookClient(
        book, timeout=120, resources={"metadata": {"path": str(Path(__file__).parents[2])}}
    ).execute()
    nbformat.validate(book)
    found: list[Any] = book.cells[0].outputs
    return found


def test_a_cell_displays_a_sandboxed_frame_for_each_page(outputs: list[Any]) -> None:
    frames = [output["data"]["text/html"] for output in outputs]
    assert len(frames) == 2
    for frame in frames:
        assert re.match(r'<iframe sandbox="allow-scripts" width="100%" height="\d+" ', frame)
        assert frame.count("<") == 2  # the frame and its end: all of the page is within the attribute
    assert 'height="500"' in frames[1]


def test_whoever_reads_the_notebook_as_text_reads_what_it_is(outputs: list[Any]) -> None:
    assert [output["data"]["text/plain"] for output in outputs] == ["Backpropagation of v2", "Backpropagation of v1"]


def test_the_cells_line_is_the_source(outputs: list[Any]) -> None:
    page = unescape(outputs[0]["data"]["text/html"])
    assert '["notebook cell",[[6,"loss = (a * b).tanh()"]]]' in page


def test_two_pages_in_one_notebook_stay_apart(outputs: list[Any], browser: Any) -> None:
    page = browser.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.set_content("".join(output["data"]["text/html"] for output in outputs) + "<p id=step>mine</p>")
    first, second = page.frame_locator("iframe").nth(0), page.frame_locator("iframe").nth(1)
    first.locator("#end").click()
    assert first.locator("#step").text_content() == "4"
    assert second.locator("#step").text_content() == "0"
    second.locator("#next").click()
    assert (first.locator("#step").text_content(), second.locator("#step").text_content()) == ("4", "1")
    assert page.locator("#step").text_content() == "mine"
    assert first.locator("#rows .gradient").first.text_content().startswith("-")
    page.close()
    assert wrong == []


def test_the_frame_cannot_reach_the_notebook(outputs: list[Any], browser: Any) -> None:
    page = browser.new_page()
    page.set_content(outputs[0]["data"]["text/html"])
    page.frame_locator("iframe").locator("#end").click()
    frame = page.frames[1]
    assert frame.evaluate("(() => { try { return parent.document.title } catch (error) { return error.name } })()") == (
        "SecurityError"
    )
    page.close()


def test_outside_of_a_notebook_the_page_opens_in_the_web_browser(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(notebook.webbrowser, "open", lambda url: opened.append(url) or True)
    monkeypatch.setattr(notebook.tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    steps = walk(Value(2.0, label="a") * 3)
    steps.show()
    assert opened == [(tmp_path / "steps.html").as_uri()]
    assert (tmp_path / "steps.html").read_text(encoding="utf-8") == steps.to_html()
    assert capsys.readouterr().out.startswith("Backpropagation of v1: opened ")


def test_where_no_browser_can_be_opened_the_path_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(notebook.webbrowser, "open", lambda url: False)
    monkeypatch.setattr(notebook.tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    walk(Value(2.0, label="a") * 3).show()
    assert capsys.readouterr().out == f"Backpropagation of v1: {tmp_path / 'steps.html'}\n"
