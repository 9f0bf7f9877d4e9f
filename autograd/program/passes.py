"""The passes: scalar program in, smaller scalar program out, each a pure function.

Four of them leave every value as the graph has it, to the last bit and signs of zeros included.  A gradient may add up
in another order then (``x*x`` in place of ``x**2`` passes it on in two halves) and differ in its last bit:

    fold        instructions on constants alone become constants
    simplify    x*1, x/1, x - 0, x**1, x**2, and x + 0 where x cannot be -0.0 (for 0.0 + -0.0 is 0.0)
    share       equal instructions become one
    prune       what no output needs goes

``gather`` rounds differently: a chain of additions becomes one ``sum``, and one of products one ``dot``, which is
what lets ``arrays.py`` find matrix products in neurons that were written out as ``w*x + w*x + b``.
What does not live here: how a program is written anew (``rewrite.py``), anything about arrays or backends.
"""

from collections.abc import Sequence
from typing import Any, Final

from autograd.ops import FLOATS, TABLE, Op
from autograd.program.ir import Code
from autograd.program.rewrite import Builder, compacted, replaced, rewrite, uses
from autograd.program.slots import Operand, flat

GONE: Final = -(2**60)
"""The slot of an instruction that vanished into another; nothing may use it."""

_NEVER_MINUS_ZERO: Final = frozenset(
    {"sum", "prod", "mean", "dot", "exp", "cosh", "relu", "abs", "sigmoid", "softplus", "greater", "greater_equal",
     "less", "less_equal", "equal", "not_equal", "hypot", "erfc", "logsumexp"}
)  # fmt: skip


def optimised(code: Code) -> Code:
    """All passes in their order: what straight-line code is made from."""
    for each in (fold, simplify, share, gather, prune):
        code = each(code)
    return code


def regular(code: Code) -> Code:
    """The passes that leave equal parts of a program equal: what vector instructions are made from.

    ``simplify`` is not among them: with labels of ±1 it would drop ``1 * score`` for half of the samples, and the two
    halves would no longer be one vector operation.
    """
    for each in (fold, share, gather, prune):
        code = each(code)
    return code


def fold(code: Code) -> Code:
    """Instructions whose operands are all constants become constants."""
    constant = code.constants.keys()
    if not constant:
        return code

    def is_number(new: Builder, slot: int) -> bool:
        return slot < 0 and new.sources[-1 - slot].__class__ is float

    def step(new: Builder, place: int, op: Op, operands: tuple[Operand, ...]) -> int:
        operands = new.moved(operands)
        for slot in flat(operands):
            if not is_number(new, slot):
                return new.emit(op, operands)
        arguments = [
            [new.sources[-1 - slot] for slot in x] if isinstance(x, tuple) else new.sources[-1 - x] for x in operands
        ]  # fmt: skip
        return new.constant(float(op.value_in(FLOATS)(*arguments)))

    covers = frozenset(constant).issuperset
    for operands in code.operands:  # most programs have nothing to fold: a leaf is no constant
        if covers(operands) or (operands[0].__class__ is tuple and covers(flat(operands))):
            return rewrite(code, step)
    return code


def simplify(code: Code) -> Code:
    """Operations that change nothing go, and squares become products; bit for bit the same numbers."""
    constants = {slot: number for slot, number in code.constants.items() if number in (0.0, 1.0, 2.0)}
    if not constants:
        return code

    def step(new: Builder, place: int, op: Op, operands: tuple[Operand, ...]) -> int:
        if len(operands) == 2 and (operands[0] in constants or operands[1] in constants):
            x, y = new.moved(operands)
            left, right, name = constants.get(x), constants.get(y), op.name
            if right == 1.0 and name in ("mul", "div", "pow"):
                return int(x)
            if left == 1.0 and name == "mul":
                return int(y)
            if right == 0.0 and ((name == "sub") is (str(right) == "0.0")) and name in ("sub", "add"):
                return int(x)
            if left == 0.0 and name == "add" and str(left) == "-0.0":
                return int(y)
            for zero, other in ((left, y), (right, x)):
                if name == "add" and zero == 0.0 and other >= 0 and new.ops[other].name in _NEVER_MINUS_ZERO:
                    return int(other)
            if right == 2.0 and name == "pow":
                return new.emit(TABLE["mul"], (x, x))
        return new.emit(op, new.moved(operands))

    return rewrite(code, step)


def share(code: Code) -> Code:
    """Equal instructions become one."""
    if not _repeats(code):
        return code
    known: dict[tuple[Op, tuple[Operand, ...]], int] = {}

    def step(new: Builder, place: int, op: Op, operands: tuple[Operand, ...]) -> int:
        operands = new.moved(operands)
        slot = known.get((op, operands))
        if slot is None:
            slot = known[op, operands] = new.emit(op, operands)
        return slot

    return rewrite(code, step)


def _repeats(code: Code) -> bool:
    """Whether two instructions are equal."""
    ops, operands = code.ops, code.operands
    places: Sequence[int] = range(len(code))
    if code.columns is not None:
        if code.columns.repeats():
            return True
        places = code.columns.others
    return len({(ops[place], operands[place]) for place in places}) < len(places)


def prune(code: Code) -> Code:
    """Instructions that no output needs go."""
    if 0 not in uses(code):  # what each is used by comes later, and the last of them is an output
        return code
    needed = bytearray(len(code))
    for slot in code.outputs:
        if slot >= 0:
            needed[slot] = 1
    for place in range(len(code) - 1, -1, -1):
        if needed[place]:
            for x in code.operands[place]:
                if x.__class__ is int:
                    if x >= 0:
                        needed[x] = 1
                else:
                    for slot in x:  # type: ignore[union-attr]
                        if slot >= 0:
                            needed[slot] = 1
    return compacted(code, needed)


def gather(code: Code) -> Code:
    """Chains of additions become one ``sum``; two products or more in one become a ``dot`` with the rest as bias."""
    add, mul, sum_, dot = TABLE["add"], TABLE["mul"], TABLE["sum"], TABLE["dot"]
    ops, operands = code.ops, code.operands
    heads = _heads(code, add, sum_, dot)
    if not heads:
        return code
    count = uses(code)
    zeros = {slot for slot, number in code.constants.items() if number == 0.0}
    inner = bytearray(len(code))  # additions that vanish into the chain they belong to
    keep = bytearray(b"\1") * len(code)
    for place in heads:
        for slot in operands[place] if ops[place] is add else operands[place][0]:  # type: ignore[union-attr]
            if slot >= 0 and ops[slot] is add and count[slot] == 1:  # type: ignore[operator, index]
                inner[slot], keep[slot] = 1, 0  # type: ignore[index]

    terms_of: dict[int, list[int]] = {}
    taken = bytearray(len(code))  # products, and dots without a bias, that a chain takes over
    for place in heads:
        if inner[place]:
            continue
        op = ops[place]
        if op is add:
            x, y = operands[place]
            if not (x >= 0 and (inner[x] or ops[x] is dot)) and not (y >= 0 and (inner[y] or ops[y] is dot)):  # type: ignore[operator, index]
                continue
        terms = _terms(place, operands, inner)
        single = [t for t in terms if t >= 0 and count[t] == 1]
        products = [t for t in single if ops[t] is mul]
        if len(products) >= 2 and (op is sum_ or len(terms) > 2):
            for slot in products:
                taken[slot], keep[slot] = 1, 0
        elif len(terms) == 2 and op is add:
            dots = [t for t in single if ops[t] is dot and operands[t][2] in zeros]
            if not dots or len(set(terms)) < 2:
                continue
            taken[dots[0]], keep[dots[0]] = 1, 0
        terms_of[place] = terms

    def split(place: int) -> tuple[list[tuple[Operand, ...]], tuple[int, ...]]:
        """What a chain takes over, and the terms that stay terms."""
        terms = [t for t in terms_of[place] if t not in zeros]
        return [operands[t] for t in terms if t >= 0 and taken[t]], tuple([t for t in terms if t < 0 or not taken[t]])

    def merged(parts: list[tuple[Operand, ...]], rest: tuple[int, ...], bias: int) -> tuple[Op, tuple[Operand, ...]]:
        if not parts:
            return sum_, (rest,)
        if len(parts[0]) == 3:
            return dot, (*parts[0][:2], bias)
        pairs = list(map(_weight_first, parts))
        return dot, (tuple([w for w, _ in pairs]), tuple([x for _, x in pairs]), bias)

    chains = {place: split(place) for place in terms_of}
    if not any(parts and len(rest) > 1 for parts, rest in chains.values()):
        # No bias is a sum of its own, so every chain fits in its last addition's place, and what it took over goes.
        if not chains:
            return code
        sources, changed_ops, changes = [*code.sources, 0.0], list(ops), {}
        for place, (parts, rest) in chains.items():
            changed_ops[place], changes[place] = merged(parts, rest, rest[0] if rest else -len(sources))
        return compacted(replaced(code, sources, changed_ops, changes), keep)

    def step(new: Builder, place: int, op: Op, slots: tuple[Operand, ...]) -> int:
        if not keep[place]:
            return GONE
        if place not in chains:
            return new.emit(op, new.moved(slots))
        parts, rest = chains[place]
        moved = new.moved(rest)
        made, arguments = merged(parts, rest, GONE)
        if made is sum_:
            return new.emit(sum_, (moved,))
        bias = moved[0] if len(moved) == 1 else new.emit(sum_, (moved,)) if moved else new.constant(0.0)
        return new.emit(dot, (*new.moved(arguments[:2]), bias))

    return rewrite(code, step)


def _heads(code: Code, add: Op, sum_: Op, dot: Op) -> list[int]:
    """Where a chain may end: sums, and additions that read an addition or a dot product."""
    ops, columns = code.ops, code.columns
    if columns is not None:
        sums = [place for place in columns.others if ops[place] is sum_]
        return sorted([*sums, *columns.reading(add, (add, dot))])
    return [
        place for place, (op, operands) in enumerate(zip(ops, code.operands, strict=True))
        if op is sum_ or (op is add and any(x >= 0 and ops[x] in (add, dot) for x in operands))  # type: ignore[index, operator]
    ]  # fmt: skip


def _terms(head: int, operands: Sequence[tuple[Operand, ...]], inner: bytearray) -> list[int]:
    """What a chain of additions adds up, from left to right."""
    terms: list[int] = []
    stack = list(flat(operands[head]))[::-1]
    while stack:
        slot = stack.pop()
        if slot >= 0 and inner[slot]:
            stack.extend(reversed(list(flat(operands[slot]))))
        else:
            terms.append(slot)
    return terms


def _weight_first(product: tuple[Operand, ...]) -> tuple[Any, Any]:
    """The two factors, a leaf before a result."""
    x, y = product
    return (y, x) if y.__class__ is int and y < 0 <= x else (x, y)  # type: ignore[operator]
