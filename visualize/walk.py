"""``walk(root)``: the list of steps of a backward pass, together with its views.

The list itself, and all there is to say about steps, is in ``steps.py``.  Here each view becomes a method: a walk is
printed as text (``text.py``), and shown as a page, in a terminal, in a notebook, as an animation.
"""

from autograd import Value
from visualize.steps import Steps
from visualize.text import as_text


class Walk(Steps):
    """The steps of one forward and backward pass over a graph, in order: index, slice, iterate, ``len``, print."""

    def __str__(self) -> str:
        return as_text(self)


def walk(root: Value) -> Walk:
    """The list of steps of a forward and backward pass over the graph under ``root``.

    Raises:
        OpaqueNodeError: a node's backward rule was assigned by hand.

    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> for term in walk(a * b)[1].contributions:
    ...     print(f"{term.upstream} × {term.formula} = {term.contribution}; {term.before} + … = {term.after}")
    1.0 × b = -3.0; 0.0 + … = -3.0
    1.0 × a = 2.0; 0.0 + … = 2.0
    """
    return Walk(root)
