"""`python -m tests.benchmarks NAME [options]`: finds the benchmark of that name in this package and runs it.

Nothing is measured here. Options after the name belong to the benchmark; `NAME --help` shows them.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def benchmarks() -> dict[str, str]:
    """The name of every module here that has a `main`, with the first line of its docstring; imports none of them."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem.startswith("_"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body):
            found[path.stem] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


def main(argv: list[str]) -> int:
    """Run the benchmark that `argv` names with the rest of `argv` and give its exit status."""
    known = benchmarks()
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Benchmarks of this project. Each is asked for by name; most take --quick.",
        epilog="\n".join(["benchmarks:", *(f"  {name:<12} {line}" for name, line in known.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", choices=known, metavar="NAME", help="one of: " + ", ".join(known))
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="options of the benchmark")
    asked = parser.parse_args(argv)
    if asked.name is None:
        parser.print_help()
        return 0
    run = importlib.import_module(f"tests.benchmarks.{asked.name}").main
    if inspect.signature(run).parameters:
        return int(run(asked.rest) or 0)
    if asked.rest:
        parser.error(f"{asked.name} takes no options")
    return int(run() or 0)  # a benchmark that always does the same may leave out both argv and status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
