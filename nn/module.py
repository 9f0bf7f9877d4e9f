"""Module: what holds parameters and other modules, and finds them by looking at its attributes.

A subclass assigns Values, modules, and lists, tuples or dicts of them to attributes, in any order and under any name;
``named_parameters()`` walks them and names each by its path, ``layers[0].neurons[2].w[1]``.  What does not live here:
any arithmetic (``neuron.py`` is the next file to read).
"""

from collections.abc import Iterator
from typing import Any

from autograd import Value


def walk_attributes(thing: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every Value and module within ``thing``, a Value, a module, or lists, tuples and dicts of them, with its path."""
    if isinstance(thing, Value | Module):
        yield path, thing
    elif isinstance(thing, list | tuple):
        for index, entry in enumerate(thing):
            yield from walk_attributes(entry, f"{path}[{index}]")
    elif isinstance(thing, dict):
        for key, entry in thing.items():
            yield from walk_attributes(entry, f"{path}[{key!r}]")


class Module:
    """Base of everything with parameters."""

    def _members(self) -> Iterator[tuple[str, Any]]:
        for name, attribute in vars(self).items():
            if not name.startswith("_"):
                yield from walk_attributes(attribute, name)

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Value]]:
        """Every parameter with its path from here, each once, in the order of assignment."""
        seen: set[Value] = set()
        for path, member in self._members():
            found = (
                member.named_parameters(f"{prefix}{path}.") if isinstance(member, Module) else [(prefix + path, member)]
            )
            for name, parameter in found:
                if parameter not in seen:
                    seen.add(parameter)
                    yield name, parameter

    def parameters(self) -> list[Value]:
        """Every parameter, each once; frozen ones (``requires_grad=False``) among them."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter back to zero."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def label_parameters(self) -> None:
        """Label every parameter with its path, for drawings and error texts."""
        for name, parameter in self.named_parameters():
            parameter.label = name
