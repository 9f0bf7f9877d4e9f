"""A drawing as a file, in the format that its suffix names, by whichever program there is."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from autograd import MissingExtraError, Value
from tests.requires import requires
from tests.visualize.graphs import chain, expression, network
from tests.visualize.hostile import LABELS
from visualize import DrawingError, engines, save, to_svg


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nothing but pip's required packages: no dot, no pygraphviz, no resvg."""
    hide(monkeypatch, "pygraphviz", "resvg_py")


def hide(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    find = importlib.util.find_spec

    def found(name: str, package: str | None = None) -> object:
        return None if name in modules else find(name, package)

    for user in ("visualize.engines", "visualize.save"):
        monkeypatch.setattr(sys.modules[user], "find_spec", found)
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(shutil, "which", lambda *_: None)


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize("name", ["a.svg", "a.SVG", "a.dot", "a.gv", "a.html"])
def test_svg_dot_and_the_page_need_nothing(name: str, tmp_path: Path) -> None:
    path = save(expression(), tmp_path / name)
    assert path == tmp_path / name
    assert path.stat().st_size > 500


def test_an_svg_file_is_the_text_of_to_svg(tmp_path: Path) -> None:
    root = expression()
    path = save(root, str(tmp_path / "a.svg"), theme="dark", rankdir="TB", layout="builtin")
    assert path.read_text(encoding="utf-8") == to_svg(root, theme="dark", rankdir="TB", layout="builtin")


def test_a_png_is_our_own_drawing_at_twice_its_size(tmp_path: Path) -> None:
    requires("resvg_py")
    image = requires("PIL.Image")
    root = expression()
    with image.open(save(root, tmp_path / "a.png", layout="builtin")) as png:
        svg = ET.fromstring(to_svg(root, layout="builtin"))
        assert png.size == (2 * int(svg.get("width", "0")), 2 * int(svg.get("height", "0")))
        colours = {colour for _, colour in png.convert("RGB").getcolors(1 << 20)}
        assert len(colours) > 20


def test_a_png_of_a_very_wide_drawing_stays_within_bounds(tmp_path: Path) -> None:
    requires("resvg_py")
    image = requires("PIL.Image")
    node = Value(1.0)
    for _ in range(140):
        node = node.tanh()
    with image.open(save(node, tmp_path / "a.png", layout="builtin")) as png:
        assert max(png.size) <= 16_001


def test_without_resvg_a_png_is_graphvizs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requires("pygraphviz")
    hide(monkeypatch, "resvg_py")
    assert save(expression(), tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_pdf_is_graphvizs(tmp_path: Path) -> None:
    requires("pygraphviz")
    assert save(network(2, [2, 1]), tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_without_graphviz_a_pdf_holds_the_png(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requires("resvg_py")
    hide(monkeypatch, "pygraphviz")
    assert b"/DeviceN" in save(network(2, [2, 1]), tmp_path / "a.pdf").read_bytes()


def test_a_pdf_of_our_own_layout_does_not_ask_graphviz(tmp_path: Path) -> None:
    requires("resvg_py")
    assert b"/DeviceN" in save(expression(), tmp_path / "a.pdf", layout="builtin").read_bytes()


def test_a_dot_file_is_read_by_graphviz(tmp_path: Path) -> None:
    path = save(expression(), tmp_path / "a.dot")
    assert len(requires("pygraphviz").AGraph(string=path.read_text(encoding="utf-8")).nodes()) == 10


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize(("name", "needs"), [("a.png", "resvg-py or Graphviz"), ("a.pdf", "resvg-py or Graphviz")])
def test_what_is_missing_is_named_with_the_command_and_no_file_appears(name: str, needs: str, tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match=rf'{needs}: pip install "chainrule\[render\]"'):
        save(expression(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("nothing")
def test_the_layout_of_graphviz_without_graphviz_is_an_error_and_auto_is_none() -> None:
    with pytest.raises(MissingExtraError, match=r'`dot` program on the PATH or: pip install "chainrule\[render\]"'):
        to_svg(expression(), layout="dot")
    assert to_svg(expression(), layout="auto") == to_svg(expression(), layout="builtin")


def test_auto_takes_graphviz_where_there_is_one() -> None:
    requires("pygraphviz")
    root = network(3, [3, 1])
    assert to_svg(root, layout="auto") == to_svg(root, layout="dot") != to_svg(root, layout="builtin")


def test_a_dot_program_on_the_path_is_used_before_pygraphviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\ncat > "$0.in"\nprintf "%s" "$1 $2"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert b"-Tpdf" in engines.graphviz_render("digraph {}", "pdf")
    assert (tmp_path / "dot.in").read_text() == "digraph {}"


@pytest.mark.parametrize("name", ["a", "a.jpg", "svg"])
def test_an_unknown_suffix_is_refused_with_those_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(DrawingError, match=r"one of \.svg, \.png, \.pdf"):
        save(expression(), tmp_path / name)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        save(expression(), tmp_path / "nowhere" / "a.svg")


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf", ".dot"])
def test_any_label_can_be_saved(suffix: str, tmp_path: Path) -> None:
    requires("resvg_py")
    requires("pygraphviz")
    root = Value(1.0)
    for label in LABELS.values():
        root = root * Value(1.0, label=label)
    assert save(root, tmp_path / f"a{suffix}").stat().st_size > 1000


def test_a_deep_graph_is_freed_and_drawn_without_recursion(tmp_path: Path) -> None:
    code = (
        "import sys; from visualize import save; from autograd import Value\n"
        "sys.setrecursionlimit(150); x = Value(1.0)\n"
        "for k in range(20_000): x = x.sin() if k % 2 else x.tanh()\n"
        f"save(x, {str(tmp_path / 'a.svg')!r}, layout='builtin')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    assert "more nodes" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_a_fold_of_a_long_chain_is_a_small_file(tmp_path: Path) -> None:
    assert save(chain(50_000), tmp_path / "a.svg").stat().st_size < 5000
