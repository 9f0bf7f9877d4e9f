"""How a lesson ends from the command line: at Ctrl-C and without a package it needs, with a word and no traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

import examples
import nn
from autograd import MissingExtraError
from examples.lesson import finished, run

FOLDER = Path(examples.__file__).parent


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def main() -> NoReturn:
        raise error

    return main


@pytest.mark.parametrize(("error", "status", "said"), [
    (KeyboardInterrupt(), 130, "interrupted"),
    (MissingExtraError('this needs sklearn: pip install "chainrule[data]"'), 2, "chainrule[data]"),
])  # fmt: skip
def test_it_ends_with_a_word(error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(raising(error))
    assert ended.value.code == status
    assert said in capsys.readouterr().err


def test_an_error_of_the_lesson_s_own_is_shown() -> None:
    with pytest.raises(AssertionError, match="not learned"):
        run(raising(AssertionError("not learned")))


def test_a_training_that_was_interrupted_ends_the_lesson() -> None:
    class Impatient(nn.Callback):
        def on_epoch_end(self, *_: object) -> None:
            raise KeyboardInterrupt

    model = nn.MLP(1, [1])
    settings = {"loss": nn.mse_loss, "optimizer": nn.optim.SGD(model.parameters(), lr=0.1), "verbose": 0}
    assert finished(nn.fit(model, ([[1.0]], [1.0]), epochs=2, **settings)).epochs == 2
    with pytest.raises(KeyboardInterrupt):
        finished(nn.fit(model, ([[1.0]], [1.0]), epochs=2, callbacks=[Impatient()], **settings))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_no_lesson_goes_on_after_an_interrupted_training(path: Path) -> None:
    code = re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(re.findall(r"nn\.fit\(", code)) == len(re.findall(r"finished\(\s*nn\.fit\(", code))
