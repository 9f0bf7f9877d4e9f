"""The native kernel's machine code: what is compiled and when, and the folder that keeps it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import autograd
from autograd import Value, machine_code
from tests.requires import requires

requires("numpy")
ROOT = Path(__file__).resolve().parents[3]

SMALL = """
import autograd
from autograd import Value
ws, xs = [Value(0.5), Value(-0.25)], [Value(2.0), Value(3.0)]
program = autograd.compile(autograd.dot(ws, xs, Value(0.125)).tanh(), backend="native")
value, gradient = program.value_and_grad(program.values)
print(value, *gradient)
"""


def run(source: str, **environment: str) -> list[str]:
    """What a fresh Python prints, in words."""
    requires("numba")
    known = {**os.environ, **environment}
    done = subprocess.run([sys.executable, "-c", source], env=known, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def expected() -> list[float]:
    """What `SMALL` prints, from eager."""
    ws, xs, bias = [Value(0.5), Value(-0.25)], [Value(2.0), Value(3.0)], Value(0.125)
    root = autograd.dot(ws, xs, bias).tanh()
    root.backward()
    return [root.data, *(leaf.grad for leaf in (*ws, bias, *xs))]


# what is compiled, and kept -------------------------------------------------------------------------------------------


def test_only_what_a_program_uses_is_compiled_and_nothing_twice(tmp_path: Path) -> None:
    first = run(SMALL, XDG_CACHE_HOME=str(tmp_path))
    assert [float(word) for word in first] == pytest.approx(expected(), rel=1e-15)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}
    assert 0 < len(kept) < 20  # of some two hundred
    assert not [path for path in kept if "product" in path.name]
    assert run(SMALL, XDG_CACHE_HOME=str(tmp_path)) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")} == kept


def test_partials_that_compute_the_same_are_one_function() -> None:
    from autograd.program.backends.opcodes import function

    add, sub, mul = (autograd.TABLE[name] for name in ("add", "sub", "mul"))
    assert function(add, 0) == function(add, 1) == function(sub, 0)
    assert function(mul, 0) != function(mul, 1)


def test_where_numba_may_not_compile_the_kernel_runs_as_python(tmp_path: Path) -> None:
    found = run(SMALL, XDG_CACHE_HOME=str(tmp_path), NUMBA_DISABLE_JIT="1")
    assert [float(word) for word in found] == pytest.approx(expected(), rel=1e-15)
    assert not list(tmp_path.rglob("*.nbc"))


# the folder -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files, and a cache folder that cannot be made, for a file has its name."""
    (tmp_path / "cache").write_text("")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    machine_code._passing.cache_clear()
    yield tmp_path / "temporary"
    machine_code._passing.cache_clear()


def folder() -> Path:
    return machine_code.folder()


def test_machine_code_is_kept_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "chainrule" / "kernels"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_without_a_cache_it_is_kept_among_temporary_files_for_this_user_alone(temporary: Path) -> None:
    assert folder() == temporary / f"chainrule-{os.getuid()}"
    assert stat.S_IMODE(folder().stat().st_mode) == 0o700


def test_a_user_without_a_home_gets_one_too(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("could not determine home directory")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert folder().parent == temporary


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
@pytest.mark.parametrize("planted", ["writable by all", "a link", "another user's", "a file"])
def test_a_folder_that_another_user_could_have_filled_is_not_used(
    planted: str, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = temporary / f"chainrule-{os.getuid()}"
    if planted == "a link":
        (temporary / "theirs").mkdir(mode=0o700)
        trap.symlink_to(temporary / "theirs")
    elif planted == "a file":
        trap.write_text("")
    else:
        trap.mkdir(mode=0o700)
    if planted == "writable by all":
        trap.chmod(0o777)
    if planted == "another user's":
        another = os.getuid() + 1
        monkeypatch.setattr(os, "getuid", lambda: another)
        trap = trap.rename(temporary / f"chainrule-{another}")
    found = folder()
    assert found != trap
    assert found.parent == temporary
    assert not list((temporary / "theirs").rglob("*"))


def test_a_program_runs_where_no_cache_can_be_written_and_leaves_nothing_of_a_passing_folder(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    if os.name != "nt":
        (tmp_path / f"chainrule-{os.getuid()}").write_text("")
    source = f"{SMALL}\nfrom autograd.program.backends.disk import kernel\nprint(kernel(True)._folder)"
    *numbers, where = run(source, XDG_CACHE_HOME=str(tmp_path / "cache"), TMPDIR=str(tmp_path))
    assert [float(word) for word in numbers] == pytest.approx(expected(), rel=1e-15)
    assert Path(where).parent == tmp_path
    assert not Path(where).exists()
