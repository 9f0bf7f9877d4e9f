"""The scalar program: what is well formed, and what the error names where something is not."""

from __future__ import annotations

import pytest

from autograd import TABLE, ProgramError
from autograd.program import ir
from autograd.program.ir import Code, edges, validated
from tests.requires import requires

ADD, MUL, DOT, TANH = TABLE["add"], TABLE["mul"], TABLE["dot"], TABLE["tanh"]


def code(*instructions: tuple[object, tuple[object, ...]], outputs: tuple[int, ...] = (0,)) -> Code:
    ops, operands = zip(*instructions, strict=True)
    return Code((0, 1, 2.0), ops, operands, outputs)


def test_a_well_formed_program_is_given_back() -> None:
    program = code((ADD, (-1, -2)), (DOT, ((0, -1), (-2, 0), -3)), outputs=(1,))
    assert validated(program) is program


def test_the_listing_reads_like_calls() -> None:
    program = code((MUL, (-1, -2)), (DOT, ((0, -1), (-2, 0), -3)), outputs=(1,))
    assert str(program) == "v0 = mul(x0, x1)\nv1 = dot((v0, x0), (x1, v0), 2.0)\nreturn v1"


def test_edges_are_counted_one_for_each_operand() -> None:
    assert edges(code((MUL, (-1, -2)), (DOT, ((0, -1), (-2, 0), -3)))) == 7


@pytest.mark.parametrize(
    ("instructions", "text"),
    [
        ([(ADD, (-1,))], r"v0: add takes \(x, y\)"),
        ([(TANH, (-1, -2))], r"v0: tanh takes \(x\)"),
        ([(ADD, (-1, -2)), (ADD, (1, -1))], "v1: add uses slot 1"),
        ([(ADD, (-1, 4))], "v0: add uses slot 4"),
        ([(ADD, (-1, -4))], "v0: add uses slot -4"),
        ([(ADD, (-1, (0,)))], "v0: add takes"),
        ([(DOT, (-1, (-1,), -2))], "v0: dot takes"),
        ([(DOT, ((-1,), (-1, -2), -2))], "v0: dot of rows of unequal length"),
        ([(DOT, ((-1,), (7,), -2))], "v0: dot uses slot 7"),
    ],
)
@pytest.mark.parametrize("long", [0, 10**9], ids=["by columns", "by loops"])
def test_a_malformed_instruction_is_named(
    instructions: list[tuple[object, tuple[object, ...]]], text: str, long: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not long:
        requires("numpy")
    monkeypatch.setattr(ir, "LONG", long)
    with pytest.raises(ProgramError, match=text):
        validated(code(*instructions))


def test_an_output_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ProgramError, match="output slot 3"):
        validated(code((ADD, (-1, -2)), outputs=(3,)))


def test_a_source_is_an_int_or_a_float() -> None:
    with pytest.raises(ProgramError, match="a source is"):
        validated(Code(("x",), (TANH,), ((-1,),), (0,)))  # type: ignore[arg-type]
