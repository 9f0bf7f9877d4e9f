"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograd.files import write


def test_text_is_written_as_utf8_and_the_path_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert write(path, "∂L/∂a\n") == path
    assert path.read_bytes() == "∂L/∂a\n".encode()


def test_a_path_may_be_a_string(tmp_path: Path) -> None:
    assert write(str(tmp_path / "a.bin"), b"\x00\xff").read_bytes() == b"\x00\xff"


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "a")
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="no space left"):
        write(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_content_is_on_the_disk_before_it_has_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *given, name=name, real=real: (calls.append(name), real(*given))[1])
    write(tmp_path / "a.txt", "a")
    assert calls == ["fsync", "replace"]


def test_text_that_is_no_unicode_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write(tmp_path / "a.txt", "\ud800")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write(tmp_path / "nowhere" / "a.txt", "a")


@pytest.mark.skipif(os.name != "posix", reason="permissions and links as POSIX has them")
def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("a")
    write(tmp_path / "ours", "a")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="permissions and links as POSIX has them")
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    write(path, "new")
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name != "posix", reason="permissions and links as POSIX has them")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_an_error_names_the_file_that_was_to_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "folder.txt"
    folder.mkdir()
    with pytest.raises(OSError, match=r"folder\.txt': it is a folder; give the path of a file in it"):
        write(folder, "a")
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"file.a\.txt'$"):
        write(tmp_path / "file" / "a.txt", "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.txt"]
