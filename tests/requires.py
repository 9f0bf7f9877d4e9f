"""What a test needs from outside: an oracle, an optional library, a browser.

Here lives the one decision between skipping and failing. A test asks for what it needs:

    torch = requires("torch")          # at the top of a test module, or inside one test
    path = requires_program("chromium")

Where it is missing, the test is skipped with a reason that names it, so that a learner without PyTorch can still run
the suite. The environment variable `CHAINRULE_REQUIRE` forbids such skips: it holds names, separated by commas
(`torch,mpmath`), or `all`, and a missing thing that it names is a failure. Continuous integration sets it, for there a
silent skip would be a check that nobody runs.

Hardware is no such need: `all` asks for everything that can be installed, and a test for a GPU skips where there is
none, whatever the variable says.

Next: `conftest.py` turns some of these into fixtures.
"""

from __future__ import annotations

import importlib
import os
import shutil
from typing import Any, NoReturn

import pytest

PROGRAMS = {"chromium": ("chromium", "chromium-browser", "google-chrome", "chrome")}
"""Names under which one and the same program goes."""


def requires(module: str) -> Any:
    """The imported module, or a skip, or the failure that `CHAINRULE_REQUIRE` asks for.

    Only absence is excused. A library that is there and breaks while it is imported raises its own error.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or module.split(".")[0] != error.name.split(".")[0]:
            raise
        missing(module.split(".")[0], f"{module} is not installed")


def requires_program(name: str) -> str:
    """The path of a program, found under any of its names, or a skip, or a failure as in `requires`."""
    for candidate in PROGRAMS.get(name, (name,)):
        if path := shutil.which(candidate):
            return path
    missing(name, f"the program {name} is not on the PATH")


def missing(name: str, why: str) -> NoReturn:
    """Skip the test, or the module that asks, because of `why`; fail where `CHAINRULE_REQUIRE` covers `name`."""
    if demanded(name):
        pytest.fail(f"{why}, and CHAINRULE_REQUIRE={os.environ['CHAINRULE_REQUIRE']} demands it", pytrace=False)
    pytest.skip(why, allow_module_level=True)


def demanded(name: str) -> bool:
    """Whether `CHAINRULE_REQUIRE` covers `name`; upper and lower case, `-` and `_` are one."""
    names = {part.strip().lower().replace("-", "_") for part in os.environ.get("CHAINRULE_REQUIRE", "").split(",")}
    return "all" in names or name.lower().replace("-", "_") in names
