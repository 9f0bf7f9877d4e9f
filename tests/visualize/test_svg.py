"""Our own SVG: well-formed, complete, free of overlaps, and harmless in a browser whatever the labels."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

import autograd
from autograd import Value
from tests.requires import requires
from tests.visualize.graphs import expression, network
from tests.visualize.hostile import LABELS, hostile
from visualize import DrawingError, to_svg, walk
from visualize.escape import visible
from visualize.place import SMALL, WIDEST, text_width

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "title", "desc", "rect", "circle", "polygon", "path", "text", "g"}

layouts = pytest.mark.parametrize("layout", ["builtin", "dot"])


def drawn(root: Value, **options: Any) -> ET.Element:
    if options.get("layout") == "dot":
        requires("pygraphviz")
    return ET.fromstring(to_svg(root, **options))


def texts(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def rectangles(svg: ET.Element) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of every box."""
    found = []
    for group in svg.iter(f"{SVG}g"):
        if group.get("data-id"):
            box = group.findall(f"{SVG}rect")[-1]
            x, y, width, height = (float(box.get(name, "nan")) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    return found


@layouts
def test_every_node_and_every_edge_of_the_graph_is_drawn(layout: str) -> None:
    root = expression()
    svg = drawn(root, layout=layout)
    edges = [group for group in svg.iter(f"{SVG}g") if group.get("data-tail")]
    steps = walk(root)
    numbers = 1
    assert len(rectangles(svg)) == len(steps.nodes) + numbers
    assert len(edges) == sum(len(node.parents) for node in steps.nodes) + numbers
    for node in steps.nodes:
        assert f"data {node.data:.6g}" in texts(svg)
        assert f"grad {node.grad:.6g}" in texts(svg)


@layouts
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_boxes_do_not_overlap_and_stay_on_the_canvas(layout: str, rankdir: str) -> None:
    svg = drawn(network(3, [4, 4, 1]), layout=layout, rankdir=rankdir)
    width, height = float(svg.get("width", "0")), float(svg.get("height", "0"))
    boxes = rectangles(svg)
    assert min(min(left, top) for left, top, _, _ in boxes) >= 0
    assert all(right <= width and bottom <= height for _, _, right, bottom in boxes)
    for (a, b, c, d), (e, f, g, h) in itertools.combinations(boxes, 2):
        assert c <= e or g <= a or d <= f or h <= b


def test_the_sign_of_a_gradient_is_a_shape_beside_its_number() -> None:
    x = Value(0.0, label="x")
    root = x.log() * 2 - x.abs()
    root.backward()
    shapes = {shape.get("data-sign") for shape in drawn(root, layout="builtin").iter() if shape.get("data-sign")}
    assert shapes == {"positive", "negative", "zero", "non-finite"}


def test_the_two_themes_differ_in_colours_alone() -> None:
    light, dark = (to_svg(expression(), theme=theme, layout="builtin") for theme in ("light", "dark"))
    assert light != dark
    assert re.sub("#[0-9a-f]{6}", "", light) == re.sub("#[0-9a-f]{6}", "", dark)


def test_equal_graphs_give_equal_drawings() -> None:
    assert to_svg(network(2, [3, 1])) == to_svg(network(2, [3, 1]))


def test_the_smallest_text_is_twelve_pixels() -> None:
    svg = drawn(network(3, [4, 4, 1]), layout="builtin")
    sizes = {float(text.get("font-size", svg.get("font-size", "0"))) for text in svg.iter(f"{SVG}text")}
    assert min(sizes) >= 12


def test_a_drawing_has_neither_ids_nor_styles_that_another_on_the_page_could_meet() -> None:
    text = to_svg(network(2, [2, 1]))
    assert not re.search(r"\s(id|class|style)=", text)
    assert "<style" not in text
    assert set(re.findall(r"https?://[^\"]+", text)) == {"http://www.w3.org/2000/svg"}


def test_a_folded_drawing_says_so() -> None:
    assert "60 nodes, drawn as 6 boxes" in texts(drawn(network(3, [4, 4, 1]), depth=0))


@pytest.mark.parametrize(
    "options", [{"layout": "circle"}, {"theme": "sepia"}, {"rankdir": "RL"}, {"depth": -1}], ids=str
)
def test_what_there_is_not_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(DrawingError, match=re.escape(repr(next(iter(options.values()))).strip("'"))):
        to_svg(Value(1.0) * 2, **options)


# labels ---------------------------------------------------------------------------------------------------------------


def labelled(label: str) -> Value:
    """The label on a leaf, on an operation and within the path of a cluster."""
    leaf, weight = Value(2.0, label=label), Value(3.0, label=f"{label}.w")
    root = leaf * weight
    root.label = f"{label} root"
    return root


@hostile
@layouts
def test_a_parser_finds_the_label_as_text_and_no_element_of_its_own(label: str, layout: str) -> None:
    svg = drawn(labelled(label), layout=layout)
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= TAGS
    assert visible(label, WIDEST) in texts(svg)
    assert all(name.partition("-")[0] != "on" and not name.startswith("on") for e in svg.iter() for name in e.attrib)


@hostile
def test_a_label_makes_no_box_wider_than_its_share(label: str) -> None:
    widths = [right - left for left, _, right, _ in rectangles(drawn(labelled(label), layout="builtin"))]
    assert max(widths) < 700


def test_nothing_runs_in_a_browser_and_every_label_can_be_read(browser: Any, tmp_path: Any) -> None:
    wrong: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
    drawings = [to_svg(labelled(label), layout="builtin") for label in LABELS.values()]
    inline = tmp_path / "inline.html"
    inline.write_text(f"<!doctype html><meta charset=utf-8><body>{''.join(drawings)}", encoding="utf-8")
    page.goto(inline.as_uri())
    assert page.locator("svg").count() == len(LABELS)
    assert page.locator("script, img, b, style, foreignObject").count() == 0
    shown = page.evaluate(
        "[...document.querySelectorAll('svg')].map(s => [...s.querySelectorAll('text')].map(t => t.textContent))"
    )
    for label, found in zip(LABELS.values(), shown, strict=True):
        assert visible(label, WIDEST) in found
    for index, svg in enumerate(drawings):
        alone = tmp_path / f"{index}.svg"
        alone.write_text(svg, encoding="utf-8")
        page.goto(alone.as_uri())
        assert page.evaluate("document.documentElement.tagName") == "svg"
        assert page.evaluate("document.querySelectorAll('parsererror').length") == 0
    page.close()
    assert wrong == []


def test_every_text_fits_its_box_in_a_browser(browser: Any, tmp_path: Any) -> None:
    page = browser.new_page()
    path = tmp_path / "drawing.svg"
    for root in (expression(), network(3, [4, 4, 1]), labelled("wide characters \u6f22\u5b57"), labelled("W" * 50)):
        path.write_text(to_svg(root, layout="builtin"), encoding="utf-8")
        page.goto(path.as_uri())
        beyond = page.evaluate(
            """() => [...document.querySelectorAll('g[data-id]')].flatMap(g => {
                const box = [...g.querySelectorAll('rect')].at(-1).getBBox();
                return [...g.querySelectorAll('text')].filter(t => {
                    const inner = t.getBBox();
                    return inner.x < box.x || inner.x + inner.width > box.x + box.width + 0.5;
                }).map(t => t.textContent);
            })"""
        )
        assert beyond == []
    page.close()


@layouts
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_the_title_of_a_scope_stays_in_its_frame(layout: Any, rankdir: Any) -> None:
    name = "inner scope also of an excessive length"
    with autograd.provenance(), autograd.scope("outer"):
        y = Value(1.0, label="x") * 2
        with autograd.scope(name):
            z = y.tanh()
        with autograd.scope("second"):
            q = y.relu()
    svg = drawn(z * q, layout=layout, rankdir=rankdir)
    frames = [rect for rect in svg.iter(f"{SVG}rect") if rect.get("stroke-opacity") == "0.55"]
    titles = [
        group for group in svg.iter(f"{SVG}g") if group.find(f"{SVG}title") is not None and not group.get("data-id")
    ]
    assert name in {group.findtext(f"{SVG}title") for group in titles}
    seen = 0
    for text in (text for group in titles for text in group.iter(f"{SVG}text")):
        x, y0 = float(text.get("x", 0)), float(text.get("y", 0))
        for frame in frames:
            left, top, width = (float(frame.get(side, 0)) for side in ("x", "y", "width"))
            if abs(left + 8.0 - x) < 0.2 and abs(top + 14.5 - y0) < 0.2:
                seen += 1
                assert x + text_width(text.text or "", SMALL) <= left + width
    assert seen == len(frames) == 3
