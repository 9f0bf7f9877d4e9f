"""The first look at an expression's text: is it made of the language's own tokens, and small and shallow enough?

It stands before Python's parser, which is handed nothing that this scan has not passed: no quotes, no ``lambda``, no
numbers but decimal ones, brackets that match, at most ``NODES`` tokens, nested at most ``DEPTH`` deep.  One pass from
left to right, whatever the text.  What does not live here: what the tokens mean (``expression.py``).
"""

import keyword
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from autograd.errors import ExpressionError

CHARACTERS: Final = 10_000
"""The longest text that is read."""
NODES: Final = 2_000
"""The most names, numbers and operators."""
DEPTH: Final = 100
"""The deepest nesting: brackets, and what leans to the right (``-x``, ``x ** y``, ``x if c else y``)."""

_TOKEN: Final = re.compile(
    r"""(?P<number>(?:[0-9]+(?:_[0-9]+)*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<mark>\*\*|//|<=|>=|==|!=|[-+*/%<>.()\[\],])
    |(?P<space>[ \t\r\n]+)""",
    re.VERBOSE,
)
_PAIRS: Final = {")": "(", "]": "["}
_HINTS: Final = {
    "'": "text in quotes is not in the expression language", '"': "text in quotes is not in the expression language",
    "^": "a power is written `**`, not `^`", "=": "`=` assigns; values are given apart from the expression",
}  # fmt: skip


def error(text: str, place: int, what: str) -> ExpressionError:
    """An error that says ``what``, shows the part of the expression around ``place``, and puts a caret under it.

    >>> print(error("a + $", 4, "`$` is not in the expression language"))
    `$` is not in the expression language
        a + $
            ^
    """
    start = 0 if len(text) <= 70 else max(0, min(place - 35, len(text) - 68))
    excerpt = "".join(map(_printable, text[start : start + 70]))
    before, after = "…" if start else "", "…" if start + 70 < len(text) else ""
    return ExpressionError(f"{what}\n    {before}{excerpt}{after}\n    {' ' * (len(before) + place - start)}^")


def _printable(character: str) -> str:
    """The character, or a stand-in for one that does not fill exactly one place on a terminal."""
    if character.isspace():
        return " "
    wide = unicodedata.east_asian_width(character) in "WF" or unicodedata.combining(character)
    return character if character.isprintable() and not wide else "�"


@dataclass(slots=True)
class _Level:
    """Something begun and not yet ended."""

    begin: str
    """``(``, ``[``, ``if``, ``else``, or nothing for the whole text."""
    place: int
    leaning: int = 0
    """How many prefix signs and powers wait for what stands to their right."""


class Scan:
    """A text held against the language's tokens and the limits.

    Raises:
        ExpressionError: with a caret under the first place that does not fit.

    >>> scan = Scan("2.5 * a")
    >>> scan.clean, scan.numbers
    ('1   * a', {0: 2.5})
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.numbers: dict[int, float] = {}
        """Every number by the place where it begins."""
        self.place = 0
        self._levels = [_Level("", 0)]
        self._depth = 0
        self._wants_value = True  # as at the beginning, and after an operator
        if len(text) > CHARACTERS:
            raise self._error(f"an expression has at most {CHARACTERS:,} characters; this one has {len(text):,}")
        self.clean = "".join(self._pieces())
        """As long as the text, blank for blank, with ``1`` in place of each number."""

    def _error(self, what: str, place: int | None = None) -> ExpressionError:
        return error(self.text, self.place if place is None else place, what)

    def _pieces(self) -> Iterator[str]:
        count, previous = 0, ""
        while self.place < len(self.text):
            match = _TOKEN.match(self.text, self.place)
            if match is None:
                raise self._error(self._refusal())
            kind, token = match.lastgroup, match[0]
            if kind == "space":
                yield " " * len(token)
            else:
                count += token not in "()[],"
                if count > NODES:
                    raise self._error(f"an expression has at most {NODES:,} names, numbers and operators")
                if previous == "." and (kind != "name" or keyword.iskeyword(token)):
                    raise self._error("the name of a method is expected after a dot")
                if kind == "mark":
                    self._mark(token, previous)
                elif keyword.iskeyword(token):
                    self._word(token)
                elif previous != ".":
                    self._value(token, kind == "number", match.end())
                if self._depth > DEPTH:
                    raise self._error(f"this is nested more than {DEPTH} deep")
                yield "1".ljust(len(token)) if kind == "number" else token
                previous = token
            self.place = match.end()
        if previous == ".":
            raise self._error("the name of a method is expected after a dot")
        self._end("")

    def _refusal(self) -> str:
        character = self.text[self.place]
        if character.isascii():
            return _HINTS.get(character, f"`{_printable(character)}` is not in the expression language")
        return "names and operators are written in ASCII: a-z, A-Z, 0-9 and _"

    def _value(self, token: str, is_number: bool, end: int) -> None:
        if not self._wants_value:
            raise self._error("an operator is missing here")
        if is_number:
            follows = self.text[end : end + 1]
            if follows.isalnum() or follows == "_" or (follows == "." and token.isdigit()):
                hint = f"; a product is written `{token} * {follows}...`" if follows.isalpha() else ""
                raise self._error(f"a number is decimal, such as 2, 0.5 or 1e-3; this is none{hint}")
            self.numbers[self.place] = float(token)
        self._wants_value = False

    def _word(self, token: str) -> None:
        if token not in ("if", "else"):
            raise self._error(f"the word `{token}` is not in the expression language")
        if self._wants_value:
            raise self._error(f"a value is missing before `{token}`")
        if token == "if" and self._levels[-1].begin == "if":
            raise self._error("a condition that is a choice itself stands in brackets")
        if token == "if":
            self._begin("if")
        elif self._levels[-1].begin == "if":
            self._levels[-1].begin = "else"  # what follows stands one level deeper, to the next comma or bracket
        else:
            raise self._error("`else` without `if`; write `x if c else y`")
        self._wants_value = True

    def _mark(self, token: str, previous: str) -> None:
        match token:
            case "(":
                if self._wants_value or previous.isidentifier():
                    self._begin(token)
                else:
                    raise self._error("an operator is missing here")
            case "[":
                if not self._wants_value:
                    raise self._error("`[` begins a list, here an operator is expected; nothing can be indexed")
                self._begin(token)
            case ")" | "]":
                self._end(_PAIRS[token], empty=previous in ("(", "[", ","))
            case "," if not self._wants_value:
                self._end_choices()
                if not self._levels[-1].begin:
                    raise self._error("a comma belongs between the arguments of a function, or in a list")
                self._lean(0)
                self._wants_value = True
            case "+" | "-" if self._wants_value:
                self._lean(self._levels[-1].leaning + 1)
            case _ if self._wants_value:
                raise self._error("a value is missing here")
            case ".":
                pass
            case _:
                self._lean(self._levels[-1].leaning + 1 if token == "**" else 0)
                self._wants_value = True

    def _lean(self, leaning: int) -> None:
        self._depth += leaning - self._levels[-1].leaning
        self._levels[-1].leaning = leaning

    def _begin(self, token: str) -> None:
        self._levels.append(_Level(token, self.place))
        self._depth += 1
        self._wants_value = True

    def _end(self, begin: str, empty: bool = False) -> None:
        """End the level that ``begin`` began, and the choices within."""
        if self._wants_value and not empty:
            raise self._error("a value is missing here" if self.text.strip() else "the expression is empty")
        self._end_choices()
        level = self._levels[-1]
        if level.begin != begin:
            if level.begin:
                raise self._error(f"`{level.begin}` is never closed", level.place)
            raise self._error(f"nothing is open that `{self.text[self.place]}` could close")
        self._pop()
        self._wants_value = False

    def _end_choices(self) -> None:
        if self._wants_value:
            return
        while self._levels[-1].begin == "else":
            self._pop()
        if self._levels[-1].begin == "if":
            raise self._error("an `else` is missing for this `if`", self._levels[-1].place)

    def _pop(self) -> None:
        self._lean(0)
        self._levels.pop()
        self._depth -= 1
