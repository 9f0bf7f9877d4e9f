"""Samples and batches: what is taken for which, and how shapes meet."""

from __future__ import annotations

from typing import Any

import pytest

from autograd import LengthError
from nn.nested import broadcast, is_batch, nested_zip, plain, shape
from tests.requires import requires


@pytest.mark.parametrize("kind", ["float64", "float32", "float16", "longdouble", "int8", "uint64", "bool", "object"])
def test_arrays_of_every_kind_stand_for_lists(kind: str) -> None:
    numpy = requires("numpy")
    assert plain(numpy.array([[1, 0], [0, 1]], dtype=kind)) == [[1, 0], [0, 1]]
    assert plain(numpy.array(1, dtype=kind)) == 1


def test_iterators_stand_for_lists_and_what_has_no_order_stays() -> None:
    assert plain(range(2)) == plain(iter([0, 1])) == plain(x for x in (0, 1)) == [0, 1]
    for thing in ({1: 2}, {1}, b"ab", "ab", None):
        assert plain(thing) is thing


def test_a_list_of_lists_is_a_batch_and_a_dict_none() -> None:
    numpy = requires("numpy")
    for batch in ([[1.0]], ((1.0, 2.0), (3.0, 4.0)), numpy.ones((2, 2)), [numpy.ones(2)]):
        assert is_batch(batch)
    for other in ([], [1.0], numpy.ones(2), numpy.ones((0, 2)), {0: [1.0]}, "ab", 3.0, None):
        assert not is_batch(other)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [((), (2, 3)), ((3,), (2, 3)), ((1,), (2, 3)), ((2, 1), (2, 3)), ((1, 3), (2, 3)), ((2, 3), (2, 3)), ((), ())],
)
def test_broadcasting_is_numpys(given: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    numpy = requires("numpy")
    array = numpy.arange(1.0, 1.0 + numpy.prod(given, dtype=int)).reshape(given)
    assert broadcast(array.tolist(), wanted) == numpy.broadcast_to(array, wanted).tolist()


@pytest.mark.parametrize(("given", "wanted"), [((2,), (3,)), ((1, 1), (3,)), ((0,), (3,)), ((3, 2), (2, 3))])
def test_what_numpy_does_not_broadcast_is_refused(given: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    numpy = requires("numpy")
    with pytest.raises(ValueError, match="operand"):
        numpy.broadcast_to(numpy.ones(given), wanted)
    with pytest.raises(LookupError):
        broadcast(numpy.ones(given).tolist(), wanted)


def test_several_nests_are_walked_together() -> None:
    def total(*numbers: Any) -> Any:
        return sum(numbers)

    assert nested_zip(total, ValueError, [[1.0], [2.0]], [[10.0], [20.0]], [[5.0], [5.0]]) == [[16.0], [27.0]]
    assert nested_zip(total, ValueError, [[1.0], [2.0]], [10.0, 20.0]) == [[11.0], [22.0]]
    with pytest.raises(LengthError, match="not alike"):
        nested_zip(total, lambda: LengthError("not alike"), [1.0, 2.0], [1.0])


def test_a_shape_is_read_along_the_first_entries() -> None:
    assert (shape(1.0), shape([]), shape([[1, 2], [3, 4]]), shape([[[0]]])) == ((), (0,), (2, 2), (1, 1, 1))
