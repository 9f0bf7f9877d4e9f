"""Every lesson as its reader runs it: it reaches its goal in time, draws a readable picture, is repeatable by its seed,
and fails when nothing is learned.  What single lessons promise besides stands in files of their own beside this one."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import itertools
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import examples
from tests.requires import requires

FOLDER = Path(examples.__file__).parent
LESSONS = [
    "binary_classifier", "chain_rule_by_hand", "digits", "higher_order", "iris", "line_fit", "moons",
    "numeric_vs_autodiff", "regression_1d", "regularisation", "two_hidden_relu", "two_layer_sigmoid",
    "vanishing_gradients", "xor",
]  # fmt: skip
NEEDS = {
    "binary_classifier": "sklearn", "chain_rule_by_hand": "numpy", "digits": "sklearn", "iris": "sklearn",
    "moons": "sklearn",
}  # fmt: skip
CPU_SECONDS = 60.0  # a lesson's whole run, by the processor's clock, which a busy machine does not push on
SHORTER: dict[str, dict[str, int]] = {  # for what does not ask whether the goal is reached
    "binary_classifier": {"EPOCHS": 60}, "iris": {"EPOCHS": 2}, "moons": {"STEPS": 3},
    "numeric_vs_autodiff": {"STEPS": 3}, "regression_1d": {"EPOCHS": 3}, "regularisation": {"EPOCHS": 3},
    "two_hidden_relu": {"STEPS": 20}, "vanishing_gradients": {"EPOCHS": 1},
}  # fmt: skip
SMALLER = {"digits": ["--samples", "40", "--epochs", "1"]}

lessons = pytest.mark.parametrize("name", LESSONS)


def lesson(name: str) -> Any:
    """The lesson's module, or a skip where what it needs is missing."""
    if name in NEEDS:
        requires(NEEDS[name])
    return importlib.import_module(f"examples.{name}")


@dataclass
class Ran:
    """What came of one run."""

    output: str
    cpu: float
    figures: list[Any] = field(default_factory=list)


@functools.cache
def ran(name: str) -> Ran:
    """The lesson at its default size, with its picture; run once for all tests that look at it."""
    figure_type = requires("matplotlib.figure").Figure
    figures: list[Any] = []
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(figure_type, "savefig", lambda figure, path, **_: figures.append(figure))
        started = time.process_time()
        lesson(name).main(["--plot", "unused.png"])
        spent = time.process_time() - started
    return Ran(printed.getvalue(), spent, figures)


@functools.cache
def numbers(name: str, seed: int, again: bool = False) -> str:
    """What a short run of the lesson prints, less the time it took; ``again`` for another run of the same."""
    module, printed = lesson(name), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        for constant, less in SHORTER.get(name, {}).items():
            patch.setattr(module, constant, less)
        with contextlib.suppress(AssertionError):  # a goal that so short a run may well miss
            module.main([*SMALLER.get(name, []), "--seed", str(seed)])
    return re.sub(r"after [\d.]+ s\b", "", printed.getvalue())


def test_every_file_here_that_is_a_lesson_is_tested() -> None:
    found = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "lesson", "data_parallel"}
    assert found == set(LESSONS)
    assert len(LESSONS) == 14


@lessons
def test_it_reaches_its_goal_in_less_than_a_minute_of_computing(name: str) -> None:
    assert ran(name).output.strip()
    assert ran(name).cpu <= CPU_SECONDS


@lessons
def test_it_fails_with_a_learning_rate_of_zero(name: str) -> None:
    module = lesson(name)
    with pytest.raises(AssertionError) as failure:
        module.main(["--lr", "0"])
    assert Path(failure.traceback[-1].path) == FOLDER / f"{name}.py", "it is not the lesson's own goal that failed"


@lessons
def test_the_same_seed_gives_the_same_numbers(name: str) -> None:
    assert numbers(name, 1) == numbers(name, 1, again=True)


@lessons
def test_another_seed_gives_other_numbers(name: str) -> None:
    assert numbers(name, 1) != numbers(name, 2)


@lessons
def test_its_picture_names_what_it_shows(name: str) -> None:
    (figure,) = ran(name).figures
    for axes in figure.axes:
        assert axes.get_title()
        assert not axes.axison or (axes.get_xlabel() and axes.get_ylabel())
        lines = [line for line in axes.lines if not line.get_label().startswith("_")]
        assert len(lines) < 2 or axes.get_legend()


@lessons
def test_its_picture_does_not_depend_on_colours(name: str) -> None:
    (figure,) = ran(name).figures
    for axes in figure.axes:
        lines = [line for line in axes.lines if not line.get_label().startswith("_")]
        for one, other in itertools.combinations(lines, 2):
            # (get_linestyle() is "--" for every pattern of dashes; this is what is drawn)
            assert one._dash_pattern != other._dash_pattern or one.get_marker() != other.get_marker()
        markers = [shape.get_paths()[0] for shape in axes.collections if shape.get_label() in ("positive", "negative")]
        assert not markers or len({len(path.vertices) for path in markers}) == 2


@lessons
def test_its_words_lie_within_the_picture(name: str) -> None:
    (figure,) = ran(name).figures
    figure.draw_without_rendering()
    whole = figure.bbox.padded(1.0)
    for axes in figure.axes:
        words = [axes.title, *axes.texts]
        words += [axes.xaxis.label, axes.yaxis.label] if axes.axison else []
        for word in words:
            box = word.get_window_extent()
            assert whole.contains(*box.min), f"{word.get_text()!r} is cut off"
            assert whole.contains(*box.max), f"{word.get_text()!r} is cut off"


def test_a_picture_is_written_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    requires("matplotlib")
    file = tmp_path / "picture.png"
    lesson("line_fit").main(["--plot", str(file)])
    assert file.read_bytes().startswith(b"\x89PNG")
    assert str(file) in capsys.readouterr().out


@lessons
def test_it_says_what_it_teaches_and_when_it_succeeds_in_its_first_lines(name: str) -> None:
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    beginning = "\n".join(source.splitlines()[:32])
    assert "You learn:" in importlib.import_module(f"examples.{name}").__doc__
    lines = re.findall(r"^((?:MIN|MAX|TOLERANCE)[A-Z_0-9, ]*) =", beginning, re.MULTILINE)
    goals = [goal for line in lines for goal in line.split(", ")]
    assert goals, "no goal in the first lines"
    assert "# success:" in beginning
    assert all(len(re.findall(rf"\b{goal}\b", source)) > 1 for goal in goals)


@lessons
def test_it_takes_a_seed_and_a_plot(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = lesson(name).main
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(option in shown for option in ("--seed", "--plot", "--lr"))


@lessons
def test_it_is_in_the_list_of_lessons(name: str) -> None:
    assert f"``{name}``" in (examples.__doc__ or "")
