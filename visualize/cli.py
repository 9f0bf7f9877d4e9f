"""``chainrule``, the command: what it understands, and what its exit status means.

    0    done                          1    a check failed, or something went wrong on this machine
    2    what was asked for makes no sense: an unknown option, an expression that is none
    130  interrupted

What does not live here: what the commands do (``demo.py``).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Final

from autograd import AutogradError

EXAMPLES: Final = """\
examples:
  chainrule demo moons
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``chainrule`` with ``arguments``, those of the process by default, and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without ∂ shows "?"
    try:
        chosen = parser().parse_args(arguments)
        status: int = chosen.run(chosen)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("\nchainrule: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (AutogradError, OSError) as error:
        print(f"chainrule: {error}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """Everything the command understands."""
    top = argparse.ArgumentParser(
        prog="chainrule",
        description="See and step through backpropagation, one contribution at a time.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"chainrule {_version()}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="train a network on real data, and draw it", allow_abbrev=False)
    demo.add_argument("name", choices=["moons"], help="which: moons, micrograd's demo")
    demo.add_argument("--out", type=Path, metavar="FOLDER", help="where the pictures go (chainrule-moons)")
    demo.add_argument("--steps", type=_count, default=100, metavar="N", help="steps of training (%(default)s)")
    demo.add_argument("--seed", type=int, default=1337, metavar="N", help="of data and weights (%(default)s)")
    demo.set_defaults(run=_demo)
    return top


def _version() -> str:
    try:
        return metadata.version("chainrule")
    except metadata.PackageNotFoundError:
        return "from a checkout that is not installed"


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _demo(chosen: argparse.Namespace) -> int:
    from visualize import demo

    demo.moons(chosen.out or Path("chainrule-moons"), chosen.steps, chosen.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
