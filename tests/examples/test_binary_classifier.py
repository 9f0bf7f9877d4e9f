"""How the losses are printed: at regular epochs, or at each."""

from __future__ import annotations

import re

import pytest

from examples import binary_classifier
from tests.examples.test_lessons import ran
from tests.requires import requires


def epochs(printed: str) -> list[int]:
    return [int(number) for number in re.findall(r"^ *(\d+)   .*%$", printed, re.MULTILINE)]


def test_the_losses_of_a_thousand_epochs_are_printed_at_each_fiftieth() -> None:
    assert epochs(ran("binary_classifier").output) == [1, *range(50, 1001, 50)]


def test_the_losses_of_every_epoch_can_be_had(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    requires("sklearn")
    monkeypatch.setattr(binary_classifier, "EPOCHS", 70)
    binary_classifier.main(["--every", "1"])
    printed = capsys.readouterr().out
    assert epochs(printed) == list(range(1, 71))
    assert all(len(re.findall(r"\b0\.\d{4}\b", line)) == 4 for line in printed.splitlines()[2:72])


@pytest.mark.parametrize("every", ["0", "-1", "x"])
def test_a_number_of_epochs_that_is_none_is_refused(every: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        binary_classifier.main(["--every", every])
    assert "--every" in capsys.readouterr().err
