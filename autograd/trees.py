"""Nested lists, tuples and dicts of numbers: their leaves in order, two of them side by side, and one built anew.

What does not live here: what is done with the leaves (``functional.py``, ``gradcheck.py``).
"""

from collections.abc import Iterator
from typing import Any

from autograd.errors import LengthError, StructureError
from autograd.operand import as_float
from autograd.value import Value

Tree = Any
"""A number, or a list, tuple or dict of trees."""


def leaves(tree: Tree, what: str = "an argument") -> list[Any]:
    """The numbers and Values of a tree, in order (dicts in the order of their keys' insertion)."""
    match tree:
        case list() | tuple():
            return [leaf for branch in tree for leaf in leaves(branch, what)]
        case dict():
            return [leaf for branch in tree.values() for leaf in leaves(branch, what)]
        case Value():
            return [tree]
        case str() | bytes() | None:
            raise StructureError(f"{what} is made of numbers, lists, tuples and dicts; got {tree!r}")
    try:
        return [as_float(tree)]
    except TypeError:
        raise StructureError(
            f"{what} is made of numbers, lists, tuples and dicts; got {type(tree).__name__}"
            + ("; use .tolist() for an array" if hasattr(tree, "tolist") else "")
        ) from None


def matched(tree: Tree, like: Tree, what: str, whose: str) -> list[Any]:
    """The leaves of ``tree`` in the order of those of ``like``, whose structure it has; dicts are met key by key.

    A list may stand for a tuple.

    Raises:
        LengthError: somewhere the two have not the same number of entries.
        StructureError: somewhere one is a list or dict and the other is not, or their keys differ.

    >>> matched({"b": 2.0, "w": [1.0]}, {"w": [0.0], "b": 0.0}, "a tangent", "the primal")
    [1.0, 2.0]
    """
    match like:
        case dict():
            if not isinstance(tree, dict) or tree.keys() != like.keys():
                given = f"one of {list(tree)}" if isinstance(tree, dict) else f"{type(tree).__name__} {tree!r}"
                raise StructureError(
                    f"{what} has the structure of {whose}: here, a dict of the keys {list(like)}; got {given}"
                )
            return [leaf for key, branch in like.items() for leaf in matched(tree[key], branch, what, whose)]
        case list() | tuple():
            if not isinstance(tree, list | tuple):
                raise StructureError(
                    f"{what} has the structure of {whose}: here, a {type(like).__name__} of {len(like)}; "
                    f"got {type(tree).__name__} {tree!r}"
                )
            if len(tree) != len(like):
                raise LengthError(
                    f"{what} has the structure of {whose}: here, {len(like)} entries; got {len(tree)}: {tree!r}"
                )
            return [leaf for pair in zip(tree, like, strict=True) for leaf in matched(*pair, what, whose)]
    if isinstance(tree, list | tuple | dict):
        raise StructureError(f"{what} has the structure of {whose}: here, a number; got {type(tree).__name__} {tree!r}")
    return leaves(tree, what)


def rebuild(tree: Tree, fill: Iterator[Any]) -> Tree:
    """A tree of the same structure whose leaves are taken from ``fill`` in order."""
    match tree:
        case dict():
            return {key: rebuild(branch, fill) for key, branch in tree.items()}
        case list():
            return [rebuild(branch, fill) for branch in tree]
        case tuple():
            branches = [rebuild(branch, fill) for branch in tree]
            return type(tree)(*branches) if hasattr(tree, "_fields") else tuple(branches)
    return next(fill)
