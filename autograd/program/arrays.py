"""Re-rolling: the matrix products and vector operations that a scalar program unrolled, found again by structure.

Instructions of one level (longest path from a source), one row of the table and operands of one kind become one
vector instruction.  Dots are looked at twice: those whose weight rows W₁…Wⱼ and input rows X₁…X_b meet in every
combination are one matrix product, out[j, b] = Wⱼ · X_b + biasⱼ.  That covers one neuron layer at one sample (b = 1),
a batch traced as one graph (b = 100), shared weights, and whatever else has that shape; nobody is asked for a layer.

Results of one instruction lie side by side in memory, in an order chosen so that what reads them reads slices.  There
are two memories: *uniform* numbers, and *varying* ones with a lane for each sample of the batch:

    uniform   leaves | constants | blocks         varying   batch leaves | blocks

What lives here: levels, groups, their order, places.  What an instruction is: ``vectors.py``.  What does not live here:
derivatives, and how anything is computed (``backends/``).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.ops import TABLE, Op
from autograd.program.columns import by_column
from autograd.program.ir import Code, levels
from autograd.program.vectors import COPY, Apply, ArrayProgram, Instruction, Product, View, evenly_spaced, view_of

CONSTANT, LEAF, RESULT, VARYING = range(4)
"""Kinds of operands: instructions in one group agree in them, so that a group's operand is one array."""


def rerolled(code: Code, leaves: Sequence[int], batch: Sequence[int], wanted: frozenset[int]) -> ArrayProgram:
    """The array program of ``code``.

    Args:
        code: a scalar program.
        leaves: the leaves' numbers in the order of memory.
        batch: the numbers of the leaves that vary over the batch.
        wanted: the numbers of the leaves that get a gradient.
    """
    return _Roller(code, leaves, batch, wanted).program()


class _Roller:
    def __init__(self, code: Code, leaves: Sequence[int], batch: Sequence[int], wanted: frozenset[int]) -> None:
        self.code = code
        columns = code.columns or by_column(code.ops, code.operands, len(code.sources))
        assert columns is not None, "a validated program has columns"
        self.columns = columns
        n, m = len(code), len(code.sources)
        # One entry a slot; a negative slot counts from the end, as Python has it.  Copies come in between.
        size = n + m + (2 * n + m if batch else 0)
        self.place = np.zeros(size, np.int64)
        self.takes: Any = np.zeros(size, bool)
        self.kind = bytearray(size)
        self.number = np.full(size, np.nan)  # of constants
        self.instructions: list[Instruction] = []
        self.copies: dict[int, int] = {}
        self.further = n  # the next slot of a copy, or of a product whose bias is added by an instruction of its own
        self.uniform, self.varying = len(leaves), len(batch)
        self.fixed: list[tuple[int, Any]] = []
        sources = np.array(code.sources, np.float64)
        sources[[-1 - slot for slot in code.constants]] = -1
        leaf_of = sources.astype(np.int64)
        for slot, number in code.constants.items():
            self.kind[slot], self.number[slot], self.place[slot] = CONSTANT, number, self.uniform
            self.fixed.append((self.uniform, np.array([number])))
            self.uniform += 1
        inputs = np.flatnonzero(leaf_of >= 0)
        self.inputs = -1 - inputs  # the slots of the leaves
        shared, varying, taking = [np.array(list(numbers), np.int64) for numbers in (leaves, batch, wanted)]
        ends = 1 + max(numbers.max(initial=-1) for numbers in (shared, varying, taking, leaf_of))
        slots, takes = np.zeros(ends, np.int64), np.zeros(ends, bool)  # by a leaf's number; a leaf's slot is below zero
        slots[leaf_of[inputs]] = self.inputs
        takes[taking] = True
        self.takes[self.inputs] = takes[leaf_of[inputs]]
        kind = np.frombuffer(self.kind, np.uint8)
        for numbers, sort in ((shared, LEAF), (varying, VARYING)):
            at = slots[numbers]
            self.place[at[at < 0]], kind[at[at < 0]] = np.flatnonzero(at < 0), sort
        self.leaves, self.batch = len(leaves), len(batch)
        self.wanted = takes[shared]

    def program(self) -> ArrayProgram:
        """All groups, level by level."""
        for op, members in self._groups():
            if op.name == "dot":
                self._dots(op, members)
            else:
                self._apply(op, members)
        outputs = [(self.kind[slot] == VARYING, int(self.place[slot])) for slot in self.code.outputs]
        return ArrayProgram(
            self.instructions, self.uniform, self.varying, self.leaves, self.batch, self.fixed, outputs, self.wanted
        )

    def _groups(self) -> Iterator[tuple[Op, Any]]:
        """Instructions by level, row of the table and kinds of operands, in order of level."""
        columns, operands = self.columns, self.code.operands
        n = len(self.code)
        kind = np.frombuffer(self.kind, np.uint8)
        kind[:n] = RESULT
        if self.batch:
            kind[:n][self._spread(kind == VARYING)[:n]] = VARYING
        self.takes = self._spread(self.takes)
        signs = (columns.kinds << 4) + (kind[columns.x] << 2) + kind[columns.y]
        signatures: dict[tuple[Any, ...], int] = {}
        for i in columns.others:
            signature: list[Any] = [columns.kinds[i]]
            for x in operands[i]:
                if x.__class__ is int:
                    signature.append(self.kind[x])
                else:
                    signature += [len(x), VARYING in map(self.kind.__getitem__, x)]  # type: ignore[arg-type]
            signs[i] = -1 - signatures.setdefault(tuple(signature), len(signatures))
        signs -= signs.min(initial=0)
        groups = np.array(levels(self.code), np.int64) * (1 + signs.max(initial=0)) + signs
        if groups.max(initial=0) < 2**16:
            groups = groups.astype(np.uint16)  # which NumPy sorts digit by digit, in a sixth of the time
        order = np.argsort(groups, kind="stable")
        cuts = np.flatnonzero(np.diff(groups[order])) + 1
        for members in np.split(order, cuts) if n else ():
            yield columns.ops[columns.kinds[members[0]]], members

    def _spread(self, marked: Any) -> Any:
        """Which slots depend on a source that is marked, itself included."""
        if marked[self.inputs].all():  # then all results do; what depends on no leaf was folded
            marked[: len(self.code)] = True
            return marked
        found = marked.tolist()
        for i, operands in enumerate(self.code.operands):
            for x in operands:
                if found[x] if isinstance(x, int) else any(map(found.__getitem__, x)):
                    found[i] = True
                    break
        return np.array(found, bool)

    # one group ---------------------------------------------------------------------------------------------------

    def _allot(self, members: Any, varying: bool) -> int:
        """Places for the results of ``members``, side by side in their order; gives the first."""
        if varying:
            base = self.varying
            self.varying += len(members)
        else:
            base = self.uniform
            self.uniform += len(members)
        self.place[members] = np.arange(base, base + len(members))
        return base

    def _apply(self, op: Op, members: Any) -> None:
        """A vector instruction; each operand is one array, or one matrix where the row of the table takes a list."""
        operands = self.code.operands
        kinds: list[int | None] = [None] * len(op.operands)
        if self.columns.arity[members[0]]:
            columns = [self.columns.x[members], self.columns.y[members]][: len(op.operands)]
            kinds = [self.kind[column[0]] for column in columns]
        else:
            columns = [np.array([operands[i][k] for i in members.tolist()], np.int64) for k in range(len(op.operands))]
        varying = self.kind[members[0]] == VARYING
        if len(members) > 1:
            order = self._order(columns)
            members, columns = members[order], [column[order] for column in columns]
        views = tuple(map(self._view, columns, kinds))
        takes = tuple(bool(self.takes[column].any()) for column in columns)
        self.instructions.append(Apply(op, self._allot(members, varying), len(members), varying, views, takes))

    def _order(self, columns: Sequence[Any]) -> Any:
        """The order of a group in which most operands are slices."""
        keys = [self.place[c if c.ndim == 1 else c[:, 0] if c.shape[1] else np.zeros(len(c), int)] for c in columns]
        best, most = np.arange(len(keys[0])), sum(map(evenly_spaced, keys))
        for by in keys:
            if most < len(keys):
                order = np.lexsort((keys[0], by))
                slices = sum(evenly_spaced(key[order]) for key in keys)
                if slices > most:
                    best, most = order, slices
        return best

    def _view(self, slots: Any, kind: int | None = None) -> View:
        """The places of ``slots`` (an array of any shape), as a slice, a grid, or a list to gather.

        Those of single operands are of one ``kind``; in lists, leaves, results and numbers may stand together.
        """
        if kind is None and slots.size:
            kinds = np.frombuffer(self.kind, np.uint8)[slots]
            varies = kinds == VARYING
            if varies.any():
                kind = VARYING
                slots = slots if varies.all() else self._copied(slots, kinds)
            elif (kinds == CONSTANT).all():
                kind = CONSTANT
        if kind == CONSTANT:
            numbers = self.number[slots]
            if (numbers != numbers.flat[0]).any() or (numbers == 0).any():
                return self._constant(numbers)
            slots = np.full_like(slots, slots.flat[0])
        return view_of(self.place[slots], kind == VARYING)

    def _constant(self, numbers: Any) -> View:
        base = self.uniform
        self.fixed.append((base, numbers.ravel()))
        self.uniform += numbers.size
        return view_of(base + np.arange(numbers.size).reshape(numbers.shape), False)

    def _copied(self, slots: Any, kinds: Any) -> Any:
        """``slots``, with copies in varying memory in place of those that are uniform, so that one gather reads all."""
        wanted = [slot for slot in np.unique(slots[kinds != VARYING]).tolist() if slot not in self.copies]
        if wanted:
            uniform = np.array(wanted, np.int64)
            takes = bool(self.takes[uniform].any())
            fresh = self._further(len(wanted), takes)
            self.copies |= dict(zip(wanted, fresh.tolist(), strict=True))
            place = self._allot(fresh, True)
            self.instructions.append(
                Apply(COPY, place, len(fresh), True, (view_of(self.place[uniform], False),), (takes,))
            )
        flat = [self.copies.get(slot, slot) for slot in slots.ravel().tolist()]
        return np.array(flat, np.int64).reshape(slots.shape)

    def _further(self, count: int, takes: bool) -> Any:
        """``count`` slots in varying memory that stand for no instruction of the scalar program."""
        fresh = np.arange(self.further, self.further + count)
        self.further += count
        np.frombuffer(self.kind, np.uint8)[fresh] = VARYING
        self.takes[fresh] = takes
        return fresh

    # dots --------------------------------------------------------------------------------------------------------

    def _dots(self, op: Op, members: Any) -> None:
        """Matrix products among the dots of a group, and one vector instruction for what is left."""
        operands = self.code.operands
        rows = [operands[i] for i in members.tolist()]
        left: list[int] = []
        blocks = _blocks(rows)
        if len(blocks) > 1:  # neurons may add up in an order of their own: look again with inputs in order of place
            place = self.place
            sorted_rows = []
            for ws, xs, bias in rows:
                pairs = sorted(zip(ws, xs, strict=True), key=lambda pair: (place[pair[1]], pair[1], place[pair[0]]))
                sorted_rows.append((tuple(w for w, _ in pairs), tuple(x for _, x in pairs), bias))
            if len(again := _blocks(sorted_rows)) < len(blocks):
                rows, blocks = sorted_rows, again
        for ws, xs, grid in blocks:
            if grid is None or grid.size == 1:
                left += [int(g) for g in (grid.ravel() if grid is not None else ws)]
            elif not self._product(op, ws, xs, members[grid], rows, grid):
                left += grid.ravel().tolist()
        if left:
            self._apply(op, members[np.array(sorted(left), np.int64)])

    def _product(self, op: Op, ws: Any, xs: Any, grid: Any, rows: Any, at: Any) -> bool:
        """One matrix product, if its operands have a form that it takes."""
        kind = np.frombuffer(self.kind, np.uint8)
        w, x = np.array(ws, np.int64), np.array(xs, np.int64)
        w_varies, x_varies = bool((kind[w] == VARYING).any()), bool((kind[x] == VARYING).any())
        if w_varies and x_varies:
            return False
        if w_varies:
            w, x, grid, at, w_varies, x_varies = x, w, grid.T, at.T, x_varies, w_varies
        varying = self.kind[grid.flat[0]] == VARYING
        if varying and not x_varies:
            return False
        order_w, order_x = (
            np.argsort(self.place[w[:, 0]], kind="stable"),
            np.argsort(self.place[x[:, 0]], kind="stable"),
        )
        w, x, grid, at = w[order_w], x[order_x], grid[order_w][:, order_x], at[order_w][:, order_x]
        bias = np.array([rows[i][2] for i in at.ravel()], np.int64).reshape(at.shape)
        bias_view, bias_takes = None, False
        apart = bool((kind[bias] == VARYING).any())
        if apart and not varying:
            return False
        if not apart and not ((kind[bias] == CONSTANT).all() and (self.number[bias] == 0.0).all()):
            if (bias == bias[:, :1]).all():
                bias = bias[:, 0]
            elif varying:
                return False
            bias_view, bias_takes = self._view(bias), bool(self.takes[bias].any())
        w_view, x_view = self._view(w), self._view(x.T)
        takes = (bool(self.takes[w].any()), bool(self.takes[x].any()), bias_takes)
        (j, b), k = grid.shape, w.shape[1]
        results = grid.ravel()
        sums = self._further(j * b, any(takes)) if apart else results
        place = self._allot(sums, varying)
        self.instructions.append(Product(op, place, varying, (j, b, k), w_view, x_view, bias_view, takes))
        if apart:  # a bias that varies is no column of one number for each row
            views = (view_of(self.place[sums], True), self._view(bias.ravel()))
            takes_both = (any(takes), bool(self.takes[bias].any()))
            self.instructions.append(Apply(TABLE["add"], self._allot(results, True), j * b, True, views, takes_both))
        return True


def _blocks(rows: Sequence[Any]) -> list[tuple[Any, Any, Any]]:
    """Dots as blocks: weight rows, input rows, and the number of the dot at each of their meetings.

    Input rows that meet the same weight rows belong together.
    """
    w_ids: dict[Any, int] = {}
    by_x: dict[Any, list[tuple[int, int]]] = {}
    for i, (ws, xs, _) in enumerate(rows):
        w = w_ids.setdefault(ws, len(w_ids))
        by_x.setdefault(xs, []).append((w, i))
    by_partners: dict[Any, tuple[list[Any], list[Any]]] = {}
    for xs, met in by_x.items():
        met.sort()
        xs_list, columns = by_partners.setdefault(tuple(w for w, _ in met), ([], []))
        xs_list.append(xs)
        columns.append([i for _, i in met])
    w_rows = list(w_ids)
    found: list[tuple[Any, Any, Any]] = []
    for partners, (xs_list, columns) in by_partners.items():
        if len(set(partners)) < len(partners):  # one pair twice, with different biases
            found += [([w_rows[w]], [xs], np.array([[i]])) for xs, column in zip(xs_list, columns, strict=True)
                      for w, i in zip(partners, column, strict=True)]  # fmt: skip
        else:
            found.append(([w_rows[w] for w in partners], xs_list, np.array(columns, np.int64).T))
    return found
