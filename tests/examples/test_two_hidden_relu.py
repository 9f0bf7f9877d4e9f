"""A start that leads nowhere is noticed, explained and followed by another."""

from __future__ import annotations

import pytest

from examples.two_hidden_relu import main, stuck


def test_a_dead_start_is_diagnosed_and_drawn_again(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--seed", "2"])
    printed = capsys.readouterr().out
    assert "got stuck" in printed
    assert "of the ReLUs of layers[1] are 0 for every sample" in printed
    assert printed.index("got stuck") < printed.index("start 2")


@pytest.mark.parametrize(
    ("losses", "expected"),
    [([0.3] * 201, True), ([0.3] * 200, False), ([0.3] * 200 + [0.2], False), ([0.009] * 300, False)],
    ids=["no longer falls", "too early to say", "falls", "small enough"],
)
def test_a_start_is_stuck_where_a_large_loss_hardly_falls(losses: list[float], expected: bool) -> None:
    assert stuck(losses) is expected
