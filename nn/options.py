"""What a constructor is told: sizes, shares, rates, switches and names, each checked here and nowhere else.

    self.nin = count("nin", nin)                                        # '2', 2.0, True, 0 and -1 are refused
    self.p = number("p", p, "a probability, from 0 to 1", lambda p: 0.0 <= p <= 1.0)

Each gives the plain Python number or thing back, or an error that says what was given, what was expected and what to
do; what belongs to NumPy is taken as what it stands for.  What does not live here: inputs and targets (``nested.py``),
what an option means.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from autograd import Value
from nn.errors import OptionError, OptionTypeError

T = TypeVar("T")


def count(name: str, given: Any, least: int = 1) -> int:
    """``given`` as a whole number from ``least`` up.

    Raises:
        OptionTypeError: it is no whole number: text, a float, a bool, a list.
        OptionError: it is below ``least``.

    >>> count("nin", 3)
    3
    >>> count("nin", "3")
    Traceback (most recent call last):
    nn.errors.OptionTypeError: nin is a whole number from 1 up; got '3' of type str. Write 3 without the quotation marks
    """
    return _whole(f"{name} is a whole number from {least} up", given, least)


def whole(name: str, given: Any) -> int:
    """``given`` as a whole number of either sign.

    Raises:
        OptionTypeError: it is none.
    """
    return _whole(f"{name} is a whole number", given, -math.inf)


def listed(name: str, given: Any, what: str = "a list") -> list[Any]:
    """``given``, a list, a tuple, an array or another iterable, as a list.

    Args:
        name: of the option.
        given: for it.
        what: it is, in words, for the error.

    Raises:
        OptionTypeError: it is none of these, but a single thing, text, a dict, a function or a module.

    >>> listed("milestones", 5)
    Traceback (most recent call last):
    nn.errors.OptionTypeError: milestones is a list; got 5 of type int. Write [5]
    """
    if isinstance(given, str | bytes | Mapping | Value) or callable(given) or not hasattr(given, "__iter__"):
        hint = f". Write [{given!r}]" if isinstance(given, int | str) and len(repr(given)) < 60 else ""
        raise OptionTypeError(f"{name} is {what}; got {shown(given)}{hint}")
    return list(given)


def counts(name: str, given: Any, of_what: str) -> list[int]:
    """``given`` as a list of one whole number or more, each from 1 up.

    Raises:
        OptionTypeError: it is no list, or an entry of it is no whole number.
        OptionError: it is empty, or an entry is below 1.

    >>> counts("nouts", (16, 1), "neurons in each layer")
    [16, 1]
    """
    what = f"a list of the numbers of {of_what}, one at least"
    found = [count(f"{name}[{place}]", entry) for place, entry in enumerate(listed(name, given, what))]
    if not found:
        raise OptionError(f"{name} is {what}; got {given!r}. Write [1] for 1")
    return found


def number(name: str, given: Any, kind: str, fits: Callable[[float], bool]) -> float:
    """``given`` as a float that ``fits``.

    Args:
        name: of the option.
        given: for it.
        kind: what it is, for the error: ``"a probability, from 0 to 1"``.
        fits: whether a float is one; NaN should not be.

    Raises:
        OptionTypeError: it is no number: text, a bool, a list.
        OptionError: it does not fit.
    """
    found = _real(given)
    if found is None:
        hint = ". Write it without the quotation marks" if isinstance(given, str) and _is_numeral(given) else ""
        raise OptionTypeError(f"{name} is {kind}; got {shown(given)}{hint}")
    if not fits(found):
        raise OptionError(f"{name} is {kind}; got {given!r}")
    return found


def at_least_zero(name: str, given: Any) -> float:
    """``given`` as a finite float from 0 up; raises as ``number`` does."""
    return number(name, given, "a finite number from 0 up", lambda x: 0.0 <= x < math.inf)


def finite(name: str, given: Any) -> float:
    """``given`` as a finite float; raises as ``number`` does."""
    return number(name, given, "a finite number", math.isfinite)


def flag(name: str, given: Any, hint: str = "") -> bool:
    """``given`` as a bool: Python's, NumPy's, or 0 or 1.

    Args:
        name: of the option.
        given: for it.
        hint: what else the caller may have meant.

    Raises:
        OptionTypeError: it is none, but text, say, which Python would take for true.
    """
    if isinstance(given, bool):
        return given
    if (isinstance(given, int) or _is_numpy(given, "b")) and given in (0, 1):
        return bool(given)
    raise OptionTypeError(f"{name} is True or False; got {shown(given)}{hint and '. ' + hint}")


def named(what: str, name: Any, table: Mapping[str, T], more: str = "") -> T:
    """The entry of ``table`` under ``name``.

    Args:
        what: kind of thing it is, for the error: ``"activation"``.
        name: of the thing.
        table: those there are.
        more: what else may be given in the place of a name.

    Raises:
        OptionError: there is none of that name.

    >>> named("optimizer", "adamant", {"sgd": 1, "adam": 2})
    Traceback (most recent call last):
    nn.errors.OptionError: no optimizer is called 'adamant'; there are sgd, adam
    """
    if isinstance(name, str) and name in table:
        return table[name]
    error = OptionError if isinstance(name, str) else OptionTypeError
    given = repr(name) if isinstance(name, str) else shown(name)
    raise error(f"no {what} is called {given}; there are {', '.join(table)}{more}")


def choice(name: str, given: Any, known: Sequence[str]) -> str:
    """``given``, which is one of the names in ``known``.

    Raises:
        OptionError: it is none of them.
    """
    if isinstance(given, str) and given in known:
        return given
    error = OptionError if isinstance(given, str) else OptionTypeError
    raise error(f"{name} is one of {', '.join(known)}; got {repr(given) if isinstance(given, str) else shown(given)}")


def instance(name: str, given: Any, cls: type[T], what: str, hint: str = "") -> T:
    """``given``, which is an object of the class ``cls``.

    Args:
        name: of the option.
        given: for it.
        cls: what it must be an object of.
        what: that is, in words: ``"a module"``.
        hint: what to do otherwise.

    Raises:
        OptionTypeError: it is none; of a class in the place of its object the text says so.
    """
    if isinstance(given, cls):
        return given
    if isinstance(given, type) and issubclass(given, cls):
        hint = f"That is a class: write {given.__name__}(...)"
    raise OptionTypeError(f"{name} is {what}; got {shown(given)}{hint and '. ' + hint}")


def shown(given: Any) -> str:
    """A wrong argument as errors show it: text and odd objects with their type, and never longer than a line."""
    text = repr(given)
    text = text if len(text) <= 60 else text[:57] + "..."
    return text if given is None or isinstance(given, type) else f"{text} of type {type(given).__name__}"


def _whole(expected: str, given: Any, least: float) -> int:
    try:
        if isinstance(given, bool) or _is_numpy(given, "b"):
            raise TypeError
        found = operator.index(given)
    except TypeError:
        hint = ""
        if isinstance(given, str) and given.strip().lstrip("+-").isdecimal():
            hint = f". Write {given.strip()} without the quotation marks"
        elif isinstance(given, float) and given.is_integer():
            hint = f". Write {int(given)}"
        raise OptionTypeError(f"{expected}; got {shown(given)}{hint}") from None
    if found < least:
        raise OptionError(f"{expected}; got {found}")
    return found


def _real(given: Any) -> float | None:
    """A float, or None for what is no number; a Value is none, for an option is fixed."""
    if isinstance(given, bool | Value) or _is_numpy(given, "b"):
        return None
    try:
        return Value(given).data
    except (TypeError, OverflowError):
        return None


def _is_numpy(given: Any, kind: str) -> bool:
    return getattr(getattr(given, "dtype", None), "kind", "") == kind


def _is_numeral(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
