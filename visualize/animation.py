"""A walk as an animated GIF: the graph and the equation, one frame for each edge of the chain rule.

Drawn by matplotlib, put together by Pillow, which matplotlib brings along.  It reads the same list of steps as the
page, has the same places and the same three colours: violet the upstream gradient, teal the local derivative, rose the
contribution.  What does not live here: the steps (``steps.py``), the places (``page/graph.py``).
"""

import io
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from autograd import LengthError, Value
from visualize.derivative import number
from visualize.escape import visible
from visualize.extra import extra
from visualize.files import write
from visualize.page.graph import HEIGHT, WIDTH, middle, placed
from visualize.steps import Backward, Contribution, Forward, Steps
from visualize.text import equation, equation_in_numbers

INK: Final, SOFT, LINE, PAPER = "#1d1c23", "#62606b", "#c9c5d0", "#faf9f6"
UPSTREAM: Final, LOCAL, GIVES = "#5a3fcb", "#0b6f63", "#b02a57"
DOTS: Final = 100
"""Pixels for one unit of the figure's size."""


@dataclass
class _Moment:
    """What one frame shows."""

    phase: str
    node: Value | None
    words: list[tuple[str, str]]
    """The equation, piece by piece with its colour."""
    term: Contribution | None = None
    gradient: dict[Value, float] = field(default_factory=dict)
    """What has changed since the frame before."""


def to_gif(walk: Steps, path: str | os.PathLike[str], *, seconds: float = 1.2, progress: bool = True) -> Path:
    """Write the walk as an animated GIF that repeats.

    Args:
        walk: the steps to show.
        path: the file to write; it is written whole or not at all.
        seconds: how long a frame stays, in seconds; at least 0.02, below which viewers slow down.
        progress: whether a progress bar is shown.

    Raises:
        LengthError: ``seconds`` is less than 0.02.
        MissingExtraError: matplotlib is not installed.
    """
    if not seconds >= 0.02:
        raise LengthError(f"a frame lasts at least 0.02 seconds; got seconds={seconds!r}")
    matplotlib = extra("matplotlib.figure", "plot")
    agg = extra("matplotlib.backends.backend_agg", "plot")
    images = extra("PIL.Image", "plot")
    moments = list(_moments(walk))
    frames: list[Any] = []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a label may be in any script
        drawing = _Drawing(walk, matplotlib.Figure, agg.FigureCanvasAgg)
        for moment in tqdm(moments, desc="frames", disable=not progress):
            drawing.show(moment)
            picture = images.fromarray(drawing.pixels()[..., :3].copy())
            frames.append(picture.quantize(colors=64, dither=0))
    content = io.BytesIO()
    last = len(frames) - 1
    durations = [round(1000 * seconds * (3 if k == last else 1)) for k in range(len(frames))]
    frames[0].save(
        content, format="GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=False
    )  # fmt: skip
    return write(path, content.getvalue())


def _moments(walk: Steps) -> Iterator[_Moment]:
    root = _short(walk.name[walk.root])
    yield _Moment("", None, [(f"backpropagation of {root}", INK)])
    for step in walk:
        name = _short(walk.name[step.node])
        if isinstance(step, Forward):
            digits = visible(equation_in_numbers(step.node), 60)
            words = [(f"{name} = {visible(equation(walk, step.node), 60)} = {digits} = ", INK)]
            yield _Moment("forward", step.node, [*words, (number(step.result), UPSTREAM)])
            continue
        yield from _backward(walk, step, root, name)


def _backward(walk: Steps, step: Backward, root: str, name: str) -> Iterator[_Moment]:
    seed = {walk.root: 1.0} if step.node is walk.root else {}
    if seed or not step.contributions:
        words = [(f"∂{root}/∂{name} = ", INK), (number(step.upstream), UPSTREAM)]
        yield _Moment("backward", step.node, words, gradient=seed)
    for term in step.contributions:
        parent = _short(walk.name[term.parent])
        words = [
            (f"∂{root}/∂{parent}:  {number(term.before)} + ", INK), (number(term.upstream), UPSTREAM), (" × ", INK),
            (number(term.partial), LOCAL), (" = ", INK), (f"{number(term.before)} + ", INK),
            (number(term.contribution), GIVES), (f" = {number(term.after)}", INK),
        ]  # fmt: skip
        yield _Moment("backward", step.node, words, term, {term.parent: term.after})


def _short(name: str) -> str:
    return visible(name, 18)


class _Drawing:
    """The figure: made once, then changed from frame to frame."""

    def __init__(self, walk: Steps, figure_class: Any, canvas_class: Any) -> None:
        from matplotlib.patches import FancyBboxPatch, PathPatch
        from matplotlib.path import Path as Curve

        self.walk = walk
        edges, layout = placed(walk)
        width, height = max(layout.width, 640.0), max(layout.height, 120.0) + 110.0
        scale = min(1.0, 1600.0 / width, 1200.0 / height)
        self.size = 10.5 * 72 / DOTS * scale
        self.figure = figure_class(figsize=(width * scale / DOTS, height * scale / DOTS), dpi=DOTS, facecolor=PAPER)
        self.canvas = canvas_class(self.figure)
        axes = self.axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        shift = (width - layout.width) / 2
        axes.set(xlim=(-shift, width - shift), ylim=(height - 100.0, -100.0))
        axes.axis("off")
        self.lines: dict[tuple[Value, int], Any] = {}
        for (_, node, k), route in zip(edges, layout.routes, strict=True):
            codes = [Curve.MOVETO] + [Curve.CURVE4] * (len(route.points) - 1)
            line = PathPatch(Curve(route.points, codes), fill=False, edgecolor=LINE, linewidth=1.2)
            self.lines[node, k] = axes.add_patch(line)
            self._text(*middle(route), f"{node.partials[k]:.3g}", SOFT, 0.85, ha="center", backgroundcolor=PAPER)
        self.boxes: dict[Value, Any] = {}
        self.values: dict[Value, Any] = {}
        self.gradients: dict[Value, Any] = {}
        for node, name in walk.ids.items():
            place = layout.places[name]
            left, top = place.x - WIDTH / 2, place.y - HEIGHT / 2
            box = FancyBboxPatch((left, top), WIDTH, HEIGHT, boxstyle="round,pad=0,rounding_size=9", facecolor="white",
                                 edgecolor=LINE, linewidth=1.2)  # fmt: skip
            self.boxes[node] = axes.add_patch(box)
            self._text(left + 10, top + 14, visible(walk.name[node], 11), INK, weight="bold")
            self._text(left + WIDTH - 10, top + 14, visible(node._op, 9), SOFT, 0.9, ha="right")
            self.values[node] = self._text(left + 10, top + 31, number(node.data) if node.is_leaf else "·", INK)
            self.gradients[node] = self._text(left + 10, top + 48, "", SOFT)
        self.heading = self._text(14 - shift, -78, "", SOFT, 1.2)
        self.words: list[Any] = []
        self.changed: list[Any] = []

    def _text(self, x: float, y: float, text: str, colour: str, size: float = 1.0, **more: Any) -> Any:
        return self.axes.text(
            x, y, text, color=colour, fontsize=self.size * size, va="center", parse_math=False,
            **{"bbox": {"facecolor": more.pop("backgroundcolor"), "pad": 0.6, "edgecolor": "none"}}
            if "backgroundcolor" in more else {}, **more,
        )  # fmt: skip

    def show(self, moment: _Moment) -> None:
        """Change the figure to this moment, which follows the one shown."""
        for patch in self.changed:
            patch.set(edgecolor=LINE, linewidth=1.2)
        self.changed = []
        if moment.node is not None:
            self._mark(self.boxes[moment.node], UPSTREAM)
            if moment.phase == "forward":
                self.values[moment.node].set_text(number(moment.node.data))
        if moment.term is not None and moment.node is not None:
            self._mark(self.boxes[moment.term.parent], GIVES)
            self._mark(self.lines[moment.node, moment.term.edge], LOCAL)
        for node, gradient in moment.gradient.items():
            glyph = "▲ " if gradient > 0 else "▼ " if gradient < 0 else ""
            self.gradients[node].set_text(f"{glyph}{number(gradient)}")
        self.heading.set_text(moment.phase)
        self._write(moment.words)

    def _mark(self, patch: Any, colour: str) -> None:
        patch.set(edgecolor=colour, linewidth=2.6)
        self.changed.append(patch)

    def _write(self, words: list[tuple[str, str]]) -> None:
        """The pieces of the equation one after the other, each in its colour."""
        for word in self.words:
            word.remove()
        self.words = []
        x = self.heading.get_position()[0]
        to_data = self.axes.transData.inverted()
        renderer = self.canvas.get_renderer()
        for text, colour in words:
            word = self._text(x, -44, text, colour, 1.75, ha="left")
            box = word.get_window_extent(renderer)
            x += to_data.transform((box.width, 0))[0] - to_data.transform((0, 0))[0]
            self.words.append(word)

    def pixels(self) -> Any:
        """The figure as an array of bytes, height × width × 4."""
        extra("numpy", "plot")
        self.canvas.draw()
        import numpy

        return numpy.asarray(self.canvas.buffer_rgba())
