"""The plots: what is drawn, on whose axes, and what they refuse."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest

import autograd
from autograd import LengthError, StructureError, Value
from nn import MLP
from tests.requires import requires
from visualize import plots
from visualize.plots.axes import COLOURS

requires("matplotlib")
PIL = requires("PIL.Image")

import matplotlib.pyplot as plt  # noqa: E402 (it is optional)
from matplotlib.colors import to_hex, to_rgba_array  # noqa: E402

POINTS = [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
LABELS = [-1.0, -1.0, 1.0, 1.0]
LAYERS = {"first": [0.0, 1e-6, -1e-5, 2e-6], "last": [0.1, -0.5, 1.0, 0.25]}


@pytest.fixture(autouse=True)
def _figures_closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def network() -> tuple[MLP, Value]:
    """A network after one backward pass, and its loss."""
    model = MLP(2, [4, 3, 1], activation="tanh", rng=random.Random(0))
    loss = autograd.mean([(1 - y * model(x)).relu() for x, y in zip(POINTS, LABELS, strict=True)])
    loss.backward()
    return model, loss


def score(x: Any) -> float:
    return float(x[0] - 0.5)


EVERY: dict[str, Callable[..., Any]] = {
    "curves": lambda ax: plots.curves([1.0, 0.5], ax=ax),
    "decision_boundary": lambda ax: plots.decision_boundary(score, POINTS, LABELS, ax=ax, resolution=5),
    "activation_histograms": lambda ax: plots.activation_histograms(LAYERS, ax=ax),
    "gradient_histograms": lambda ax: plots.gradient_histograms(LAYERS, ax=ax),
    "gradient_flow": lambda ax: plots.gradient_flow(LAYERS, ax=ax),
}


@pytest.mark.parametrize("plot", EVERY.values(), ids=EVERY)
def test_a_plot_draws_on_the_axes_it_is_given_and_returns_them(plot: Callable[..., Any]) -> None:
    _, (left, right) = plt.subplots(1, 2)
    assert plot(right) is right
    assert right.has_data()
    assert not left.has_data()


@pytest.mark.parametrize("plot", EVERY.values(), ids=EVERY)
def test_a_plot_makes_axes_of_its_own_where_it_is_given_none(plot: Callable[..., Any]) -> None:
    first, second = plot(None), plot(None)
    assert first is not second
    first.figure.canvas.draw()


@pytest.mark.parametrize("plot", EVERY.values(), ids=EVERY)
def test_the_colours_are_those_that_colour_blind_eyes_tell_apart(plot: Callable[..., Any]) -> None:
    allowed = {"#333333", "#999999", "#c9e0ef", "#f6d9c4", "#ffffff", *COLOURS}
    ax = plot(None)
    faces = [colour for drawn in [*ax.patches, *ax.collections] for colour in to_rgba_array(drawn.get_facecolor())]
    used = {to_hex(line.get_color()) for line in ax.get_lines()} | {to_hex(colour) for colour in faces}
    assert used
    assert used <= allowed


# --- curves -----------------------------------------------------------------------------------------------------------


def test_a_curve_has_a_point_for_each_step_counted_from_one() -> None:
    (line,) = plots.curves([3.0, 2.0, 1.0]).get_lines()
    assert line.get_xydata().tolist() == [[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]


def test_several_curves_differ_in_colour_and_dash_and_are_named() -> None:
    ax = plots.curves({"loss": [1.0, 0.5], "accuracy": [0.5, 0.9], "margin": [0.1, 0.2]})
    lines = ax.get_lines()
    assert len({line.get_color() for line in lines}) == len({str(line._dash_pattern) for line in lines}) == 3
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["loss", "accuracy", "margin"]


def test_curves_take_values() -> None:
    (line,) = plots.curves([Value(2.0)]).get_lines()
    assert line.get_ydata().tolist() == [2.0]


@pytest.mark.parametrize("history", [[], {}, {"loss": []}])
def test_curves_of_nothing_are_refused(history: Any) -> None:
    with pytest.raises(LengthError, match="at least one number"):
        plots.curves(history)


# --- decision boundary ------------------------------------------------------------------------------------------------


def test_the_boundary_is_where_the_score_is_zero() -> None:
    ax = plots.decision_boundary(score, POINTS, LABELS, resolution=20)
    line = ax.collections[1].get_paths()[0].vertices
    assert line[:, 0] == pytest.approx(0.5)


def test_the_classes_differ_in_shape() -> None:
    ax = plots.decision_boundary(score, POINTS, LABELS, resolution=5)
    first, second = (points.get_paths()[0].vertices.tolist() for points in ax.collections[2:])
    assert first != second


def test_a_boundary_makes_no_graph() -> None:
    made = []

    def model(x: Any) -> Value:
        made.append(Value(x[0]) * 2)
        return made[-1]

    plots.decision_boundary(model, POINTS, LABELS, resolution=3)
    assert all(score.is_leaf for score in made)


def test_a_score_of_one_sign_is_drawn_without_a_warning() -> None:
    plots.decision_boundary(lambda x: 1.0, POINTS, LABELS, resolution=3)
    plots.decision_boundary(lambda x: 0.0, POINTS, LABELS, resolution=3)


@pytest.mark.parametrize(("points", "labels"), [([], []), (POINTS, LABELS[1:])])
def test_a_boundary_needs_a_label_for_each_point(points: Any, labels: Any) -> None:
    with pytest.raises(LengthError, match="one label for each point"):
        plots.decision_boundary(score, points, labels)


# --- by layer ---------------------------------------------------------------------------------------------------------


def rows(ax: Any) -> list[str]:
    return [tick.get_text() for tick in ax.get_yticklabels()]


def notes(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_a_network_has_a_row_for_each_layer(network: tuple[MLP, Value]) -> None:
    model, loss = network
    names = ["layers[0]", "layers[1]", "layers[2]"]
    assert rows(plots.activation_histograms(loss)) == names
    assert rows(plots.gradient_histograms(model)) == rows(plots.gradient_histograms(loss)) == names


def test_every_number_is_counted_in_a_histogram() -> None:
    ax = plots.activation_histograms({"a": [0.0, 1.0, 1.0, 0.5]}, bins=4)
    heights = ax.patches[0].get_data().values
    assert heights.tolist() == pytest.approx([0.4, 0.0, 0.4, 0.8])


def test_the_share_of_zeros_and_of_what_is_not_finite_is_written() -> None:
    assert notes(plots.activation_histograms({"a": [0.0, 1.0, math.inf, 1.0]})) == [
        "mean 0.67, std 0.47\n25% zero, 1 not finite"
    ]
    assert notes(plots.gradient_histograms({"a": [0.0, 1e-3, math.nan, -1e-3]})) == [
        "median 1.0e-03\n25% zero, 1 not finite"
    ]


def test_gradients_that_are_all_zero_are_drawn_too() -> None:
    assert notes(plots.gradient_histograms({"a": [0.0, 0.0]})) == ["100% zero"]
    assert "0" in notes(plots.gradient_flow({"a": [0.0, 0.0], "b": [1.0]}))
    plots.gradient_flow({"a": [0.0]}).figure.canvas.draw()


def test_vanishing_gradients_fall_towards_the_first_layer() -> None:
    model = MLP(2, [6] * 8 + [1], activation="sigmoid", rng=random.Random(1))
    model([0.5, -0.5]).backward()
    largest, mean = (line.get_ydata() for line in plots.gradient_flow(model).get_lines())
    assert mean[0] < 1e-4 * mean[-1]
    assert all(m <= top for m, top in zip(mean, largest, strict=True))


def test_the_flow_is_that_of_the_gradients(network: tuple[MLP, Value]) -> None:
    model, _ = network
    largest, mean = (line.get_ydata() for line in plots.gradient_flow(model).get_lines())
    sizes = [[abs(p.grad) for p in layer.parameters()] for layer in model.layers]
    assert mean.tolist() == pytest.approx([sum(xs) / len(xs) for xs in sizes])
    assert largest.tolist() == [max(xs) for xs in sizes]


@pytest.mark.parametrize("plot", [plots.activation_histograms, plots.gradient_histograms, plots.gradient_flow])
@pytest.mark.parametrize("source", [{}, {"a": []}, Value(1.0)])
def test_a_plot_by_layer_needs_layers_with_numbers(plot: Any, source: Any) -> None:
    with pytest.raises(LengthError, match="layer"):
        plot(source)


def test_gradients_of_a_stranger_are_refused() -> None:
    with pytest.raises(StructureError, match="got list"):
        plots.gradient_flow([1.0])


# --- animation --------------------------------------------------------------------------------------------------------


def animate(path: Path, **options: Any) -> Any:
    wanted = {"steps": 5, "every": 2, "resolution": 3, "progress": False, **options}
    return plots.training_animation(lambda k: 1.0 / (k + 1), score, POINTS, LABELS, path, **wanted)


def test_a_training_animation_has_a_frame_every_few_steps_and_one_of_the_last(tmp_path: Path) -> None:
    ax = animate(tmp_path / "a.gif")
    with PIL.open(tmp_path / "a.gif") as picture:
        assert (picture.format, picture.n_frames) == ("GIF", 3)
    assert ax.get_title() == "step 5, loss 0.2000"


def test_a_training_animation_draws_on_the_axes_it_is_given(tmp_path: Path) -> None:
    _, ax = plt.subplots()
    assert animate(tmp_path / "a.gif", ax=ax) is ax


def test_an_interrupted_animation_leaves_no_file(tmp_path: Path) -> None:
    def step(k: int) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plots.training_animation(step, score, POINTS, LABELS, tmp_path / "a.gif", progress=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"every": 0}, {"seconds": 0.0}, {"seconds": math.nan}])
def test_an_animation_of_nothing_is_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(LengthError, match="an animation has"):
        animate(tmp_path / "a.gif", **wrong)


def test_scores_that_are_not_finite_are_left_white_and_counted() -> None:
    def diverged(x: Any) -> float:
        return math.nan if x[0] < 0.5 else math.inf if x[1] < 0.0 else x[1] - 0.5

    ax = plots.decision_boundary(diverged, POINTS, LABELS, resolution=10)
    assert ax.get_title() == "55 of 100 scores are not finite"
    ax = plots.decision_boundary(lambda x: math.nan, POINTS, LABELS, resolution=10)
    assert ax.get_title() == "100 of 100 scores are not finite"


def test_a_point_in_space_is_refused_in_words() -> None:
    with pytest.raises(LengthError, match=r"a point in the plane is \[x0, x1\]; got one of 3 numbers, \[1, 2, 3\]"):
        plots.decision_boundary(score, [[1, 2, 3]], [1])
    for point in ([], numpy.zeros(3)):
        with pytest.raises(LengthError, match=f"got one of {len(point)} numbers"):
            plots.decision_boundary(score, [point], [1])
