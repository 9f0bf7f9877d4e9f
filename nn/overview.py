"""``summary(model)``: what a model is made of, as a table with parameter counts.

What does not live here: the walk over modules (``module.py``), the ``repr`` of a module (there as well).
"""

from dataclasses import dataclass

from nn.module import Module
from nn.neuron import Neuron


@dataclass(frozen=True)
class Row:
    """One module: its path, what it is, and how many parameters it and all inside it have."""

    path: str
    kind: str
    parameters: int
    trainable: int


@dataclass(frozen=True)
class Summary:
    """What ``summary`` gives; print it for the table."""

    rows: tuple[Row, ...]
    total: int
    trainable: int

    @property
    def frozen(self) -> int:
        """How many parameters training leaves as they are."""
        return self.total - self.trainable

    def __str__(self) -> str:
        head = ("module", "kind", "parameters")
        cells = [(row.path, row.kind, f"{row.parameters:,}") for row in self.rows]
        a, b, c = (max(map(len, column)) for column in zip(head, *cells, strict=True))
        line = "-" * (a + b + c + 4)
        table = [f"{x:<{a}}  {y:<{b}}  {z:>{c}}".rstrip() for x, y, z in (head, *cells)]
        counts = [
            f"parameters: {self.total:,}", f"trainable:  {self.trainable:,}", f"frozen:     {self.frozen:,}",
        ]  # fmt: skip
        return "\n".join([table[0], line, *table[1:], line, *counts])

    __repr__ = __str__


def summary(model: Module, depth: int = 2) -> Summary:
    """The modules of ``model`` with their parameter counts, each shared parameter counted once in the total.

    Args:
        model: any module.
        depth: how far into modules within modules the table goes, from 1; a layer's neurons are never listed.

    >>> from nn.neuron import MLP
    >>> summary(MLP(2, [16, 1]))
    module     kind       parameters
    --------------------------------
    layers[0]  Layer(16)          48
    layers[1]  Layer(1)           17
    --------------------------------
    parameters: 65
    trainable:  65
    frozen:     0
    """
    found = [(path, module) for path, module in _listed(model, "", depth)] or [("", model)]
    rows = tuple(Row(path or "(model)", _kind(module), *_counts(module)) for path, module in found)
    return Summary(rows, *_counts(model))


def _listed(module: Module, prefix: str, depth: int) -> list[tuple[str, Module]]:
    found: list[tuple[str, Module]] = []
    if depth > 0:
        for name, child in module.named_children():
            if not isinstance(child, Neuron):
                path = f"{prefix}{name}"
                found += [(path, child), *_listed(child, f"{path}.", depth - 1)]
    return found


def _kind(module: Module) -> str:
    neurons = sum(isinstance(child, Neuron) for child in module.children())
    if neurons:
        return f"{type(module).__name__}({neurons})"
    return f"{type(module).__name__}({module.extra_repr()})"


def _counts(module: Module) -> tuple[int, int]:
    parameters = module.parameters()
    return len(parameters), sum(p.requires_grad for p in parameters)
