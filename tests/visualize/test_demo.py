"""``chainrule demo moons``: what it learns, what it prints, what it leaves behind."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from autograd import Value, topological_order
from autograd.derivatives import gradients
from nn import MLP
from tests.requires import requires
from visualize import cli, demo

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sklearn() -> None:
    requires("sklearn")


def test_a_hundred_steps_put_every_point_on_its_side(sklearn: None) -> None:
    points, labels = demo.two_moons(1337)
    model = MLP(2, [16, 16, 1], rng=random.Random(1337))
    history = demo.train(model, points, labels, 100)
    _, accuracy = demo.max_margin(model, points, labels)
    assert accuracy == 1.0
    assert history["loss"][-1] < 0.05 < history["loss"][0]


def test_the_first_loss_is_micrograds(sklearn: None) -> None:
    micrograd = requires("micrograd.nn")
    points, labels = demo.two_moons(1337)
    random.seed(1337)
    theirs = micrograd.MLP(2, [16, 16, 1])
    scores = [theirs(point) for point in points]
    losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
    expected = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in theirs.parameters())
    loss, _ = demo.max_margin(MLP(2, [16, 16, 1], rng=random.Random(1337)), points, labels)
    assert loss.data == pytest.approx(expected.data, rel=1e-12)


def test_the_last_lines_name_the_files(sklearn: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    requires("matplotlib")
    assert cli.main(["demo", "moons", "--steps", "2", "--out", str(tmp_path / "here")]) == 0
    printed = capsys.readouterr()
    listing = printed.out.partition("Written:\n")[2].splitlines()
    named = {Path(line.split("  ")[1]) for line in listing}
    assert named == set((tmp_path / "here").iterdir())
    for path in named:
        if path.suffix == ".svg":
            assert ElementTree.parse(path).getroot().tag.endswith("svg"), path
        else:
            assert path.read_text(encoding="utf-8").lower().startswith("<!doctype html>"), path
    assert re.search(r"After 2 steps: accuracy \d+%, loss \d", printed.out)
    assert "∂o/∂n = (1 / cosh(n)) ** 2 = 0.5;  1 × 0.5 = 0.5;  n.grad: 0 + 0.5 = 0.5" in printed.out
    assert "2/2" in printed.err, "no progress bar"


def test_the_gradients_that_are_drawn_are_of_the_score_alone(
    sklearn: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requires("matplotlib")
    drawn: list[Value] = []
    monkeypatch.setattr(demo, "_drawn", lambda root, depth=None: drawn.append(root) or "<svg/>")
    demo.moons(tmp_path, steps=2)
    score = drawn[0]
    wanted = gradients(score, 1.0)
    assert {node: node.grad for node in topological_order(score)} == {
        node: wanted.get(node, 0.0) for node in topological_order(score)
    }


def test_the_map_shows_every_point_and_the_side_of_every_place() -> None:
    text = demo.map_of(lambda place: place[0], [[-1.0, 0.0], [1.0, 1.0]], [-1.0, 1.0])
    rows = text.splitlines()
    assert len(rows) == demo.ROWS
    assert text.count("○") == text.count("●") == 1
    assert text.index("●") < text.index("○"), "the higher point comes first"
    assert all(set(row[2 : 2 + demo.COLUMNS // 2]) <= {" ", "○"} for row in rows)


def test_the_example_neuron_is_the_one_that_is_announced() -> None:
    neuron = demo.one_neuron()
    assert neuron.data == pytest.approx(2**-0.5)
    assert neuron.grad == 1.0


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_an_interrupt_ends_it_quietly_and_leaves_no_file(sklearn: None, tmp_path: Path) -> None:
    # A suite that runs in the background inherits an ignored SIGINT; the person at the keyboard does not.
    start = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); " + (
        "from visualize.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", start, "demo", "moons", "--steps", "100000", "--out", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert running.stdout is not None
    for line in running.stdout:
        if b"steps" in line:
            break
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    try:
        _, complaint = running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode == 130
    assert b"Traceback" not in complaint
    assert complaint.endswith(b"chainrule: interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_refused_before_training(
    sklearn: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requires("matplotlib")
    occupied = tmp_path / "occupied"
    occupied.write_text("here")
    for folder in (occupied, occupied / "below"):
        assert cli.main(["demo", "moons", "--steps", "2", "--out", str(folder)]) != 0
        printed = capsys.readouterr()
        assert f"need a folder; {str(occupied)!r} is a file" in printed.err
        assert "training" not in printed.err
    assert occupied.read_text() == "here"
