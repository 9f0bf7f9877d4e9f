"""``summary(model)``: what a model is made of, as a table with parameter counts.

What does not live here: the walk over modules (``module.py``), the ``repr`` of a module (there as well).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autograd import Value
from nn.attributes import gather, public, walk_attributes
from nn.module import Module
from nn.neuron import Neuron
from nn.options import count, instance


@dataclass(frozen=True)
class Row:
    """A module, or the Values that stand in one attribute: path, what it is, how many parameters are in it."""

    path: str
    kind: str
    parameters: int
    trainable: int

    @property
    def frozen(self) -> int:
        """How many of them training leaves as they are."""
        return self.parameters - self.trainable


@dataclass(frozen=True)
class Summary:
    """What ``summary`` gives; print it for the table."""

    rows: tuple[Row, ...]
    total: int
    trainable: int
    shared: int
    """How many parameters stand in several of the rows of the first level; the total has each once."""

    @property
    def frozen(self) -> int:
        """How many parameters training leaves as they are."""
        return self.total - self.trainable

    def __str__(self) -> str:
        head = ("module", "kind", "parameters", "trainable")
        cells = [(row.path, row.kind, f"{row.parameters:,}", f"{row.trainable:,}") for row in self.rows]
        a, b, c, d = (max(map(len, column)) for column in zip(head, *cells, strict=True))
        line = "-" * (a + b + c + d + 6)
        table = [f"{w:<{a}}  {x:<{b}}  {y:>{c}}  {z:>{d}}".rstrip() for w, x, y, z in (head, *cells)]
        counts = [
            f"parameters: {self.total:,}", f"trainable:  {self.trainable:,}", f"frozen:     {self.frozen:,}",
        ]  # fmt: skip
        if self.shared:
            counts.append(f"shared:     {self.shared:,} (in several rows, counted once)")
        return "\n".join([table[0], line, *table[1:], line, *counts])

    __repr__ = __str__


def summary(model: Module, depth: int = 2) -> Summary:
    """The modules of ``model`` with their parameter counts, each shared parameter counted once in the total.

    Parameters that a module with others inside holds itself have a row for each attribute.

    Args:
        model: any module.
        depth: how far into modules within modules the table goes, from 1; a layer's neurons are never listed.

    Raises:
        OptionError: ``model`` is no module, or ``depth`` no whole number from 1 up.

    >>> from nn.neuron import MLP
    >>> summary(MLP(2, [16, 1]))
    module     kind       parameters  trainable
    -------------------------------------------
    layers[0]  Layer(16)          48         48
    layers[1]  Layer(1)           17         17
    -------------------------------------------
    parameters: 65
    trainable:  65
    frozen:     0
    """
    instance("model", model, Module, "a module")
    rows = list(_rows(model, "", count("depth", depth), {model}))
    if not rows:
        rows = [_row("(model)", _kind(model), model.parameters())]
    once = model.parameters()
    return Summary(tuple(rows), len(once), sum(p.requires_grad for p in once), _shared(model))


def _rows(module: Module, prefix: str, depth: int, seen: set[Module]) -> Iterator[Row]:
    """The rows of what is inside ``module``; none for one without modules inside, or with neurons alone."""
    if depth == 0 or all(isinstance(child, Neuron) for child in module.children()):
        return
    known: set[Value] = set()
    for name, attribute in public(module):
        own = _own(attribute)
        if not known.issuperset(own):
            known.update(own)
            yield _row(f"{prefix}{name}", "Value" if isinstance(attribute, Value) else f"{len(own)} Values", own)
        for path, child in walk_attributes(attribute, f"{prefix}{name}", Module):
            if child not in seen and not isinstance(child, Neuron):
                seen.add(child)
                yield _row(path, _kind(child), child.parameters())
                yield from _rows(child, f"{path}.", depth - 1, seen)


def _own(attribute: Any) -> list[Value]:
    """The parameters that stand in an attribute itself, not in a module, each once."""
    found: list[Value] = []
    gather(attribute, Module, found, [])
    return [value for value in dict.fromkeys(found) if value.is_leaf]


def _row(path: str, kind: str, parameters: list[Value]) -> Row:
    return Row(path, kind, len(parameters), sum(p.requires_grad for p in parameters))


def _kind(module: Module) -> str:
    neurons = sum(isinstance(child, Neuron) for child in module.children())
    return f"{type(module).__name__}({neurons or module.extra_repr()})"


def _shared(model: Module) -> int:
    """How many parameters are in several of the modules and attributes directly inside ``model``."""
    places: Counter[Value] = Counter()
    places.update(value for value in dict.fromkeys(v for _, attribute in public(model) for v in _own(attribute)))
    for child in model.children():
        places.update(child.parameters())
    return sum(times > 1 for times in places.values())
