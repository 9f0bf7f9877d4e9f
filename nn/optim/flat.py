"""Flat: many steps of an optimiser on one vector of numbers, while the Values wait.

    flat = flattened(optimizer, program.leaves)
    for batch in batches:
        _, gradient = program.value_and_grad(flat.numbers, batch)
        flat.step(gradient, len(batch))
    flat.write()                            # now the Values and the optimiser have it all

A step ends with one assignment: whatever interrupts it, what ``write`` writes is the last step that was finished.
What does not live here: rules, and how they are carried out (``optimizer.py``, ``rows.py``).
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import autograd
from autograd import Value
from nn.optim.optimizer import Memory, Optimizer, free
from nn.optim.rows import Row, Rows


class State(NamedTuple):
    """All that a step changes."""

    numbers: Row
    gradients: Row
    memory: list[Memory]


class Flat:
    """The parameters of an optimiser, and other leaves, as one vector.

    Args:
        optimizer: one whose ``step`` is the optimisers' own.
        leaves: list[n] of Values, in the vector's order.
        m: the kind of row that the vector is.
    """

    def __init__(self, optimizer: Optimizer, leaves: Sequence[Value], m: Rows) -> None:
        self.optimizer, self.m, self.n = optimizer, m, len(leaves)
        place = {leaf: i for i, leaf in enumerate(leaves)}
        self.places: list[Sequence[int] | slice] = []
        self.groups = [list(group["params"]) for group in optimizer.param_groups]
        for group in optimizer.param_groups:
            for p in group["params"]:
                place.setdefault(p, len(place))
            self.places.append(_run([place[p] for p in group["params"]]))
        self.values = list(place)
        ours = {p for group in optimizer.param_groups for p in group["params"]}
        self.others = [i for i, leaf in enumerate(leaves) if leaf not in ours and leaf.requires_grad]
        self.read()

    @property
    def numbers(self) -> Row:
        """The present numbers of ``leaves``."""
        numbers = self._states[0].numbers
        return numbers if len(numbers) == self.n else numbers[: self.n]

    def fits(self) -> bool:
        """Whether the optimiser still has the parameters that it had."""
        return self.groups == [group["params"] for group in self.optimizer.param_groups]

    def read(self) -> None:
        """Take in what the Values and the optimiser hold."""
        self.free = [free(group["params"]) for group in self.optimizer.param_groups]
        row = self.m.row
        numbers = row(autograd.read_data(self.values))
        gradients = row(autograd.read_grads(self.values) if self.others else [0.0] * len(numbers))
        now = State(numbers, gradients, [self._copied(memory) for memory in self.optimizer.memory])
        spare = State(row(numbers), row(gradients), [self._copied(memory) for memory in now.memory])
        self._states, self._written = (now, spare), now

    def _copied(self, memory: Memory) -> Memory:
        steps = memory.steps if isinstance(memory.steps, int) else list(memory.steps)
        return Memory(steps, {name: self.m.row(row) for name, row in memory.rows.items()})

    def step(self, gradient: Row, n: int) -> None:
        """One step of the optimiser.

        Args:
            gradient: of ``leaves``, summed over samples.
            n: how many samples; the step is taken by the mean.
        """
        now, spare = self._states
        self._set_gradients(now.gradients, spare.gradients, gradient, n)
        memory = []
        groups = zip(self.optimizer.param_groups, self.places, self.free, now.memory, spare.memory, strict=True)
        for group, places, unfrozen, kept, old in groups:
            target = self.m.pick(spare.numbers, places)
            x, g = self.m.pick(now.numbers, places), self.m.pick(spare.gradients, places)
            x, new = self.optimizer.moved(self.m, group, kept, x, g, unfrozen, {"": target, **old.rows})
            if x is not target or not isinstance(places, slice):
                self.m.put(spare.numbers, places, x)
            memory.append(new)
        self._states = (State(spare.numbers, spare.gradients, memory), now)

    def _set_gradients(self, before: Row, target: Row, gradient: Row, n: int) -> None:
        """The mean gradient; leaves of no optimiser add it to what they have, as ``backward()`` does."""
        self.m.divide(gradient, n, target)
        if self.others:
            sums = [
                a + b for a, b in zip(self.m.pick(before, self.others), self.m.pick(target, self.others), strict=True)
            ]
            self.m.put(target, self.others, sums)

    def write(self) -> None:
        """Bring Values and optimiser to where the last finished step left them."""
        now = self._states[0]
        if now is self._written:
            return
        autograd.write_data(self.values, now.numbers)
        autograd.write_grads(self.values, now.gradients)
        self.optimizer.memory = [self._copied(memory) for memory in now.memory]
        self._written = now


class Through:
    """The same for an optimiser with a step of its own: the Values take part in every step.

    Args:
        optimizer: anything with ``zero_grad`` and ``step``.
        leaves: list[n] of Values, in the vector's order.
        m: the kind of row that the vector is.
    """

    def __init__(self, optimizer: Any, leaves: Sequence[Value], m: Rows) -> None:
        self.optimizer, self.leaves, self.m = optimizer, list(leaves), m
        self.read()

    def fits(self) -> bool:
        """It knows nothing of the optimiser's parameters that could change."""
        return True

    def read(self) -> None:
        """Take in what the Values hold."""
        self.numbers = self.m.row(autograd.read_data(self.leaves))
        self._written = True

    def step(self, gradient: Row, n: int) -> None:
        """One step of the optimiser: zero the gradients, add the mean of these, and let it step."""
        self._written = False
        self.optimizer.zero_grad()
        before = autograd.read_grads(self.leaves)
        autograd.write_grads(self.leaves, [a + b / n for a, b in zip(before, _listed(gradient), strict=True)])
        self.optimizer.step()
        self.read()

    def write(self) -> None:
        """The Values have it all; those that an interrupted step has moved go back to where they were."""
        if not self._written:
            autograd.write_data(self.leaves, self.numbers)


def flattened(optimizer: Any, leaves: Sequence[Value], m: Rows) -> Flat | Through:
    """``Flat`` for an optimiser that steps as ``Optimizer`` has it, ``Through`` for any other."""
    own = ("step", "zero_grad", "moved")
    if all(getattr(getattr(optimizer, name, None), "__func__", None) is getattr(Optimizer, name) for name in own):
        return Flat(optimizer, leaves, m)
    return Through(optimizer, leaves, m)


def _run(places: list[int]) -> Sequence[int] | slice:
    """The places as a slice, where they follow one another."""
    first = places[0] if places else 0
    whole = places == list(range(first, first + len(places)))
    return slice(first, first + len(places)) if whole else places


def _listed(row: Iterable[float]) -> list[float]:
    found: list[float] = row.tolist() if hasattr(row, "tolist") else list(row)
    return found
