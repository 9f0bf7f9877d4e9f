"""Escaping, target by target: whatever the label, nothing is obeyed and everything can be read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import graphviz
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.requires import requires
from tests.visualize.hostile import hostile
from visualize.escape import LONGEST, dot_label, in_its_place, latex_text, markup_text, terminal_text, visible

JOINER = "\u2060"

anything = st.text(st.characters(codec=None), max_size=60)


@hostile
def test_visible_text_has_no_character_that_is_not_printed(label: str) -> None:
    assert all(character == " " or character.isprintable() or character == "…" for character in visible(label))


@given(anything)
def test_visible_text_is_left_alone_when_made_visible_again(label: str) -> None:
    assert visible(visible(label)) == visible(label)


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    shown = visible("begin" + "x" * 20_000 + "end", most=20)
    assert len(shown) == 20
    assert shown.startswith("begin")
    assert shown.endswith("end")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a↵b"),
        ("a\tb", "a→b"),
        ("\x00", "⟨0000⟩"),
        ("\x1b[0m", "⟨001B⟩[0m"),
        ("\x7f", "⟨007F⟩"),
        ("\u202e", "⟨202E⟩"),
        ("\ud83d", "⟨D83D⟩"),
    ],
)
def test_each_unprintable_character_has_a_picture_or_its_number(text: str, shown: str) -> None:
    assert visible(text) == shown


@hostile
def test_an_xml_parser_reads_back_what_was_visible(label: str) -> None:
    element = ET.fromstring(f'<text title="{markup_text(label)}">{markup_text(label)}</text>')
    assert len(element) == 0
    assert element.text == element.get("title") == visible(label)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(anything)
def test_an_html_parser_finds_no_tag(label: str) -> None:
    reader = _Reader()
    reader.feed(f"<p>{markup_text(label)}</p>")
    reader.close()
    assert reader.tags == ["p"]
    assert reader.text == in_its_place(visible(label))


def test_a_label_of_dot_is_one_string_that_graphviz_does_not_take_for_html() -> None:
    source = graphviz.Digraph(body=[]).source
    assert "<" not in source
    drawing = graphviz.Digraph()
    drawing.node("n0", dot_label("<b>bold</b>"))
    assert 'label="<b>bold</b>"' in drawing.source


@pytest.mark.filterwarnings("error")  # python-graphviz warns of a string that would not end
@hostile
def test_graphviz_shows_the_label_and_keeps_every_node(label: str) -> None:
    pygraphviz = requires("pygraphviz")
    drawing = graphviz.Digraph()
    drawing.node("n0", dot_label(label, most=40), tooltip=dot_label(label))
    drawing.node("n1", "next")
    drawing.edge("n0", "n1", dot_label(label, most=40))
    graph = pygraphviz.AGraph(string=drawing.source)
    assert graph.nodes() == ["n0", "n1"]
    svg = ET.fromstring(graph.draw(format="svg", prog="dot"))
    texts = ["".join(text.itertext()).replace("\xa0", " ") for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    shown = visible(label, most=40)
    assert sorted(text for text in texts if text.strip()) == sorted(["next", *[shown] * (2 if shown.strip() else 0)])


@hostile
def test_markup_of_a_terminal_shows_the_label_and_obeys_nothing(label: str) -> None:
    text = terminal_text(label)
    rich = requires("rich.markup").render(f"[bold]{text}[/bold]")
    textual = requires("textual.markup").to_content(f"[bold]{text}[/bold]")
    assert rich.plain.replace(JOINER, "") == visible(label)
    assert textual.plain.replace(JOINER, "") == visible(label)
    assert [str(span.style) for span in rich.spans] == ["bold"]
    assert [str(span.style) for span in textual.spans] == ["bold"]


@given(anything)
def test_neither_rich_nor_textual_finds_a_tag_in_any_text(label: str) -> None:
    text = terminal_text(label)
    for parse in (requires("rich.markup").render, requires("textual.markup").to_content):
        found = parse(f"[bold]{text}[/bold]")
        assert found.plain.replace(JOINER, "") == visible(label)


@hostile
def test_latex_has_balanced_braces_and_no_command_of_the_label(label: str) -> None:
    text = latex_text(label)
    bare = re.sub(r"\\[{}$%#&_ ]", "", text)
    assert bare.count("{") == bare.count("}")
    commands = set(re.findall(r"\\[A-Za-z]+", bare))
    assert commands <= {r"\mathrm", r"\backslash", r"\wedge", r"\sim", r"\vert", r"\prime"}
    assert not re.search(r"[$%#&~]", bare)
    assert not re.search(r"<[A-Za-z/!?]", text)


@hostile
def test_a_parser_of_latex_takes_the_label(label: str) -> None:
    if not label.isascii() and not visible(label).isascii():
        label = label.encode("ascii", "replace").decode()  # matplotlib's fonts lack these, and LaTeX's may
    text = re.sub(r"\\[#&]", "+", latex_text(label, most=60))  # which LaTeX knows and matplotlib does not
    parser = requires("matplotlib.mathtext").MathTextParser("path")
    parser.parse(f"${text}$")


def test_every_target_cuts_what_is_too_long() -> None:
    label = "x" * 20_000
    for escape in (dot_label, markup_text, latex_text, terminal_text):
        assert len(escape(label)) < LONGEST + 20


@pytest.mark.parametrize("most", [40, 32, 24, 16, 12])
def test_parameters_of_one_network_keep_names_of_their_own(most: int) -> None:
    paths = [
        f"{block}layers[{i}].neurons[{j}].{kind}"
        for block in ("", "enc1.", "enc2.")[: 3 if most > 12 else 1]
        for i in range(3)
        for j in (0, 7, 12)
        for kind in ("w[0]", "w[15]", "b")
    ]
    assert len({visible(path, most) for path in paths}) == len(paths)
    assert all(len(visible(path, most)) <= most for path in paths)


def test_a_path_of_any_length_is_cut_in_no_time() -> None:
    path = ".".join(["a"] * 1_000_000)
    assert len(visible(path, 40)) == 40


@pytest.mark.parametrize(("text", "shown"), [
    ("\u05d0 = -3", "\u05d0\u200e = -3"), ("\u05d0 \u05d1 = 1", "\u05d0 \u05d1\u200e = 1"), ("\u05d0", "\u05d0"),
    ("d\u05d0.grad: 2", "d\u05d0\u200e.grad: 2"), ("a = 1", "a = 1"),
])  # fmt: skip
def test_a_number_behind_hebrew_words_keeps_its_place(text: str, shown: str) -> None:
    assert in_its_place(text) == shown
