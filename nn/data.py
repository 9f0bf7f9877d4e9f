"""Data as training wants it: a list of inputs and a list of targets, of plain numbers, and batches of them.

What does not live here: models and losses (``training.py`` is the next file to read).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import autograd
from autograd import LengthError, StructureError
from nn.nested import LISTS, is_sequence, plain


class Samples(NamedTuple):
    """n inputs and n targets."""

    inputs: list[Any]
    """Each a number or a tuple of numbers, as the model is called with it."""
    targets: list[Any]
    """Each a number, or a list of numbers."""

    def at(self, places: Sequence[int]) -> "Samples":
        """Those at these places, in that order."""
        return Samples([self.inputs[i] for i in places], [self.targets[i] for i in places])


def samples(data: Any) -> Samples:
    """Data in either of the two forms that ``fit`` takes.

    Args:
        data: a tuple ``(X, y)`` of n inputs and n targets, each a list or an array; or any iterable of n pairs
            ``(x, y)``, which is read to its end once.

    Raises:
        LengthError: there are no samples, or not one target for each input.
        StructureError: it is neither.

    >>> samples(([[0, 1], [1, 1]], [1, 0]))
    Samples(inputs=[operands([0.0, 1.0]), operands([1.0, 1.0])], targets=[1, 0])
    >>> samples([((0, 1), 1), ((1, 1), 0)])
    Samples(inputs=[operands([0.0, 1.0]), operands([1.0, 1.0])], targets=[1, 0])
    """
    if isinstance(data, Samples):
        return data
    if isinstance(data, tuple):
        if len(data) != 2:
            raise StructureError(f"data as a tuple is the pair (X, y); got a tuple of {len(data)}")
        X, y = rows(data[0]), _entries(data[1], "y")
    else:
        pairs = _entries(data, "data")
        for pair in pairs:
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise StructureError(
                    f"data is a tuple (X, y), or an iterable of pairs (x, y); one of its entries is {pair!r:.80}"
                )
        X, y = rows([x for x, _ in pairs]), [target for _, target in pairs]
    if not X or len(X) != len(y):
        raise LengthError(
            f"data needs one target for each input, and one at least; got {len(X)} inputs, {len(y)} targets"
        )
    return Samples(X, [_target(target) for target in y])


def rows(X: Any) -> list[Any]:
    """Inputs as models are called with them: a tuple of floats for a row, a float for a number."""
    return [_input(x) for x in _entries(X, "X")]


def batches(n: int, size: int, rng: Any, least: int = 1) -> Iterator[list[int]]:
    """The places of n samples in parts of ``size``, the last one with what is left.

    Args:
        n: how many samples there are.
        size: samples a part, from 1 up.
        rng: shuffles them first, if it is not None.
        least: a rest of fewer samples than this joins the part before it.

    >>> list(batches(5, 2, None))
    [[0, 1], [2, 3], [4]]
    """
    order = list(range(n))
    if rng is not None:
        rng.shuffle(order)
    starts = list(range(0, n, size))
    if len(starts) > 1 and n - starts[-1] < least:
        starts.pop()
    for start, end in zip(starts, [*starts[1:], n], strict=True):
        yield order[start:end]


def _entries(thing: Any, name: str) -> Any:
    """A sequence of the entries along the first axis; tables (``DataFrame``) by row, arrays as lists."""
    given = thing
    if not isinstance(given, str | bytes):
        thing = plain(thing.to_numpy() if hasattr(thing, "to_numpy") else thing)
    if isinstance(given, str | bytes) or not (isinstance(thing, Iterable) or hasattr(thing, "__getitem__")):
        raise StructureError(f"{name} is a list, an array, or another iterable; got {thing!r:.80}")
    return thing if isinstance(thing, LISTS) else list(thing)


def _target(thing: Any) -> Any:
    """Numbers as Python has them: arrays become lists, and NumPy's scalars ints and floats."""
    thing = plain(thing)
    return [_target(entry) for entry in thing] if isinstance(thing, LISTS) else thing


def _input(x: Any) -> Any:
    """A row made ready for a layer's neurons; nested rows as tuples of such."""
    x = plain(x)
    if isinstance(x, LISTS):
        nested = bool(x) and is_sequence(x[0])
        return tuple([_input(entry) for entry in x]) if nested else autograd.operands(x)
    return float(x) if isinstance(x, int) else x
