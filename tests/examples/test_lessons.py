"""Every lesson as its reader runs it: it reaches its goal, draws its picture, and fails when nothing is learned."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

import examples
from examples.digits import enlarged
from tests.requires import requires

FOLDER = Path(examples.__file__).parent
LESSONS = sorted(path.stem for path in FOLDER.glob("*.py") if "from examples.lesson import" in path.read_text("utf-8"))
NEEDS = {
    "binary_classifier": "sklearn", "chain_rule_by_hand": "numpy", "digits": "sklearn", "iris": "sklearn",
    "moons": "sklearn",
}  # fmt: skip

lessons = pytest.mark.parametrize("name", LESSONS)


def lesson(name: str) -> Any:
    """The lesson's `main`, or a skip where what it needs is missing."""
    if name in NEEDS:
        requires(NEEDS[name])
    return importlib.import_module(f"examples.{name}").main


@lessons
def test_it_reaches_its_goal_and_draws_its_picture(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requires("matplotlib")
    main, file = lesson(name), tmp_path / "picture.png"
    main(["--plot", str(file)])
    assert file.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out.strip()


@lessons
def test_it_fails_with_a_learning_rate_of_zero(name: str) -> None:
    main = lesson(name)
    with pytest.raises(AssertionError):
        main(["--lr", "0"])


@lessons
def test_it_says_what_it_teaches_and_when_it_succeeds_in_its_first_lines(name: str) -> None:
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    beginning = "\n".join(source.splitlines()[:32])
    assert "You learn:" in importlib.import_module(f"examples.{name}").__doc__
    goals = re.findall(r"^((?:MIN|MAX)_\w+|TOLERANCE)", beginning, re.MULTILINE)
    assert goals, "no goal in the first lines"
    assert "# success:" in beginning
    assert all(re.search(rf"^    assert .*\b{goal}", source, re.MULTILINE) or source.count(goal) > 1 for goal in goals)


@lessons
def test_it_takes_a_seed_and_a_plot(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = lesson(name)
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(option in shown for option in ("--seed", "--plot", "--lr"))


@lessons
def test_it_is_in_the_list_of_lessons(name: str) -> None:
    assert f"``{name}``" in (examples.__doc__ or "")


def test_enlarging_a_picture_interpolates_between_the_centres_of_pixels() -> None:
    numpy, ndimage = requires("numpy"), requires("scipy.ndimage")
    images = numpy.random.default_rng(0).random((2, 8, 8))
    expected = ndimage.zoom(images, (1, 3.5, 3.5), order=1, mode="nearest", grid_mode=True)
    assert numpy.allclose(enlarged(numpy, images, 28), expected, atol=1e-12)


def test_another_seed_is_another_run(capsys: pytest.CaptureFixture[str]) -> None:
    main = lesson("line_fit")
    shown = []
    for seed in ("1", "1", "2"):
        main(["--seed", seed])
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1] != shown[2]
