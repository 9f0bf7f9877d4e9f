"""``chainrule``, the command: what it understands, and what its exit status means.

    0    done                          1    a check failed, or something is missing on this machine
    2    what was asked for makes no sense: an unknown option, an expression that is none
    130  interrupted

What does not live here: what the commands do (``commands.py``, ``demo.py``).
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Final

from autograd import AutogradError, ExpressionError
from visualize.errors import DrawingError

EXAMPLES: Final = """\
examples:
  chainrule demo moons
  chainrule step "(a*b + c).tanh()" a=2 b=-3 c=6.5
  chainrule step "-x**2 + relu(x)" x=-1.5 --html steps.html
  chainrule draw "w*x + b" w=2 x=-1 b=0.5 --out graph.png
  chainrule check "x.sin() / x" x=0.1
  chainrule latex "log(1 + exp(x))" x=0

An expression is Python's arithmetic: numbers, pi, names, + - * / // % **, comparisons, `x if c else y`, and every
primitive as a function, tanh(x), and as a method, x.tanh().
"""
VALUED: Final = frozenset({"--html", "--out", "--theme"})
"""Options of the commands that take an expression, those with a value ..."""
FLAGS: Final = frozenset({"-h", "--help", "--text"})
"""... and those without one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``chainrule`` with ``arguments``, those of the process by default, and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without ∂ shows "?"
    given = sys.argv[1:] if arguments is None else arguments
    try:
        chosen = parser().parse_args(options_first(given))
        status: int = chosen.run(chosen)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("\nchainrule: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (ExpressionError, DrawingError) as error:
        print(f"chainrule: {error}", file=sys.stderr)
        return 2
    except (AutogradError, OSError) as error:
        print(f"chainrule: {error}", file=sys.stderr)
        return 1


def options_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with a command's options before and its expression and values behind ``--``.

    Only what is an option of ours counts as one, so an expression may begin with a minus sign.

    >>> options_first(["step", "-a*b", "a=2", "--text", "b=3"])
    ['step', '--text', '--', '-a*b', 'a=2', 'b=3']
    """
    if not arguments or arguments[0] not in WITH_EXPRESSION:
        return list(arguments)
    options: list[str] = []
    others: list[str] = []
    rest = iter(arguments[1:])
    for argument in rest:
        if argument == "--":
            others.extend(rest)
        elif argument in VALUED:
            options += [argument, *islice(rest, 1)]
        elif argument in FLAGS or argument.partition("=")[0] in VALUED:
            options.append(argument)
        else:
            others.append(argument)
    return [arguments[0], *options, "--", *others]


WITH_EXPRESSION: Final = {
    "draw": "draw the graph of an expression",
    "step": "step through the backward pass of an expression",
    "check": "hold the gradients of an expression against finite differences",
    "latex": "print an expression and its derivatives as LaTeX",
}


def parser() -> argparse.ArgumentParser:
    """Everything the command understands."""
    from visualize import commands

    top = argparse.ArgumentParser(
        prog="chainrule",
        description="See and step through backpropagation, one contribution at a time.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"chainrule {_version()}")
    subparsers = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    by_name = {}
    for name, help_ in WITH_EXPRESSION.items():
        command = by_name[name] = subparsers.add_parser(name, help=help_, description=help_, allow_abbrev=False)
        command.add_argument("expression", help='such as "(a*b + c).tanh()"; it may begin with a minus')
        command.add_argument(
            "values", nargs="*", default=[], metavar="name=number", help="a value for each name, such as b=-3"
        )
        command.set_defaults(run=getattr(commands, name))

    by_name["draw"].add_argument(
        "--out", type=Path, default=Path("graph.svg"), metavar="FILE",
        help="by suffix: .svg, .png, .pdf, .dot, .html; - for SVG on standard output (%(default)s)",
    )  # fmt: skip
    by_name["draw"].add_argument("--theme", choices=["light", "dark"], default="light", help="(%(default)s)")
    way = by_name["step"].add_mutually_exclusive_group()
    way.add_argument("--text", action="store_true", help="as plain text, also on a terminal")
    way.add_argument("--html", type=Path, metavar="FILE", help="write the stepping page, one file")

    demo = subparsers.add_parser("demo", help="train a network on real data, and draw it", allow_abbrev=False)
    demo.add_argument("name", choices=["moons"], help="which: moons, micrograd's demo")
    demo.add_argument("--out", type=Path, metavar="FOLDER", help="where the pictures go (chainrule-moons)")
    demo.add_argument(
        "--steps", type=_whole(1, 10**9), default=100, metavar="N", help="steps of training (%(default)s)"
    )
    demo.add_argument(
        "--seed", type=_whole(0, 2**32 - 1), default=1337, metavar="N", help="of data and weights (%(default)s)"
    )
    demo.set_defaults(run=_demo)
    return top


def _version() -> str:
    try:
        return metadata.version("chainrule")
    except metadata.PackageNotFoundError:
        return "from a checkout that is not installed"


def _whole(least: int, most: int) -> Callable[[str], int]:
    """What reads a whole number within these bounds."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 12 or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most} is expected; got {text[:40]!r}")
        return int(text)

    return read


def _demo(chosen: argparse.Namespace) -> int:
    from visualize import demo

    demo.moons(chosen.out or Path("chainrule-moons"), chosen.steps, chosen.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
