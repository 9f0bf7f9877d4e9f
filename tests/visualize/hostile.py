"""Labels that mean something else to DOT, SVG, HTML, LaTeX or a terminal, for every test of escaping. No test here."""

from __future__ import annotations

import pytest

LABELS = {
    "double quotes": 'say "hi"',
    "single quotes": "it's 'x'",
    "backslashes": r"a\b\\n\l\"",
    "a backslash at the end": "a\\",
    "a newline": "one\ntwo\r\nthree\tfour",
    "a tag": "<b>bold</b>",
    "nothing but a tag": "<b>",
    "a script": "<script>alert(1)</script>",
    "the end of a script": "</script><script>alert(1)</script>",
    "an image that runs": '"><img src=x onerror=alert(1)>',
    "the end of an svg": "</text></svg><svg onload=alert(1)>",
    "a comment": "<!-- --> ]]> <![CDATA[",
    "an entity": "&lt;b&gt; &amp; &#60;script&#62;",
    "an address": "javascript:alert(1)",
    "a record": "{a|b}|<port> c",
    "a port": "a::b:n",
    "a keyword of DOT": "subgraph",
    "NUL": "nul\x00byte",
    "ESC": "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "C1 controls": "\x85\x9b31m",
    "a lone surrogate": "half\ud83d",
    "right-to-left marks": "abc\u202edcba\u202c \u200f \u2066x\u2069",
    "no characters at all": "a\ufeff\u200bb\ufffe\uffff",
    "Hebrew": "\u05e9\u05dc\u05d5\u05dd",
    "wide characters": "\u6f22\u5b57 \U0001f600",
    "combining marks": "e\u0301" + "\u0336" * 50,
    "LaTeX": r"\input{/etc/passwd} $x$ 50% #1 a_b^c ~ & {",
    "markup": "[bold]x[/bold] [@click=app.quit]y[/] [0] [",
    "markup after a backslash": r"\[bold] \\[red]",
    "an emoji's name": ":smile: :b:",
    "a template": "${x} $x {x} {{x}} %s %(x)s",
    "20,000 characters": "spam & <eggs> " * 1430,
    "a space": " ",
}
"""By what they try."""

hostile = pytest.mark.parametrize("label", LABELS.values(), ids=LABELS.keys())
