"""The array program: vector instructions over two memories of numbers.

A ``View`` says where an operand lies: a slice or a grid (``base + i·s₀ + j·s₁``), or a list of places to gather.
``Apply`` runs one row of the table on views of n places, or of n rows of places where the row takes a list.
``Product`` is a matrix product with a bias, out[j, b] = Σₖ w[j, k]·x[k, b] + bias[j].  Backward goes through the
same instructions in reverse; ``Plan`` says which contribution is the first to reach its places, and so need not be
added to what is there.

What lives here: the instructions, their listing and ``stats``.  What does not: how they are found (``arrays.py``), how
they are computed (``backends/``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from autograd.ops import Op
from autograd.program.symbols import Rule, rule

COPY: Final = Op("copy", ("x",), "x", ("1",), symbol="copy")
"""Brings uniform numbers into varying memory, one copy a lane."""


@dataclass(frozen=True, slots=True)
class View:
    """Places in one of the two memories, as an array of ``shape``.

    Args:
        varying: which memory.
        shape: (n,), or (n, k) for rows and matrices.
        base: the first place.
        strides: the step along each axis, where the places are evenly spaced.
        index: all places, where they are not; then ``strides`` is empty.
    """

    varying: bool
    shape: tuple[int, ...]
    base: int
    strides: tuple[int, ...] = ()
    index: Any = None

    def places(self) -> Any:
        """All places, in an array of ``shape``."""
        if self.index is not None:
            return self.index
        if len(self.shape) == 1:
            return self.base + self.strides[0] * np.arange(self.shape[0])
        places = np.full(self.shape, self.base, np.int64)
        for axis, step in enumerate(self.strides):
            places += step * np.arange(self.shape[axis]).reshape(
                [-1 if a == axis else 1 for a in range(len(self.shape))]
            )
        return places

    def __str__(self) -> str:
        name = "v" if self.varying else "u"
        if self.index is not None:
            return f"{name}[gather {'×'.join(map(str, self.shape))}]"
        spans = [f"{n}:{s}" if s != 1 else f"{n}" for n, s in zip(self.shape, self.strides, strict=True)]
        return f"{name}[{self.base} + {' × '.join(spans)}]"


def evenly_spaced(places: Any) -> bool:
    """Whether a vector of places is evenly spaced."""
    if len(places) < 3:
        return True
    first, step = places[0], places[1] - places[0]
    if places[2] != places[1] + step or places[-1] != first + step * (
        len(places) - 1
    ):  # most that are not show it here
        return False
    return bool((places[1:] - places[:-1] == step).all())


def view_of(places: Any, varying: bool) -> View:
    """The view of an array of places: evenly spaced where it is."""
    shape = places.shape
    if not places.size:
        return View(varying, shape, 0, (0,) * len(shape))
    if len(shape) == 1:
        if evenly_spaced(places):
            return View(varying, shape, int(places[0]), (int(places[1] - places[0]) if len(places) > 1 else 0,))
        return View(varying, shape, int(places[0]), (), places)
    first = places[(0,) * len(shape)]
    strides = tuple(
        int(places[tuple(int(a == axis) for a in range(len(shape)))] - first) if shape[axis] > 1 else 0
        for axis in range(len(shape))
    )
    even = View(varying, shape, int(first), strides)
    if (even.places() == places).all():
        return even
    return View(varying, shape, int(first), (), places)


@dataclass(frozen=True, slots=True)
class Apply:
    """One row of the table, ``count`` results from ``place`` on; ``takes`` says which operands get gradients."""

    op: Op
    place: int
    count: int
    varying: bool
    args: tuple[View, ...]
    takes: tuple[bool, ...]

    def __str__(self) -> str:
        out = View(self.varying, (self.count,), self.place, (1,))
        return f"{out} = {self.op.name}({', '.join(map(str, self.args))})"


@dataclass(frozen=True, slots=True)
class Product:
    """A matrix product: out[j, b] = Σₖ w[j, k]·x[k, b] + bias, for ``shape`` (j, b, k); out lies from ``place`` on."""

    op: Op
    place: int
    varying: bool
    shape: tuple[int, int, int]
    w: View
    x: View
    bias: View | None
    takes: tuple[bool, bool, bool]

    @property
    def count(self) -> int:
        """How many results there are."""
        return self.shape[0] * self.shape[1]

    @property
    def single(self) -> bool:
        """Whether it has one column: one sample, and no lanes."""
        return self.shape[1] == 1 and not self.varying

    @property
    def args(self) -> tuple[View, ...]:
        """The operands."""
        return (self.w, self.x) if self.bias is None else (self.w, self.x, self.bias)

    def __str__(self) -> str:
        j, b, k = self.shape
        out = View(self.varying, (j, b), self.place, (b, 1))
        bias = "" if self.bias is None else f" + {self.bias}"
        return f"{out} = {self.w} @ {self.x}{bias}    # {j}×{k} by {k}×{b}"


Instruction = Apply | Product


class Contribution(NamedTuple):
    """Where one operand's gradient goes."""

    operand: int
    view: View
    first: bool
    """Whether it is the first to reach all of its places, so that it is stored rather than added."""
    unique: bool
    """Whether no place occurs twice."""


@dataclass(slots=True)
class Plan:
    """Backward: for each instruction that a gradient reaches, what it sends; and the places that start from zero."""

    steps: list[tuple[Instruction, list[Contribution]]] = field(default_factory=list)
    zeros: tuple[Any, Any] = ((), ())
    """Places of uniform and of varying gradients that start from zero."""


@dataclass(frozen=True)
class ArrayProgram:
    """Vector instructions, the sizes of both memories, and what stands in them from the start."""

    instructions: list[Instruction]
    uniform: int
    varying: int
    leaves: int
    batch: int
    fixed: list[tuple[int, Any]]
    outputs: list[tuple[bool, int]]
    wanted: Any

    @property
    def lanes(self) -> bool:
        """Whether there is a batch."""
        return self.batch > 0

    def masked(self, gradient: Any) -> Any:
        """``gradient`` with zeros, in place, for leaves that take none but stand in a row with others that do."""
        if len(self._unwanted):
            gradient[self._unwanted] = 0.0
        return gradient

    @cached_property
    def _unwanted(self) -> Any:
        return np.flatnonzero(~self.wanted)

    @cached_property
    def doubtful(self) -> list[slice] | None:
        """The leaves whose gradients may be infinite although the numbers and gradients of all results are small.

        In a product with one column a weight's gradient is g · x and a bias's is g, so theirs are not; a network's
        weights need not be read once more to know that. None where it is as quick to look at all leaves.
        """
        if self.batch or not any(isinstance(step, Product) and step.single for step in self.instructions):
            return None
        doubted = np.zeros(self.leaves, bool)
        for step, contributions in self.plan.steps:
            implied = isinstance(step, Product) and step.single
            factors = bool(implied and (step.args[1].places() >= self.leaves).all())
            for to in contributions:
                if not implied or to.operand == 1 or (to.operand == 0 and not factors):
                    places = to.view.places().ravel()
                    doubted[places[places < self.leaves]] = True
        spans = runs(np.flatnonzero(doubted).tolist())
        return [slice(*span) for span in spans] if len(spans) < 8 and doubted.mean() < 0.5 else None

    def rules(self) -> dict[Op, Rule]:
        """The expressions of every row of the table that occurs."""
        return {op: rule(op) for op in {i.op for i in self.instructions}}

    @cached_property
    def plan(self) -> Plan:
        """How backward goes through the instructions."""
        return _planned(self)

    @property
    def stats(self) -> dict[str, int]:
        """Vector instructions, matrix products, multiply-adds and other operations forward, bytes of both memories."""
        products = [i for i in self.instructions if isinstance(i, Product)]
        flops = sum(2 * i.shape[0] * i.shape[1] * i.shape[2] for i in products)
        flops += sum(max(1, *(v.shape[-1] if len(v.shape) > 1 else 1 for v in i.args)) * i.count
                     for i in self.instructions if isinstance(i, Apply))  # fmt: skip
        return {
            "vector instructions": len(self.instructions), "matrix products": len(products), "flops": flops,
            "bytes": 8 * 2 * (self.uniform + self.varying),
        }  # fmt: skip

    def reads(self, step: Instruction) -> list[list[int]]:
        """For each operand the instructions it comes from; -1 are leaves, -2 constants, -3 batch leaves."""
        return [sorted(set(self._owners[int(view.varying)][view.places().ravel()].tolist())) for view in step.args]

    @cached_property
    def _owners(self) -> tuple[Any, Any]:
        """The instruction that each place belongs to."""
        owners = (np.full(self.uniform, -2), np.full(self.varying, -3))
        owners[0][: self.leaves] = -1
        for number, step in enumerate(self.instructions):
            owners[int(step.varying)][step.place : step.place + step.count] = number
        return owners

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self.instructions)

    def __str__(self) -> str:
        return "\n".join(map(str, self.instructions))


def takers(step: Instruction) -> list[tuple[int, View]]:
    """The operands of an instruction that a gradient goes to, be it 0 (which times inf is NaN), with their numbers."""
    if isinstance(step, Product):
        return [(k, view) for k, view in enumerate(step.args) if step.takes[k]]
    return [(k, view) for k, view in enumerate(step.args) if step.takes[k] and 0 not in view.shape]


def _planned(program: ArrayProgram) -> Plan:
    reached = (np.zeros(program.uniform, bool), np.zeros(program.varying, bool))
    zeros: tuple[list[Any], list[Any]] = ([], [])
    plan = Plan()

    def reach(memory: int, places: Any) -> bool:
        """Mark places as reached; whether none of them had been."""
        seen = reached[memory]
        before = seen[places]
        if not before.any():
            seen[places] = True
            return True
        if not before.all():
            zeros[memory].append(np.unique(places[~before]))
            seen[places] = True
        return False

    varying, place = program.outputs[0]
    reach(int(varying), np.array([place]))
    for step in reversed(program.instructions):
        memory = int(step.varying)
        here = reached[memory][step.place : step.place + step.count]
        if not here.any():
            continue
        sends = takers(step)
        if not sends:
            continue
        if not here.all():
            reach(memory, np.arange(step.place, step.place + step.count))
        contributions = []
        for operand, view in sends:
            places = view.places().ravel()
            unique = _distinct(view, places)
            first = reach(int(view.varying), places)
            if first and not unique:
                zeros[int(view.varying)].append(np.unique(places))
                first = False
            contributions.append(Contribution(operand, view, first, unique))
        plan.steps.append((step, contributions))
    left = np.flatnonzero(~reached[0][: program.leaves])
    zeros[0].append(left)
    plan.zeros = tuple(np.unique(np.concatenate(z)).astype(np.int64) if z else np.zeros(0, np.int64) for z in zeros)  # type: ignore[assignment]
    return plan


def _distinct(view: View, places: Any) -> bool:
    if view.index is None and all(view.strides) and len(view.shape) == 1:
        return True
    ordered = np.sort(places)
    return not (ordered[1:] == ordered[:-1]).any()


def runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Sorted places as runs (start, stop)."""
    array = np.asarray(places, np.int64)
    if not len(array):
        return []
    cuts = np.flatnonzero(np.diff(array) != 1) + 1
    return [(int(part[0]), int(part[-1]) + 1) for part in np.split(array, cuts)]
