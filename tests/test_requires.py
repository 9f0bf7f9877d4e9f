"""A missing oracle skips where nobody asked for it and fails where somebody did."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from tests.requires import demanded, requires, requires_program

ABSENT = "no_such_module_anywhere"


def test_gives_the_module_that_is_there() -> None:
    assert requires("math") is math


def test_skips_where_nothing_is_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAINRULE_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match=ABSENT):
        requires(ABSENT)


@pytest.mark.parametrize("demand", ["all", ABSENT, f"torch, {ABSENT}", ABSENT.upper().replace("_", "-")])
def test_fails_where_it_is_demanded(demand: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_REQUIRE", demand)
    with pytest.raises(pytest.fail.Exception, match="CHAINRULE_REQUIRE"):
        requires(f"{ABSENT}.part")


def test_demanding_one_thing_leaves_another_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_REQUIRE", "torch,mpmath")
    assert demanded("torch")
    assert not demanded("chromium")


def test_a_library_that_breaks_on_import_is_not_called_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "breaks_on_import.py").write_text(f"import {ABSENT}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("CHAINRULE_REQUIRE", raising=False)
    with pytest.raises(ModuleNotFoundError, match=ABSENT):
        requires("breaks_on_import")


def test_finds_a_program_by_any_of_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / ("chromium-browser.exe" if sys.platform == "win32" else "chromium-browser")
    browser.write_text("")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Path(requires_program("chromium")) == browser


def test_a_missing_program_fails_where_it_is_demanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CHAINRULE_REQUIRE", "chromium")
    with pytest.raises(pytest.fail.Exception, match="chromium"):
        requires_program("chromium")
