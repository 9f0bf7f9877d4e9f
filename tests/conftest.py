"""What every test shares: settings, and fixtures for what comes from outside.

Nothing here but `fresh_process` knows the engine. A fixture that only one folder of tests needs lives in that folder's
own `conftest.py`.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.requires import requires, requires_program

# Matplotlib draws into memory. It reads this when it is first imported, so it is set before any test module is.
os.environ.setdefault("MPLBACKEND", "Agg")

# No deadline: a shared machine's speed is not a property of the code. The blob lets a failure be replayed anywhere.
settings.register_profile("chainrule", deadline=None, print_blob=True)
settings.load_profile("chainrule")

# Benchmarks are run by hand, and some of what they race is not installed for the tests.
collect_ignore = ["benchmarks"]


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """No rules were given by hand so far, after which the engine looks at graphs with more care; no mode stays on."""
    from autograd.graph import by_hand
    from autograd.modes import observing

    by_hand[0] = 0
    yield
    left = len(observing)
    observing.clear()
    assert not left, f"{left} modes entered here have not been left"


@pytest.fixture
def interrupted_anywhere() -> Iterator[None]:
    """An interrupt may come in the middle of leaving a mode: nodes are still looked at then, to no effect."""
    from autograd.modes import modes, observing

    before = modes()
    yield
    observing.clear()
    assert modes() == before


@pytest.fixture
def without_collector() -> Iterator[None]:
    """No garbage of other tests is collected during this one, nor found at its end: only what was made since counts.

    What other tests hold may die at any time, in the middle of this one too (a cached figure, a last traceback). What
    Python calls when an object dies runs in the middle of whatever runs then: a test that counts the bytecodes of
    the library would count those too, and an exception raised there gets no further (`sys.unraisablehook`).
    """
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        (gc.enable if was_on else gc.disable)()


@pytest.fixture(scope="session")
def oracle() -> Callable[[str], Any]:
    """`oracle("torch")` is the module, or a skip with the reason; see `tests.requires`."""
    return requires


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium, for `playwright`'s `executable_path`."""
    return requires_program("chromium")
