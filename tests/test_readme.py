"""README is true: every name it uses exists, and every lesson it names is there."""

import re
import subprocess
import sys
from functools import reduce
from pathlib import Path

import pytest

import autograd
import nn
import visualize
from tests.requires import requires

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
PACKAGES = {"autograd": autograd, "nn": nn, "visualize": visualize}


def used() -> list[str]:
    return sorted(set(re.findall(r"\b(?:autograd|nn|visualize)(?:\.[a-zA-Z_]\w*)+", PYTHON)))


@pytest.mark.parametrize("name", used())
def test_a_name_that_readme_uses_exists(name: str) -> None:
    package, *rest = name.split(".")
    reduce(getattr, rest, PACKAGES[package])


def test_every_name_that_readme_imports_exists() -> None:
    lines = re.findall(r"^from (\w+) import (.+)$", PYTHON, re.MULTILINE)
    assert lines
    for package, names in lines:
        if package not in PACKAGES:
            continue
        for name in names.split(", "):
            assert hasattr(PACKAGES[package], name), f"{package}.{name}"


def test_the_blocks_run_one_after_the_other(tmp_path: Path) -> None:
    for package in ("numpy", "matplotlib", "sklearn", "torch"):
        requires(package)
    screens = ("steps.show()", "steps.terminal()")  # a notebook's and a terminal's
    assert all(screen in PYTHON for screen in screens)
    lines = [line for line in PYTHON.splitlines() if not line.startswith(screens)]
    script = tmp_path / "readme.py"
    script.write_text("\n".join([*lines, "assert program.stats['matrix products'] > 0"]), encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert {"graph.svg", "steps.html", "steps.gif", "iris.json"} <= {path.name for path in tmp_path.iterdir()}


def test_readme_names_every_lesson() -> None:
    lessons = {path.stem for path in (ROOT / "examples").glob("*.py")} - {"__init__", "lesson", "data_parallel"}
    assert lessons
    assert [lesson for lesson in sorted(lessons) if f"`{lesson}`" not in README and f".{lesson}`" not in README] == []


def test_every_picture_and_file_that_readme_links_to_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
