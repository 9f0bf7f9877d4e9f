"""What the lessons share: options, pictures, data.  Nothing here learns anything; start with ``line_fit.py``."""

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograd import MissingExtraError
from autograd.extra import extra
from nn import History

__all__ = ["extra", "finished", "options", "picture", "run", "split", "standardised"]


def options(
    doc: str | None, argv: Sequence[str] | None, *, lr: float, seed: int = 0, lr_means: str = "learning rate",
    **own: str | tuple[int | None, str],
) -> argparse.Namespace:  # fmt: skip
    """The options that every lesson takes, and some of its own.

    Args:
        doc: the lesson's docstring, for ``--help``.
        argv: arguments without the program's name; those of the command line by default.
        lr: the default of ``--lr``.
        seed: the default of ``--seed``.
        lr_means: what ``--lr`` is in this lesson.
        own: ``full="train on everything"`` makes the switch ``--full``, ``every=(50, "epochs from line to line")`` the
            whole number ``--every``, of 1 or more, 50 by default.
    """
    name = Path(sys.argv[0]).stem if argv is None else "lesson"
    parser = argparse.ArgumentParser(
        prog=f"python -m examples.{name}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=seed, help=f"of all random numbers (default {seed})")
    parser.add_argument("--lr", type=float, default=lr, help=f"{lr_means} (default {lr}); with 0 the lesson fails")
    parser.add_argument(
        "--plot", nargs="?", const=f"{name}.png", metavar="FILE", help=f"draw a picture (default {name}.png)"
    )
    for option, meaning in own.items():
        if isinstance(meaning, str):
            parser.add_argument(f"--{option}", action="store_true", help=meaning)
        else:
            default, text = meaning
            parser.add_argument(f"--{option}", type=count, default=default, metavar="N", help=text)
    return parser.parse_args(argv)


def run(main: Callable[[], None]) -> None:
    """Run a lesson from the command line: Ctrl-C and a missing package end it with a word, and no traceback."""
    try:
        main()
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        sys.exit(130)
    except MissingExtraError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def finished(history: History) -> History:
    """``history``, where training ran to its end: at Ctrl-C ``fit`` keeps what was learnt, and a lesson stops."""
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    return history


def count(text: str) -> int:
    """A whole number of 1 or more, as an option gives it."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"a whole number of 1 or more is needed, not {text}")
    return number


@contextmanager
def picture(path: str, columns: int = 1) -> Iterator[Any]:
    """Axes to draw on, one or a row of several, saved to ``path`` at the end."""
    from visualize.plots.axes import COLOURS, new_axes  # here, so that a lesson without a picture need not wait for it

    with extra("matplotlib", "plot").rc_context({"font.size": 11, "lines.linewidth": 2.0}):
        figure = extra("matplotlib.figure", "plot").Figure(figsize=(5.5 * columns, 4.2), layout="constrained")
        row = figure.subplots(1, columns, squeeze=False)[0]
        for axes in row:
            new_axes(axes).set_prop_cycle(color=COLOURS)
        yield row[0] if columns == 1 else row
        figure.savefig(path, dpi=150)
    print(f"picture: {path}")


def standardised(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Every column with mean 0 and standard deviation 1: inputs of one size, so that one learning rate suits all."""
    columns = []
    for column in zip(*rows, strict=True):
        mean = sum(column) / len(column)
        deviation = (sum((x - mean) ** 2 for x in column) / len(column)) ** 0.5
        columns.append([(x - mean) / deviation for x in column])
    return [list(row) for row in zip(*columns, strict=True)]


def split(data: tuple[list[Any], list[Any]], share: float, rng: random.Random) -> tuple[Any, Any]:
    """Data (X, y) in two parts at random, the second with ``share`` of it: to train on, and to hold out."""
    order = list(range(len(data[0])))
    rng.shuffle(order)
    cut = round(len(order) * (1 - share))
    parts = [([data[0][i] for i in part], [data[1][i] for i in part]) for part in (order[:cut], order[cut:])]
    return parts[0], parts[1]
