r"""One operation in LaTeX: its template from the table, with parentheses around operands that would be misread.

How tightly a template binds, and what its places need, is read off the template itself, so a primitive of one's own
is written as well as one of the table's.  What does not live here: whole expressions and derivatives (``latex.py``),
the templates (the table's rows).
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import isfinite
from typing import Any, Final

from autograd import FormulaError, Value
from visualize.derivative import SHOWN, number
from visualize.escape import latex_text

OPEN: Final = 0
SUM: Final = 1
PRODUCT: Final = 2
POWER: Final = 4
ATOM: Final = 5
"""How tightly a text binds: a remainder (mod), a sum or a sign, a product, a power or a function's call, a name or a
positive number."""

Term = tuple[str, int]
"""A text, and how tightly it binds."""

_MARK: Final = 0xE000
_TOKENS: Final = re.compile(r"\\[A-Za-z]+|\\.|[{}]|.", re.DOTALL)


def latex_number(x: float) -> Term:
    r"""A number: six significant digits, powers of ten written out.

    >>> latex_number(-0.5), latex_number(1e-12), latex_number(float("inf"))
    (('-0.5', 1), ('10^{-12}', 4), ('\\infty', 5))
    """
    if not isfinite(x):
        return (r"\mathrm{NaN}", ATOM) if x != x else (r"\infty", ATOM) if x > 0 else (r"-\infty", SUM)
    digits, _, exponent = number(x).partition("e")
    binding = SUM if digits.startswith("-") else ATOM
    if not exponent:
        return digits, binding
    power = f"10^{{{int(exponent)}}}"
    if digits in ("1", "-1"):
        return digits[:-1] + power, min(binding, POWER)
    return rf"{digits} \cdot {power}", min(binding, PRODUCT)


def bracketed(term: Term, least: int) -> str:
    """A text that stands where at least this binding is needed."""
    text, binding = term
    return text if binding >= least else rf"\left({text}\right)"


@lru_cache(maxsize=512)
def reading(template: str, places: int) -> tuple[int, tuple[int, ...]]:
    r"""How tightly a template binds, and the binding that each of its places needs: 0 where it is enclosed anyway.

    >>> reading(r"{0} \cdot {1}", 2), reading(r"\frac{{{0}}}{{{1}}}", 2), reading("{{{0}}}^{{{1}}}", 2)
    ((2, (2, 2)), (4, (0, 0)), (4, (5, 0)))
    """
    marks = [chr(_MARK + k) for k in range(places)]
    try:
        text = template.format(*marks)
    except (KeyError, IndexError, ValueError):
        raise FormulaError(
            f"the LaTeX template {template!r} does not fit its {places} operands: they are {{0}}, {{1}}, ... in it, "
            "and every other brace is doubled"
        ) from None
    open_text = _outside(text)
    signs = [(match.start(), match[0]) for match in re.finditer(r"[+-]|\\cdot|\\bmod", open_text)]
    if any(sign == r"\bmod" for _, sign in signs):
        binding = OPEN
    elif any(sign in "+-" for _, sign in signs):
        binding = SUM
    elif signs:
        binding = PRODUCT
    else:
        binding = ATOM if text.startswith(r"\left") and not open_text else POWER
    needs = []
    for mark in marks:
        at = open_text.find(mark)
        before = [sign for place, sign in signs if place < at]
        if re.search(rf"(?:^|[^_])\{{{mark}\}}\^|{mark}\^", text):
            needs.append(ATOM)
        elif at < 0:
            needs.append(0)
        elif before and before[-1] in ("-", r"\bmod"):
            needs.append(PRODUCT if before[-1] == "-" else POWER)
        else:
            needs.append(binding or PRODUCT)
    return binding, tuple(needs)


def _outside(text: str) -> str:
    r"""What stands outside all braces, ``\left ... \right`` and environments."""
    depth, kept = 0, []
    for token in _TOKENS.findall(text):
        if token in ("{", r"\left", r"\begin"):
            depth += 1
        elif not depth:
            kept.append(token)
        elif token in ("}", r"\right", r"\end"):
            depth -= 1
    outside = "".join(kept)
    return outside.removeprefix("(").removesuffix(")") if outside in ("()", ")") else outside


def operation(node: Value, term: Mapping[Value, Term]) -> Term:
    """A node in terms of its operands.

    Args:
        node: an inner node.
        term: each operand's text.
    """
    op = node.op
    assert op is not None
    if node.is_opaque or not op.latex:
        shown = ", ".join(_terms(node.operands, term))
        return rf"{latex_text(node._op if node.is_opaque else op.name)}\left({shown}\right)", POWER
    binding, needs = reading(op.latex, len(op.operands))
    texts: list[str] = []
    for need, name, group in zip(needs, op.operands, node.groups, strict=True):
        if name in ("xs", "ws"):
            shown = ", ".join(_terms(group, term))
            texts.append(rf"\left({shown}\right)" if need else shown)
            continue
        text, own = term[group[0]] if isinstance(group[0], Value) else latex_number(float(group[0]))
        texts.append(bracketed((text, 0 if texts and text.startswith("-") else own), need))
    written = op.latex.format(*texts)
    if op.name == "dot" and texts[-1] == "0":
        return written.removesuffix(" + 0"), PRODUCT
    return written, binding


def _terms(operands: Sequence[Any], term: Mapping[Value, Term]) -> list[str]:
    shown = operands if len(operands) <= SHOWN else (*operands[: SHOWN - 1], None, operands[-1])
    return [
        r"\ldots" if x is None else term[x][0] if isinstance(x, Value) else latex_number(float(x))[0] for x in shown
    ]
