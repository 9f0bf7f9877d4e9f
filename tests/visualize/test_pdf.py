"""A PDF of one page around a PNG."""

from __future__ import annotations

import io
import re
import zlib

import pytest

from tests.requires import requires
from visualize import DrawingError
from visualize.pdf import pdf_of

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">'
    '<rect width="100%" height="100%" fill="#fff"/><circle cx="9" cy="9" r="6" fill="#c2410c"/></svg>'
)


@pytest.fixture
def png() -> bytes:
    return bytes(requires("resvg_py").svg_to_bytes(svg_string=SVG, zoom=2.0))


def test_the_table_says_where_each_object_begins(png: bytes) -> None:
    pdf = pdf_of(png, 2.0)
    start = int(pdf.split(b"startxref\n")[1].split(b"\n")[0])
    assert pdf[start:].startswith(b"xref\n0 7\n")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n ", pdf[start:])]
    for number, place in enumerate(places, 1):
        assert pdf[place:].startswith(b"%d 0 obj\n" % number)
    assert len(places) == 6


def test_each_stream_is_as_long_as_it_says(png: bytes) -> None:
    pdf = pdf_of(png, 2.0)
    for found in re.finditer(rb"/Length (\d+) >>\nstream\n", pdf):
        assert pdf[found.end() + int(found[1]) :].startswith(b"\nendstream")


def test_the_picture_is_the_pngs_own_data(png: bytes) -> None:
    pdf = pdf_of(png, 2.0)
    start = pdf.index(b"stream\n", pdf.index(b"/Predictor 15 /Colors 4")) + len(b"stream\n")
    rows = zlib.decompressobj().decompress(pdf[start:])
    width, height = requires("PIL.Image").open(io.BytesIO(png)).size
    assert (width, height) == (80, 40)
    assert len(rows) == height * (1 + 4 * width)


def test_a_page_is_as_large_as_the_drawing_in_css_pixels(png: bytes) -> None:
    assert b"/MediaBox [0 0 30.00 15.00]" in pdf_of(png, 2.0)


@pytest.mark.parametrize("other", [b"", b"GIF89a" + b"\0" * 40, b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_any_other_picture_is_refused(other: bytes) -> None:
    with pytest.raises(DrawingError, match="only a PNG with 8 bits a channel"):
        pdf_of(other, 1.0)
