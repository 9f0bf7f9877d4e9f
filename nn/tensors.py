"""A state dict's single numbers gathered into tensors, and back: how a model's state looks outside of this library.

``{"w[0]": 1.0, "w[1]": 2.0, "b": 0.5}`` becomes a tensor ``w`` of shape (2,) and a tensor ``b`` of shape ().  Files
(``io.py``) keep tensors: a layer of 64 neurons has thousands of numbers, and a handful of names.
"""

import itertools
import math
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_PATH: Final = re.compile(r"(?P<stem>.*?)(?P<places>(?:\[\d+\])*)\Z", re.DOTALL)
_PLACE: Final = re.compile(r"\[(\d+)\]")


class Tensor(NamedTuple):
    """Numbers in the order of their places, the last place running fastest."""

    shape: tuple[int, ...]
    numbers: list[float]


def gathered(state: Mapping[str, float]) -> dict[str, Tensor]:
    """The numbers of a state by their common path; those that fill no rectangle stay by themselves.

    >>> gathered({"w[0]": 1.0, "w[1]": 2.0, "b": 0.5})
    {'w': Tensor(shape=(2,), numbers=[1.0, 2.0]), 'b': Tensor(shape=(), numbers=[0.5])}
    """
    groups: dict[str, dict[tuple[int, ...], float]] = {}
    for path, number in state.items():
        match = _PATH.match(path)
        assert match is not None
        places = tuple(int(place) for place in _PLACE.findall(match["places"]))
        groups.setdefault(match["stem"], {})[places] = float(number)
    tensors: dict[str, Tensor] = {}
    for stem, numbers in groups.items():
        depths = {len(places) for places in numbers}
        shape = tuple(max(column) + 1 for column in zip(*numbers, strict=True)) if len(depths) == 1 else ()
        # places are all different and none is outside of the shape: as many as it holds means all of them
        if len(depths) == 1 and len(numbers) == math.prod(shape):
            tensors[stem] = Tensor(shape, [numbers[places] for places in sorted(numbers)])
        else:
            for places, number in numbers.items():
                tensors[_path(stem, places)] = Tensor((), [number])
    return tensors


def flattened(tensors: Mapping[str, Tensor]) -> dict[str, float]:
    """The state that was gathered.

    Raises:
        ValueError: a tensor's numbers are not as many as its shape says, or two of them have one path.

    >>> flattened({"w": Tensor((2,), [1.0, 2.0])})
    {'w[0]': 1.0, 'w[1]': 2.0}
    """
    state: dict[str, float] = {}
    for name, (shape, numbers) in tensors.items():
        if len(numbers) != math.prod(shape):
            raise ValueError(f"the tensor {name!r} has {len(numbers)} numbers, and its shape {shape} holds others")
        for places, number in zip(itertools.product(*map(range, shape)), numbers, strict=True):
            path = _path(name, places)
            if path in state:
                raise ValueError(f"two tensors hold the number {path!r}")
            state[path] = number
    return state


def _path(stem: str, places: tuple[int, ...]) -> str:
    return stem + "".join(f"[{place}]" for place in places)
