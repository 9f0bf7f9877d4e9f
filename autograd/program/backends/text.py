"""Python text of a whole scalar program: its functions, and loops for what is computed alike.

    kept1 = []
    for x1_0, in ((x4, ), (x5, ), (x6, ), ):        forward: what each turn keeps for the way back
        t0 = x0 * x1_0
        kept1.append((x1_0, t0, ))
    v0, v1, v2, = [turn[-1] for turn in kept1]
    ...
    for gt0 in (g3, g3, g3, ):                      backward, from the last turn to the first
        x1_0, t0, = kept1.pop()
        h_x0 += gt0 * x1_0                          what the turns add up

Names: ``v`` a result, ``g`` its gradient, ``x`` a leaf, ``h`` a leaf's gradient; in loops ``t`` a result, ``gt`` its
gradient, ``x1_0`` what is another one in each turn (of the first loop), ``h_x0`` a gradient that the turns add up.
Only plain text has loops.  What does not live here: the lines of a straight piece (``lines.py``), finding the loops
(``loops.py``).
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

from autograd.program.backends.lines import TERMS, Found, Lines, Rules, added
from autograd.program.ir import Code
from autograd.program.loops import Loop, loops


class Turns:
    """Lines of a loop.

    Args:
        loop: what is computed alike.
        number: counts the loops of a text from 1.
        around: the piece that the loop stands in.
    """

    def __init__(self, loop: Loop, number: int, around: Lines) -> None:
        self.loop, self.number, self.around = loop, number, around
        self.varying = [(f"x{number}_{j}", slots) for j, slots in enumerate(loop.given) if len(slots) > 1]
        given = [around.name(slots[0]) if len(slots) == 1 else f"x{number}_{j}" for j, slots in enumerate(loop.given)]
        names = [repr(source) if source.__class__ is float else given[source] for source in loop.body.sources]  # type: ignore[index]

        def takes(slot: int) -> bool:
            source = loop.body.sources[-1 - slot]
            return source.__class__ is not float and bool(around.takes[loop.given[source][0]])  # type: ignore[index]

        self.body = Lines(loop.body, names, takes, around.rules, "t", "gt")
        self.result = self.body.name(len(loop.body) - 1)
        self.own = "".join(f"{name}, " for name, _ in self.varying)
        self.kept = self.own + "".join(f"{self.body.name(place)}, " for place in range(len(loop.body)))

    def names(self) -> list[str]:
        """What the turns assign, the results and their gradients."""
        places = range(len(self.loop.body))
        return [*map(self.body.name, places), *map(self.body.gradient, places)]

    def totals(self) -> list[str]:
        """What the turns add up: the gradients of what they share."""
        around = self.around
        return [f"h_{around.name(slots[0])}" for slots in self.loop.given if len(slots) == 1 and around.takes[slots[0]]]

    def forward(self, keep: bool) -> list[str]:
        """The loop that gives the results their names, and with ``keep`` keeps what the way back needs."""
        kept, name = f"kept{self.number}", self.around.name
        turns = zip(*(map(name, slots) for _, slots in self.varying), strict=True)
        given = "".join(f"({''.join(f'{one}, ' for one in turn)}), " for turn in turns)
        inner = [line for place in range(len(self.loop.body)) for line in self.body.forward(place)]
        inner.append(f"{kept}.append(({self.kept}))" if keep else f"{kept}.append({self.result})")
        results = "".join(f"{name(slot)}, " for slot in self.loop.results)
        found = f"[turn[-1] for turn in {kept}]" if keep else kept
        return [f"{kept} = []", f"for {self.own}in ({given}):", *_indented(inner), f"{results}= {found}"]

    def backward(self, found: Found) -> list[str]:
        """The loop that takes the results' gradients from ``found`` and sends on what the turns contribute."""
        number, body = self.number, self.body
        upstream = [found.pop(slot, ["0.0"]) for slot in self.loop.results]
        if not body.takes[len(self.loop.body) - 1] or all(terms == ["0.0"] for terms in upstream):
            return []
        last = body.gradient(len(self.loop.body) - 1)
        sent: Found = defaultdict(list, {len(self.loop.body) - 1: [last]})
        inner = [f"{self.kept}= kept{number}.pop()"]
        for place in range(len(self.loop.body) - 1, -1, -1):
            body.send(place, sent, inner)
        totals: Found = defaultdict(list)
        for slot, terms in sent.items():
            totals[self.loop.body.sources[-1 - slot]] += terms  # type: ignore[index]
        before: list[str] = []
        for slot, terms in zip(self.loop.results, upstream, strict=True):
            if len(terms) > TERMS:
                before += added(self.around.gradient(slot), terms)
                terms[:] = [self.around.gradient(slot)]
        after: list[str] = []
        for given, terms in totals.items():
            slots, total = self.loop.given[given], f"h{number}_{given}"
            if len(slots) == 1:
                total = f"h_{self.around.name(slots[0])}"
                inner += [f"{total} += {' + '.join(terms[i : i + TERMS])}" for i in range(0, len(terms), TERMS)]
                if total not in found[slots[0]]:  # other loops may add to it, too
                    found[slots[0]].append(total)
            else:
                before.append(f"{total} = []")
                inner += [*added(f"g{total}", terms), f"{total}.append(g{total})"]
                names = [f"{total}_{turn}" for turn in range(len(slots))]
                after.append(f"{', '.join(reversed(names))}, = {total}")
                for each, name in zip(slots, names, strict=True):
                    found[each].append(name)
        seeds = "".join(f"{' + '.join(terms)}, " for terms in reversed(upstream))
        return [*before, f"for {last} in ({seeds}):", *_indented(inner), *after]


class Writer(Lines):
    """Writes one program's Python.

    Args:
        code: the program.
        wanted: the leaves' numbers that get a gradient.
        guarded: the defining manner; otherwise the plain one.
    """

    def __init__(self, code: Code, wanted: frozenset[int], guarded: bool) -> None:
        self.wanted = {slot: leaf for leaf, slot in code.inputs.items() if leaf in wanted}
        names = [code.name(-1 - i) for i in range(len(code.sources))]
        super().__init__(code, names, self.wanted.__contains__, Rules(guarded))
        found = [] if guarded else loops(code, self.takes)
        self.loops: defaultdict[int, list[Turns]] = defaultdict(list)  # by the place that they come before
        self.straight = bytearray(b"\1") * len(code)
        for number, loop in enumerate(found, 1):
            self.loops[loop.at].append(Turns(loop, number, self))
            for places in loop.turns:
                for place in places:
                    self.straight[place] = 0

    def texts(self, leaves: Sequence[int], gradients: int) -> tuple[str, str, str]:
        """``forward``, ``value_and_grad`` and ``outputs_and_grad``: functions of a sequence of the leaves' numbers."""
        present = self.code.inputs
        loads = [f"x{leaf}" if leaf in present else "_" for leaf in leaves]
        head = [f"{', '.join(loads)}, = values"] if loads else []
        outputs = ", ".join(map(self.name, self.code.outputs))
        straight = [self.forward(place) if self.straight[place] else [] for place in range(len(self.code))]
        values = _indented([*head, *self._values(straight, keep=False)])
        whole = [*self._first(), *head, *self._values(straight, keep=True), *self._backward()]
        both = "\n".join(_indented(whole))
        found = ", ".join(self._final(present.get(leaf)) for leaf in leaves[:gradients])
        root = self.name(self.code.outputs[0])
        return (
            "\n".join(["def forward(values):", *values, f"    return [{outputs}]", ""]),
            f"def value_and_grad(values):\n{both}\n    return {root}, [{found}]\n",
            f"def outputs_and_grad(values):\n{both}\n    return [{outputs}], [{found}]\n",
        )

    def _first(self) -> list[str]:
        """Loops' names come first, for Python reaches a function's first 256 names fastest; totals start from 0."""
        turns = [turns for loops in self.loops.values() for turns in loops]
        names = list(dict.fromkeys(chain(*(each.names() for each in turns), *(each.totals() for each in turns))))
        return [f"{' = '.join(names[i : i + TERMS])} = 0.0" for i in range(0, len(names), TERMS)]

    def _values(self, straight: Sequence[list[str]], keep: bool) -> list[str]:
        """The lines of all values, the loops among the straight ones."""
        lines: list[str] = []
        for place, own in enumerate(straight):
            if place in self.loops:
                lines += [line for turns in self.loops[place] for line in turns.forward(keep)]
            lines += own
        return lines

    def _backward(self) -> list[str]:
        return self._backward_guarded() if self.rules.guarded else self._backward_plain()

    def _final(self, slot: int | None) -> str:
        return self.gradients.get(slot, "0.0") if slot in self.wanted else "0.0"

    def _backward_guarded(self) -> list[str]:
        self.gradients = {slot: f"h{leaf}" for slot, leaf in self.wanted.items()}
        root = self.code.outputs[0]
        reached = [place for place in range(len(self.code)) if self.takes[place]]
        targets = [f"g{place}" for place in reached] + list(self.gradients.values())
        lines = [f"{' = '.join(targets[i : i + TERMS])} = 0.0" for i in range(0, len(targets), TERMS)]
        seed = f"g{root}" if root >= 0 else self.gradients.get(root)
        if seed is None or (root >= 0 and not self.takes[root]):
            return lines
        lines.append(f"{seed} = 1.0")
        for place in reversed(reached):
            sent: list[str] = []
            for slots, partials in self.partials(place, sent):
                for slot, partial in zip(slots, partials, strict=True):
                    target = f"g{slot}" if slot >= 0 else self.gradients[slot]
                    sent.append(f"{target} += g{place} * ({partial})")
            if sent:
                lines += [f"if g{place}:", *_indented(sent)]
        return lines

    def _backward_plain(self) -> list[str]:
        found: Found = defaultdict(list, {self.code.outputs[0]: ["1.0"]})
        self.gradients = {}
        lines: list[str] = []
        for place in range(len(self.code) - 1, -1, -1):
            if self.straight[place]:
                self.send(place, found, lines)
            if place in self.loops:
                lines += [line for turns in self.loops[place] for line in turns.backward(found)]
        for slot, terms in found.items():
            if slot in self.wanted and len(terms) <= TERMS:
                self.gradients[slot] = " + ".join(terms)
            elif slot in self.wanted:
                self.gradients[slot] = f"h{self.wanted[slot]}"
                lines += added(self.gradients[slot], terms)
        return lines


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]
