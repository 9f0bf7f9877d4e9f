"""What stands in an attribute of a module: a parameter, another module, or lists, tuples and dicts of them.

A path tells where: ``body['first'][2]`` for the third entry of the list under the key ``first`` of ``self.body``.
Next: ``module.py``, which asks.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from autograd import Operands, Value

K = TypeVar("K")

NOTHING_INSIDE: Final = frozenset({str, int, float, bool, type(None)})
"""Classes of attributes, the most frequent ones, in which neither a Value nor a module is."""

_NUMBERS: Final = frozenset({float, int})
_NO_MODULES: Final = frozenset({Value, float, int})
_VALUES: Final = frozenset({Value})
_LISTS: Final = (list, tuple, Operands)


def public(module: object) -> Iterator[tuple[str, Any]]:
    """Every attribute of ``module`` that is looked at, with its name: not those that start with ``_``."""
    return ((name, attribute) for name, attribute in vars(module).items() if not name.startswith("_"))


def walk_attributes(thing: Any, path: str, kind: type[K]) -> Iterator[tuple[str, K]]:
    """Every ``kind`` (Value or Module) in ``thing``: one of them, or nested lists, tuples and dicts, with its path."""
    if isinstance(thing, kind):
        yield path, thing
    elif isinstance(thing, _LISTS):
        if kind is Value or not set(map(type, thing)) <= _NO_MODULES:
            for index, entry in enumerate(thing):
                yield from walk_attributes(entry, f"{path}[{index}]", kind)
    elif isinstance(thing, dict):
        for key, entry in thing.items():
            yield from walk_attributes(entry, f"{path}[{key!r}]", kind)


def gather(thing: Any, module_class: type[Any], values: list[Value], modules: list[Any]) -> None:
    """Add every Value and every module that ``walk_attributes`` finds in ``thing``, without the cost of their paths."""
    if isinstance(thing, Value):
        values.append(thing)
        return
    if isinstance(thing, module_class):
        modules.append(thing)
        modules = []  # a module that is a list as well: its Values stand here, its modules are its own
    if isinstance(thing, _LISTS):
        kinds = set(map(type, thing))
        if kinds == _VALUES:
            values.extend(thing)
        elif not kinds <= _NUMBERS:
            for entry in thing:
                gather(entry, module_class, values, modules)
    elif isinstance(thing, dict):
        for entry in thing.values():
            gather(entry, module_class, values, modules)
