"""Which module a node belongs to: the neuron and the layer around it, as a path such as ("layers[0]", "neurons[2]").

Under ``autograd.provenance()`` a node notes its scope, and that decides.  Otherwise the labels of parameters do, as
``nn`` gives them: ``layers[0].neurons[2].w[1]`` lies in that neuron; a node computed from parameters lies where they
lie, sums of such nodes stay there, and so does the activation on top.  What does not live here: what becomes of a
cluster in a drawing (``fold.py``).
"""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Final

from autograd import Value

Path = tuple[str, ...]

_PART: Final = r"[^\W\d]\w*(?:\[[^\[\]]*\])*"
_DOTTED: Final = re.compile(rf"{_PART}(?:\.{_PART})+")
_LONGEST: Final = 200
_SUMS: Final = ("add", "sum", "sub")


def path_of(label: str) -> Path:
    """The path that a parameter's label names; empty where it names none.

    >>> path_of("layers[0].neurons[2].w[1]"), path_of("w[1]"), path_of("some text."), path_of("3.14")
    (('layers[0]', 'neurons[2]'), (), (), ())
    """
    if len(label) > _LONGEST or "." not in label or not _DOTTED.fullmatch(label):
        return ()
    return tuple(re.findall(_PART, label)[:-1])


def homes(nodes: Sequence[Value]) -> dict[Value, Path]:
    """The path of every node that belongs to a module.

    Args:
        nodes: in topological order.

    >>> from autograd import dot, topological_order
    >>> w, b = Value(2.0, label="neurons[0].w[0]"), Value(0.0, label="neurons[0].b")
    >>> score = dot([w], [3.0], b).tanh()
    >>> found = homes(topological_order((score - 1) ** 2))
    >>> [(node._op or node.label, path) for node, path in found.items()]
    [('neurons[0].w[0]', ('neurons[0]',)), ('neurons[0].b', ('neurons[0]',)), ('dot', ('neurons[0]',)), ('tanh', ('neurons[0]',))]
    """  # noqa: E501 (a doctest's output cannot be wrapped)
    home: dict[Value, Path] = {}
    before_activation: set[Value] = set()
    for node in nodes:
        if node.is_leaf:
            if path := path_of(node.label):
                home[node] = path
        elif scope := node.scope:
            home[node] = scope
            for leaf in node.parents:
                if leaf.is_leaf and leaf in home and scope[-len(home[leaf]) :] == home[leaf]:
                    home[leaf] = scope
        elif parameters := {home[parent] for parent in node.parents if parent.is_leaf and parent in home}:
            if path := _common(parameters):
                home[node] = path
                before_activation.add(node)
        elif before_activation.issuperset(parents := set(node.parents)) and len({home[p] for p in parents}) == 1:
            op = node.op
            assert op is not None
            is_sum = op.name in _SUMS and len(parents) > 1
            if is_sum or _is_activation(node):
                home[node] = home[next(iter(parents))]
            if is_sum:
                before_activation.add(node)
    return home


def _is_activation(node: Value) -> bool:
    """A function of one operand, such as ReLU or tanh; arithmetic is none."""
    op = node.op
    assert op is not None
    return op.method and not op.dunders and len(op.operands) - len(op.defaults) == 1 and len(node.parents) == 1


def _common(paths: Iterable[Path]) -> Path:
    columns = zip(*paths, strict=False)
    return tuple(parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, columns))
