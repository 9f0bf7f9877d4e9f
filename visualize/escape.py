r"""Labels are a stranger's text: ONE function per target that turns any string into harmless, readable text there.

    dot_label(*lines)     a label of a graphviz.Digraph
    markup_text(text)     text or an attribute of SVG, XML and HTML
    script_text(text)     a text that the page's script shows
    attribute_document(document)     a document of ours, whole, within an attribute of another
    latex_text(text)      a name in LaTeX's math mode
    terminal_text(text)   a piece of Rich's or Textual's markup

All of them begin with ``visible``, which leaves no character that a parser, a terminal or a reader's eye could trip
over: control characters, lone surrogates and bidirectional marks are shown by their numbers, as ``⟨001B⟩``.
What does not live here: any decision of what is written; nothing else in ``visualize`` may escape anything.
"""

import re
from typing import Final

import graphviz

_NAMED: Final = {"\n": "↵", "\t": "→"}
_SPOKEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_PATH: Final = re.compile(r"[A-Za-z_]\w*(\[\d+\])*(\.[A-Za-z_]\w*(\[\d+\])*)+", re.ASCII)
_WORD: Final = re.compile(r"\b([A-Za-z_])\w*?(\d*)\b", re.ASCII)
LONGEST: Final = 200
"""How many characters of a text any target shows when not told otherwise."""


def visible(text: str, most: int = LONGEST) -> str:
    r"""``text`` on one line of printable characters, cut in the middle to ``most`` of them.

    The path of a parameter keeps its places and numbers, which tell it from others, and gives up its words.

    >>> visible("a\nb\x00"), visible("abcdefghij", most=5), visible("layers[0].neurons[12].w[3]", most=11)
    ('a↵b⟨0000⟩', 'ab…ij', 'l0.n12.w3')
    """
    if most < len(text) <= 2 * LONGEST and _PATH.fullmatch(text):
        for words in range(1, text.count(".") + 2):  # the first word first
            if len(shorter := _WORD.sub(r"\1\2", text, words)) <= most:
                return shorter
        if "][" not in text and len(shorter := re.sub(r"[][]", "", shorter)) <= most:
            return shorter
    one_kind_of_line = _cut(text, most).replace("\r\n", "\n")
    return _cut(_SPOKEN.sub(_picture, one_kind_of_line), most)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    head = most // 2
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"


def _picture(match: re.Match[str]) -> str:
    """Arrows for a new line and a tab; for all else its number, since few fonts have pictures of control characters."""
    return _NAMED.get(match[0]) or f"⟨{ord(match[0]):04X}⟩"


def dot_label(*lines: str, most: int = LONGEST) -> str:
    r"""A label for python-graphviz: each of ``lines`` as it is, under the one before.

    Undoes three meanings: ``<...>`` as HTML (by the string's class, so the result must be passed on as it is),
    backslashes as escapes, and ``&...;`` as an entity.  Use it with shapes other than ``record``, which gives ``|``
    and ``{}`` a meaning that nothing takes away, and never for an id: there a colon is a port.

    >>> dot_label("<b>", "x & y")
    '<b>\\nx &amp; y'
    """
    escaped = (visible(line, most).replace("&", "&amp;").replace("\\", "\\\\") for line in lines)
    return graphviz.nohtml("\\n".join(escaped))  # type: ignore[no-any-return]


_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


_RIGHT_TO_LEFT: Final = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
_TURNED: Final = re.compile(f"{_RIGHT_TO_LEFT}++(?:[ ,.'-]+{_RIGHT_TO_LEFT}++)*+(?=.)")
_LEFT_TO_RIGHT: Final = "\u200e"


def in_its_place(text: str) -> str:
    """``text`` with a mark after words that are read from right to left, which keeps numbers behind them in order.

    For what has gone through ``visible``, which leaves no such mark of the label's own.
    """
    return _TURNED.sub(lambda match: match[0] + _LEFT_TO_RIGHT, text)


def markup_text(text: str, most: int = LONGEST) -> str:
    """Text for SVG, XML and HTML, between tags or in a quoted attribute.

    Never for what stands in a ``<script>``, a ``<style>`` or an address: such text goes in as data, not as markup.

    >>> markup_text('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return in_its_place(visible(text, most)).translate(_ENTITIES)


def script_text(text: str, most: int = LONGEST) -> str:
    """Text for a script that shows it as text, never as markup, and may write anything behind it.

    >>> script_text("<b>")
    '<b>'
    """
    return in_its_place(f"{visible(text, most)} ").removesuffix(" ")


def attribute_document(document: str) -> str:
    """A whole HTML document for a ``srcdoc`` attribute: every character stays, none can end the attribute.

    >>> attribute_document('<p title="x">')
    '&lt;p title=&quot;x&quot;&gt;'
    """
    return document.translate(_ENTITIES)


_LATEX: Final = {
    "\\": r"\backslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_",
    "^": r"\wedge{}", "~": r"\sim{}", " ": r"\ ", "|": r"\vert{}", "'": r"\prime{}", '"': r"\prime\prime{}",
}  # fmt: skip
_IDENTIFIER: Final = re.compile(r"([A-Za-z])(?:_?(\d+))?")


def latex_text(text: str, most: int = LONGEST) -> str:
    r"""A name for LaTeX's math mode: ``x`` and ``x1`` as a mathematician writes them, anything else upright.

    Only commands that LaTeX, KaTeX and MathJax all know, and matplotlib but for ``#`` and ``&``; ``<`` stands in
    braces, so that an HTML page around it sees no tag.

    >>> latex_text("x"), latex_text("x12"), latex_text("w[0]"), latex_text("a_b")
    ('x', 'x_{12}', '\\mathrm{w{[}0{]}}', '\\mathrm{a\\_b}')
    """
    if match := _IDENTIFIER.fullmatch(text):
        letter, number = match.groups()
        return f"{letter}_{{{number}}}" if number else str(letter)
    return rf"\mathrm{{{''.join(map(_latex_character, visible(text, most)))}}}"


def _latex_character(character: str) -> str:
    return _LATEX.get(character) or (character if character.isalnum() else f"{{{character}}}")


_JOINER: Final = "\u2060"
"""The word joiner: no width, no meaning to either parser; keeps a character from being read with the next one."""


def terminal_text(text: str, most: int = LONGEST) -> str:
    r"""Text for a string of Rich's or Textual's markup; where the API takes plain text, ``visible`` is enough.

    Both read ``\[`` as a bracket, but disagree on a backslash before it; and Rich reads ``:name:`` as an emoji.

    >>> terminal_text("[bold]")
    '\\[bold]'
    """
    joined = re.sub(r"(\\(?=\[|$)|:(?=\S))", rf"\1{_JOINER}", visible(text, most))
    return joined.replace("[", r"\[")
