"""A walk cut into moments, the least that is shown at once, and what every node shows at each.

A moment is the start, one forward step, the seed ∂root/∂root = 1, or one edge of a backward step.  ``Stepper`` goes
from one to any other, forth and back: each `after` stands in the list of steps, and going back restores `before`, so
nothing is computed here.  What does not live here: the steps (``steps.py``), and anything drawn (``panes.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from autograd import Value
from visualize.steps import Backward, Contribution, Steps


@dataclass(frozen=True, slots=True)
class Moment:
    """One stop on the way through a walk."""

    kind: Literal["start", "forward", "seed", "term", "idle"]
    """``idle`` is a backward step that sends nothing."""
    step: int
    """How many steps of the walk are done, the present one among them."""
    node: Value | None = None
    """The node that is computed, or that sends its gradient on."""
    backward: Backward | None = None
    term: Contribution | None = None

    @property
    def changed(self) -> Value | None:
        """The node whose number this moment changes."""
        return self.term.parent if self.term is not None else None if self.kind == "idle" else self.node


def moments(walk: Steps) -> list[Moment]:
    """The moments of a walk, in order.

    >>> a = Value(3.0, label="a")
    >>> [moment.kind for moment in moments(Steps(a * a))]
    ['start', 'forward', 'seed', 'term', 'term']
    """
    found = [Moment("start", 0)]
    found.extend(Moment("forward", step.index + 1, step.node) for step in walk.forward)
    found.append(Moment("seed", len(walk.forward), walk.root))
    for step in walk.backward:
        count = step.index + 1
        if not step.contributions:
            found.append(Moment("idle", count, step.node, step))
        found.extend(Moment("term", count, step.node, step, term) for term in step.contributions)
    return found


class Stepper:
    """The present moment of a walk, with the gradient of every node at it.

    >>> a = Value(3.0, label="a")
    >>> stepper = Stepper(Steps(a * a))
    >>> for at in (4, 3, 0):
    ...     stepper.go(at)
    ...     print(stepper.gradient[a])
    6.0
    3.0
    0.0
    """

    def __init__(self, walk: Steps) -> None:
        self.walk = walk
        self.moments: Sequence[Moment] = moments(walk)
        self.at = 0
        self.computed = {node for node in walk.nodes if node.is_leaf}
        """The nodes that have their number."""
        self.gradient = dict.fromkeys(walk.nodes, 0.0)

    @property
    def moment(self) -> Moment:
        """The present moment."""
        return self.moments[self.at]

    @property
    def backward_has_begun(self) -> bool:
        """Whether gradients mean anything yet."""
        return self.at > len(self.walk.forward)

    def go(self, to: int) -> None:
        """Go to the moment with this number; to the first or the last if there is none."""
        to = max(0, min(len(self.moments) - 1, to))
        while self.at < to:
            self.at += 1
            self._apply(self.moment, forth=True)
        while self.at > to:
            self._apply(self.moment, forth=False)
            self.at -= 1

    def _apply(self, moment: Moment, forth: bool) -> None:
        node = moment.changed
        if node is None:
            return
        if moment.term is not None:
            self.gradient[node] = moment.term.after if forth else moment.term.before
        elif moment.kind == "seed":
            self.gradient[node] = 1.0 if forth else 0.0
        elif forth:
            self.computed.add(node)
        else:
            self.computed.discard(node)

    def next_of(self, node: Value) -> int:
        """The next moment that concerns ``node``, beginning again after the last; the present one if none does."""
        count = len(self.moments)
        for ahead in range(1, count):
            moment = self.moments[(self.at + ahead) % count]
            if node is moment.node or node is moment.changed:
                return (self.at + ahead) % count
        return self.at
