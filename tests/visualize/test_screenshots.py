"""The script that makes the page of screenshots."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.requires import requires
from tests.visualize import screenshots


def test_the_page_shows_every_picture(tmp_path: Path, chromium: str, capsys: pytest.CaptureFixture[str]) -> None:
    requires("playwright")
    requires("textual")
    requires("PIL")
    screenshots.main(tmp_path / "shots")
    page = (tmp_path / "shots" / "index.html").read_text(encoding="utf-8")
    named = {Path(line) for line in capsys.readouterr().out.splitlines()}
    assert named == set((tmp_path / "shots").iterdir())
    assert len(named) == 8
    assert all(f'src="{path.name}"' in page for path in named if path.name != "index.html")
    assert all(path.stat().st_size > 500 for path in named)
