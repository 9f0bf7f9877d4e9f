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
from autograd.extra import extra
from autograd.files import write
from visualize.derivative import number
from visualize.errors import DrawingError
from visualize.escape import visible
from visualize.page.graph import HEIGHT, WIDTH, heading, middle, placed
from visualize.steps import Backward, Contribution, Forward, Steps
from visualize.text import equation, equation_in_numbers

INK: Final = "#1d1c23"
SOFT: Final = "#62606b"
LINE: Final = "#c9c5d0"
PAPER: Final = "#faf9f6"
UPSTREAM: Final = "#5a3fcb"
LOCAL: Final = "#0b6f63"
GIVES: Final = "#b02a57"
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
        DrawingError: the path's suffix is that of another kind of file.
        MissingExtraError: matplotlib is not installed.
    """
    if not seconds >= 0.02:
        raise LengthError(f"a frame lasts at least 0.02 seconds; got seconds={seconds!r}")
    if Path(path).suffix.lower() not in ("", ".gif"):
        raise DrawingError(f"to_gif writes a GIF; got {os.fspath(path)!r}. Give a path that ends in .gif")
    figures = extra("matplotlib.figure", "plot")
    agg = extra("matplotlib.backends.backend_agg", "plot")
    images = extra("PIL.Image", "plot")
    moments = list(_moments(walk))
    palette = images.new("P", (1, 1))
    palette.putpalette(_palette())
    frames: list[Any] = []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a label may be in any script
        drawing = _Drawing(walk, figures.Figure, agg.FigureCanvasAgg)
        for moment in tqdm(moments, desc="frames", disable=not progress):
            drawing.show(moment)
            picture = images.frombytes("RGBA", drawing.canvas.get_width_height(), bytes(drawing.canvas.buffer_rgba()))
            frames.append(picture.convert("RGB").quantize(palette=palette, dither=0))
    content = io.BytesIO()
    last = len(frames) - 1
    durations = [round(1000 * seconds * (3 if k == last else 1)) for k in range(len(frames))]
    frames[0].save(
        content, format="GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=False
    )  # fmt: skip
    return write(path, content.getvalue())


def _palette() -> list[int]:
    """The colours, and their mixtures with what they stand on, at the edges of letters and lines."""
    mixed: dict[tuple[int, ...], None] = {}
    for ground in (PAPER, "#ffffff"):
        for colour in (INK, SOFT, LINE, UPSTREAM, LOCAL, GIVES):
            under, over = (tuple(int(text[k : k + 2], 16) for k in (1, 3, 5)) for text in (ground, colour))
            for share in range(13):
                mixed[tuple(round(u + (o - u) * share / 12) for u, o in zip(under, over, strict=True))] = None
    return [channel for colour in mixed for channel in colour]


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
        scale = min(1.0, 1400.0 / width, 1000.0 / height)
        self.size = 10.5 * 72 / DOTS * scale
        self.figure = figure_class(figsize=(width * scale / DOTS, height * scale / DOTS), dpi=DOTS, facecolor=PAPER)
        self.canvas = canvas_class(self.figure)
        axes = self.axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        shift = (width - layout.width) / 2
        axes.set(xlim=(-shift, width - shift), ylim=(height - 100.0, -100.0))
        axes.axis("off")
        self.lines: dict[tuple[Value, int], list[Any]] = {}
        for (_, node, k), route in zip(edges, layout.routes, strict=True):
            codes = [Curve.MOVETO] + [Curve.CURVE4] * (len(route.points) - 1)
            line = PathPatch(Curve(route.points, codes), fill=False, edgecolor=LINE, linewidth=1.2)
            ground = {"facecolor": PAPER, "pad": 0.6, "edgecolor": "none"}
            label = self._text(*middle(route), f"{node.partials[k]:.3g}", SOFT, 0.85, ha="center", bbox=ground)
            self.lines[node, k] = [axes.add_patch(line), label]
        self.boxes: dict[Value, list[Any]] = {}
        """The box, and its texts: name, operation, value, gradient."""
        for node, name in walk.ids.items():
            place, (title, op) = layout.places[name], heading(walk, node)
            left, top = place.x - WIDTH / 2, place.y - HEIGHT / 2
            box = FancyBboxPatch((left, top), WIDTH, HEIGHT, boxstyle="round,pad=0,rounding_size=9", facecolor="white",
                                 edgecolor=LINE, linewidth=1.2)  # fmt: skip
            self.boxes[node] = [
                axes.add_patch(box),
                self._text(left + 10, top + 14, title, INK, weight="bold"),
                self._text(left + WIDTH - 10, top + 14, op, SOFT, 0.9, ha="right"),
                self._text(left + 10, top + 31, number(node.data) if node.is_leaf else "·", INK),
                self._text(left + 10, top + 48, "", SOFT),
            ]
        self.corner = 14 - shift
        self.canvas.draw()
        self.still = self.canvas.copy_from_bbox(self.figure.bbox)
        """What has been drawn for good; a frame adds its highlights and its equation, which the next one removes."""

    def _text(self, x: float, y: float, text: str, colour: str, size: float = 1.0, **more: Any) -> Any:
        return self.axes.text(
            x, y, text, color=colour, fontsize=self.size * size, va="center", parse_math=False, **more
        )  # fmt: skip

    def show(self, moment: _Moment) -> None:
        """Draw this moment, which follows the one shown; only what changed is drawn anew."""
        self.canvas.restore_region(self.still)
        if moment.node is not None and moment.phase == "forward":
            self.boxes[moment.node][3].set_text(number(moment.node.data))
            self._draw(self.boxes[moment.node])
        for node, gradient in moment.gradient.items():
            glyph = "▲ " if gradient > 0 else "▼ " if gradient < 0 else ""
            self.boxes[node][4].set_text(f"{glyph}{number(gradient)}")
            self._draw(self.boxes[node])
        self.still = self.canvas.copy_from_bbox(self.figure.bbox)
        if moment.term is not None and moment.node is not None:
            self._mark(self.lines[moment.node, moment.term.edge], LOCAL)
            self._mark(self.boxes[moment.term.parent], GIVES)
        if moment.node is not None:
            self._mark(self.boxes[moment.node], UPSTREAM)
        self._write([(moment.phase, SOFT)], -78, 1.2)
        self._write(moment.words, -44, 1.75)

    def _draw(self, artists: list[Any]) -> None:
        for artist in artists:
            self.axes.draw_artist(artist)

    def _mark(self, artists: list[Any], colour: str) -> None:
        artists[0].set(edgecolor=colour, linewidth=2.6)
        self._draw(artists)
        artists[0].set(edgecolor=LINE, linewidth=1.2)

    def _write(self, words: list[tuple[str, str]], y: float, size: float) -> None:
        """Pieces of text one after the other, each in its colour; smaller, where they are wider than the figure."""
        x = self.corner
        across = self.axes.transData.inverted()
        origin = across.transform((0, 0))[0]
        placed_words = [self._text(x, y, text, colour, size, ha="left") for text, colour in words]

        def widths() -> list[float]:
            extents = [word.get_window_extent(self.canvas.get_renderer()).width for word in placed_words]
            return [float(across.transform((width, 0))[0] - origin) for width in extents]

        room = self.axes.get_xlim()[1] - 14 - x
        for _ in range(5):  # letters stand on whole pixels, so widths do not follow the size evenly
            if (needed := sum(widths())) <= room:
                break
            for word in placed_words:
                word.set_fontsize(word.get_fontsize() * room / needed)
        for word, width in zip(placed_words, widths(), strict=True):
            word.set_x(x)
            x += width
            self._draw([word])
            word.remove()
