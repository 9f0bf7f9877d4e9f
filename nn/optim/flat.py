"""Flat: many steps of an optimiser on one vector of numbers, while the Values wait.

    flat = flattened(optimizer, program.leaves, rows)
    for batch in batches:
        _, gradient = program.value_and_grad(flat.numbers, batch)
        flat.step(gradient, len(batch))
    flat.write()                            # now the Values and the optimiser have it all

A step is made ready first, which changes nothing, and then carried out by one call that no Ctrl-C comes into: what
``write`` writes is always the last step that was finished.
What does not live here: rules (``sgd.py``, ``adaptive.py``), and how they are carried out (``rows.py``,
``inplace.py``).
"""

from collections.abc import Iterable, Sequence
from functools import partial
from operator import setitem
from typing import Any

import autograd
from autograd import Value
from nn.optim.inplace import Calls, UntraceableError, carried_out, in_place
from nn.optim.optimizer import Memory, Optimizer, free, plain_options, remembered
from nn.optim.rows import Arrays, Row, Rows


class Flat:
    """The parameters of an optimiser, and other leaves, as one vector.

    Args:
        optimizer: one whose ``step`` is the optimisers' own.
        leaves: list[n] of Values, in the vector's order.
        m: the kind of row that the vector is.
        home: a row of n numbers to keep those of ``leaves`` in; None for one of its own.
    """

    def __init__(self, optimizer: Optimizer, leaves: Sequence[Value], m: Rows, home: Row | None = None) -> None:
        self.optimizer, self.m, self.n, self.home = optimizer, m, len(leaves), home
        self.groups = [list(group["params"]) for group in optimizer.param_groups]
        self.values = list(leaves)
        if self.groups == [self.values]:  # as it mostly is
            self.places: list[Sequence[int] | slice] = [slice(0, self.n)]
            self.others: list[int] = []
        else:
            place = {leaf: i for i, leaf in enumerate(leaves)}
            for p in (p for params in self.groups for p in params):
                place.setdefault(p, len(place))
            self.values = list(place)
            self.places = [_run([place[p] for p in params]) for params in self.groups]
            foreign = set(leaves).difference(*self.groups)
            self.others = [i for i, leaf in enumerate(leaves) if leaf in foreign and leaf.requires_grad]
        self.scratch: dict[int, list[Row]] = {}
        self.read()

    @property
    def numbers(self) -> Row:
        """The present numbers of ``leaves``."""
        return self.all if len(self.all) == self.n else self.all[: self.n]

    def fits(self) -> bool:
        """Whether the optimiser still has the parameters that it had."""
        return self.groups == [group["params"] for group in self.optimizer.param_groups]

    def read(self) -> None:
        """Take in what the Values and the optimiser hold."""
        self.free = [free(params) for params in self.groups]
        self.all = self.m.row(autograd.read_data(self.values))
        if self.home is not None and len(self.all) == self.n:
            self.m.put(self.home, slice(0, self.n), self.all)
            self.all = self.home
        self.gradients = self.m.row([0.0] * len(self.all))
        if self.others:
            self.m.put(self.gradients, slice(0, self.n), autograd.read_grads(self.values[: self.n]))
        self.memory = list(map(self._copied, self.optimizer.memory))
        self.written = [True]

    def write(self) -> None:
        """Bring Values and optimiser to where the last finished step left them."""
        if not self.written[0]:
            autograd.write_data(self.values, self.all)
            autograd.write_grads(self.values, self.gradients)
            self.optimizer.memory = list(map(self._copied, self.memory))
            self.written[0] = True

    def _copied(self, memory: Memory) -> Memory:
        steps = memory.steps if isinstance(memory.steps, int) else list(memory.steps)
        return Memory(steps, {name: self.m.row(row) for name, row in memory.rows.items()})

    # a step ---------------------------------------------------------------------------------------------------------

    def step(self, gradient: Row, n: int) -> None:
        """One step of the optimiser.

        Args:
            gradient: of ``leaves``, summed over samples.
            n: how many samples; the step is taken by the mean.
        """
        calls: Calls = [partial(setitem, self.written, 0, False)]
        for number, places in enumerate(self.places):
            try:
                calls += self._in_place(number, places, gradient, n)
            except UntraceableError:
                calls += self._anew(number, places, gradient, n)
        for i in self.others:  # leaves of no optimiser add to what they have, as `backward()` does
            calls.append(partial(setitem, self.gradients, i, self.gradients[i] + gradient[i] / n))
        carried_out(calls)

    def _in_place(self, number: int, places: Sequence[int] | slice, gradient: Row, n: int) -> Calls:
        """A group's step where arrays lie."""
        memory = self.memory[number]
        if (
            not isinstance(self.m, Arrays) or not isinstance(places, slice) or not places.start < places.stop <= self.n
            or self.free[number] is not None or not isinstance(memory.steps, int)
        ):  # fmt: skip
            raise UntraceableError("not a run of arrays")
        options, t = plain_options(self.optimizer.param_groups[number]), memory.steps + 1
        starts, x = self.optimizer.remembers(options), self.all[places]
        columns = [x, self.gradients[places], *remembered(self.m, memory.rows, starts, len(x))]
        rule, scratch = self.optimizer.stepping(options, t), partial(self._scratch, len(x))
        calls = in_place(self.m, rule, columns, gradient[places], n, scratch)
        rows = {**memory.rows, **dict(zip(starts, columns[2:], strict=True))}
        return [*calls, partial(setitem, self.memory, number, Memory(t, rows))]

    def _scratch(self, n: int, count: int) -> list[Row]:
        spare = self.scratch.setdefault(n, [])
        while len(spare) < count:
            spare.append(self.m.row([0.0] * n))
        return spare[:count]

    def _anew(self, number: int, places: Sequence[int] | slice, gradient: Row, n: int) -> Calls:
        """A group's step as ``Optimizer.step`` takes it: of lists, scattered parameters, and those that were frozen."""
        whole = [*(g / n for g in _listed(gradient)), *[0.0] * (len(self.all) - self.n)]
        mean = self.m.pick(self.m.row(whole), places)
        x, memory = self.optimizer.moved(
            self.m, self.optimizer.param_groups[number], self.memory[number], self.m.pick(self.all, places), mean,
            self.free[number],
        )  # fmt: skip
        calls: Calls = [partial(setitem, self.memory, number, memory)]
        for row, numbers in ((self.gradients, mean), (self.all, x)):
            if isinstance(places, slice) or isinstance(self.m, Arrays):
                calls.append(partial(setitem, row, places, numbers))
            else:
                calls += [partial(setitem, row, place, number) for place, number in zip(places, numbers, strict=True)]
        return calls


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
        self.written = True

    def step(self, gradient: Row, n: int) -> None:
        """One step of the optimiser: zero the gradients, add the mean of these, and let it step."""
        self.written = False
        self.optimizer.zero_grad()
        before = autograd.read_grads(self.leaves)
        autograd.write_grads(self.leaves, [a + b / n for a, b in zip(before, _listed(gradient), strict=True)])
        self.optimizer.step()
        self.read()

    def write(self) -> None:
        """The Values have it all; those that an interrupted step has moved go back to where they were."""
        if not self.written:
            autograd.write_data(self.leaves, self.numbers)


def flattened(optimizer: Any, leaves: Sequence[Value], m: Rows, home: Row | None = None) -> Flat | Through:
    """``Flat`` for an optimiser that steps as ``Optimizer`` has it, ``Through`` for any other."""
    own = ("step", "zero_grad", "moved")
    if all(getattr(getattr(optimizer, name, None), "__func__", None) is getattr(Optimizer, name) for name in own):
        return Flat(optimizer, leaves, m, home)
    return Through(optimizer, leaves, m)


def _run(places: list[int]) -> Sequence[int] | slice:
    """The places as a slice, where they follow one another."""
    first = places[0] if places else 0
    whole = places == list(range(first, first + len(places)))
    return slice(first, first + len(places)) if whole else places


def _listed(row: Iterable[float]) -> list[float]:
    found: list[float] = row.tolist() if hasattr(row, "tolist") else list(row)
    return found
