"""A drawing as a file, in the format that the file's suffix names.

SVG and DOT need nothing.  PNG is our own SVG drawn by ``resvg``, or Graphviz's drawing where that is missing; PDF is
Graphviz's drawing, or the PNG on a page where that is missing.  What does not live here: the writing of files
(``files.py``), the stepping page (``page/``).
"""

import os
from importlib.util import find_spec
from pathlib import Path

from autograd import MissingExtraError, Value
from autograd.extra import extra
from autograd.files import write
from visualize.dot import draw_dot
from visualize.engines import Engine, graphviz_render, has_graphviz
from visualize.errors import DrawingError
from visualize.layout import RankDir
from visualize.pdf import pdf_of
from visualize.picture import LIMIT
from visualize.svg import to_svg
from visualize.walk import walk

_SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".gv", ".html")
_SHARPNESS = 2.0
"""Pixels of a PNG for each unit of the SVG."""
_WIDEST = 16_000
"""Pixels of a PNG along its longer side at most."""


def save(
    root: Value,
    path: str | os.PathLike[str],
    *,
    theme: str = "light",
    layout: Engine = "auto",
    rankdir: RankDir = "LR",
    depth: int | None = None,
    expand: bool = False,
    limit: int = LIMIT,
) -> Path:
    """Draw the graph under ``root`` into a file: ``.svg``, ``.png``, ``.pdf``, ``.dot``, or ``.html`` to step through.

    The file is written whole or not at all.  The other arguments are those of ``to_svg``; the stepping page shows
    every step of the graph in its own way and takes none of them.

    Returns:
        The path.

    Raises:
        DrawingError: no such suffix, theme, layout or direction.
        MissingExtraError: for PNG or PDF, with the command that installs what is missing.
        OSError: the file cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Value(2.0, label="a") * 3, Path(folder, "a.svg")).name
    'a.svg'
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise DrawingError(f"cannot draw into {os.fspath(path)!r}; the suffix is one of {', '.join(_SUFFIXES)}")
    if suffix == ".html":
        walk(root).to_html(path)
        return Path(path)
    by_graphviz = layout != "builtin" and has_graphviz()
    by_resvg = find_spec("resvg_py") is not None
    if suffix == ".svg" or (suffix == ".png" and by_resvg) or (suffix == ".pdf" and by_resvg and not by_graphviz):
        svg = to_svg(root, theme=theme, layout=layout, rankdir=rankdir, depth=depth, expand=expand, limit=limit)
        if suffix == ".svg":
            return write(path, svg)
        sharpness = _sharpness(svg)
        png = _png(svg, sharpness)
        return write(path, png if suffix == ".png" else pdf_of(png, sharpness))
    source = draw_dot(root, rankdir=rankdir, theme=theme, depth=depth, expand=expand, limit=limit).source
    if suffix in (".dot", ".gv"):
        return write(path, source)
    if not by_graphviz:
        needs = "resvg-py" if layout == "builtin" else "resvg-py or Graphviz"
        raise MissingExtraError(f'a {suffix[1:].upper()} file needs {needs}: pip install "chainrule[render]"')
    return write(path, graphviz_render(source, suffix[1:]))


def _sharpness(svg: str) -> float:
    """Pixels of the PNG for each of the SVG."""
    head = svg[: svg.index(">")]
    width, height = (float(head.partition(f' {side}="')[2].partition('"')[0]) for side in ("width", "height"))
    return min(_SHARPNESS, _WIDEST / max(width, height))


def _png(svg: str, sharpness: float) -> bytes:
    return bytes(extra("resvg_py", "render").svg_to_bytes(svg_string=svg, zoom=sharpness))
