"""`walk.to_gif(path)`: frames, how long they stay, what they show, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from autograd import AutogradError, LengthError, MissingExtraError, Value
from tests.requires import requires
from tests.visualize.conftest import HOSTILE, neuron_graph, not_finite, small
from visualize import DrawingError, walk
from visualize.animation import _moments

requires("matplotlib")
images = requires("PIL.Image")


def frames_of(path: Path) -> list[Any]:
    with images.open(path) as gif:
        found = []
        for index in range(gif.n_frames):
            gif.seek(index)
            found.append((gif.info["duration"], gif.convert("RGB")))
        assert gif.info["loop"] == 0
        return found


@pytest.mark.parametrize("build", [small, neuron_graph, not_finite, lambda: Value(1.0, label="alone")])
def test_there_is_a_frame_for_each_node_forward_and_each_edge_back(tmp_path: Path, build: Callable[[], Value]) -> None:
    steps = walk(build())
    edges = sum(max(1, len(step.contributions)) for step in steps.backward)
    path = steps.to_gif(tmp_path / "walk.gif", progress=False)
    seed = bool(steps.backward and steps.backward[0].contributions)
    assert len(frames_of(path)) == 1 + len(steps.forward) + edges + seed
    assert path == tmp_path / "walk.gif"
    assert list(tmp_path.iterdir()) == [path]


def test_a_frame_stays_as_long_as_asked_and_the_last_one_longer(tmp_path: Path) -> None:
    durations = [
        duration for duration, _ in frames_of(walk(small()).to_gif(tmp_path / "a.gif", seconds=0.5, progress=False))
    ]
    assert durations == [500] * (len(durations) - 1) + [1500]


def test_each_frame_differs_from_the_one_before(tmp_path: Path) -> None:
    pictures = [picture.tobytes() for _, picture in frames_of(walk(small()).to_gif(tmp_path / "a.gif", progress=False))]
    assert all(one != other for one, other in pairwise(pictures))


def test_the_upstream_node_the_edge_and_the_receiver_have_the_pages_colours(tmp_path: Path) -> None:
    _, last = frames_of(walk(small()).to_gif(tmp_path / "a.gif", progress=False))[-1]
    colours = {colour for _, colour in last.getcolors(1 << 24)}
    for wanted in ((0x5A, 0x3F, 0xCB), (0x0B, 0x6F, 0x63), (0xB0, 0x2A, 0x57)):
        assert min(sum(abs(a - b) for a, b in zip(wanted, colour, strict=True)) for colour in colours) < 24


def test_the_words_of_a_frame_are_the_walks_numbers() -> None:
    a = Value(3.0, label="a")
    words = ["".join(text for text, _ in moment.words) for moment in _moments(walk(a * a))]
    assert words == [
        "backpropagation of v1", "v1 = a * a = 3 * 3 = 9", "∂v1/∂v1 = 1",
        "∂v1/∂a:  0 + 1 × 3 = 0 + 3 = 3", "∂v1/∂a:  3 + 1 × 3 = 3 + 3 = 6",
    ]  # fmt: skip


def test_progress_is_shown_unless_it_is_not_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = walk(Value(2.0) * 3)
    steps.to_gif(tmp_path / "a.gif")
    assert "4/4" in capsys.readouterr().err
    steps.to_gif(tmp_path / "a.gif", progress=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("label", [*HOSTILE.values(), "$x^", "漢字"], ids=[*HOSTILE, "formula", "other script"])
def test_any_label_can_be_drawn(tmp_path: Path, label: str) -> None:
    root = Value(2.0, label=label) * 3
    root.label = label[::-1] or label
    assert len(frames_of(walk(root).to_gif(tmp_path / "a.gif", progress=False))) == 4


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_frame_that_takes_no_time_is_refused(tmp_path: Path, seconds: float) -> None:
    with pytest.raises(LengthError, match=r"at least 0\.02 seconds; got seconds="):
        walk(small()).to_gif(tmp_path / "a.gif", seconds=seconds)
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_the_error_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    monkeypatch.delitem(__import__("sys").modules, "matplotlib.figure", raising=False)
    with pytest.raises(MissingExtraError, match=r'pip install "chainrule\[plot\]"') as caught:
        walk(small()).to_gif(tmp_path / "a.gif")
    assert isinstance(caught.value, AutogradError)
    assert list(tmp_path.iterdir()) == []


def test_an_equation_wider_than_the_film_is_written_smaller(tmp_path: Path) -> None:
    w, x = Value(-0.123456789, label="w"), Value(1.23456789, label="x")
    for _, frame in frames_of(walk(w * x * w).to_gif(tmp_path / "a.gif", progress=False)):
        margin = frame.crop((frame.width - 8, 0, frame.width, 100))
        assert len(margin.getcolors()) == 1


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DrawingError, match=r"to_gif writes a GIF; got '.*a\.png'. Give a path that ends in \.gif"):
        walk(small()).to_gif(tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
