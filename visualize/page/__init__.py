"""The stepping page: one HTML file that holds a walk, its graph and all that is needed to step through them.

    page.html      the document, with a place for each of the following
    page.css       its look, light and dark
    steps.js       the list of steps cut into moments, and the gradients at each
    view.js        paints one moment
    controls.js    keys, buttons, stops, predictions

This module puts them together.  The page asks nobody for anything: its content-security policy allows one style sheet
and one script, named by their hashes, and no request at all, so a label can do no harm even if it were read as markup.
What does not live here: what is shown (``data.py``, ``graph.py``), how it is displayed in a notebook (``notebook.py``).
"""

import base64
import hashlib
import re
from importlib import resources
from typing import Final

from visualize.escape import markup_text
from visualize.page.data import embedded
from visualize.page.graph import graph_svg
from visualize.steps import Steps

_SCRIPTS: Final = ("steps.js", "view.js", "controls.js")


def page(walk: Steps) -> str:
    """The stepping page as HTML text.

    >>> from autograd import Value
    >>> page(Steps(Value(2.0, label="a") * 3)).count("<script")
    2
    """
    css = re.sub(r"\s*([{}:;,>])\s*", r"\1", _squeezed(_read("page.css")))
    js = "".join(map(_without_spaces, "".join(_squeezed(_read(name)) for name in _SCRIPTS).splitlines(keepends=True)))
    policy = (
        f"default-src 'none'; script-src {_hash(js)}; style-src {_hash(css)}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    parts = {
        "policy": policy, "css": css, "js": js, "data": embedded(walk), "graph": graph_svg(walk),
        "note": markup_text(walk.note), "title": markup_text(f"Backpropagation of {walk.name[walk.root]}", 80),
    }  # fmt: skip
    # One pass, so that nothing put in is searched for places again.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _squeezed(_read("page.html")))


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _squeezed(source: str) -> str:
    """The source without indentation, empty lines and comments; the sources keep each comment on lines of its own."""
    source = re.sub(r"^\s*/\*.*?\*/\s*$", "", source, flags=re.MULTILINE | re.DOTALL)
    lines = (re.sub(r"(;|\{|\}) +// .*$", r"\1", line.strip()) for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _without_spaces(line: str) -> str:
    """A line of the scripts without spaces beside punctuation, outside of its strings and templates."""
    if re.search(r"`[^`]*\$\{[^}`]*`", line):  # a template within a template: too much for a regular expression
        return line
    parts = re.split(r'("[^"]*"|`[^`]*`)', line)
    parts[::2] = [re.sub(r" ?([=+*/<>?:,;{}()&|]) ?", r"\1", part) for part in parts[::2]]
    return "".join(parts)


def _hash(source: str) -> str:
    """The hash by which a content-security policy names an inline script or style sheet."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
