"""HIPS/autograd installs the import name `autograd` as well; beside it, ours refuses and says how to mend that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_import(*places: Path, code: str = "import autograd; print(autograd.Value(1.0))"):
    path = os.pathsep.join(map(str, places))
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=places[0], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_import_beside_the_namesake_fails_with_a_text_that_mends_it(tmp_path):
    record = tmp_path / "autograd-1.8.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: autograd\nVersion: 1.8.0\n")
    done = run_import(ROOT, tmp_path)
    assert done.returncode != 0
    assert "ImportError" in done.stderr
    assert "1.8.0" in done.stderr
    assert "pip uninstall -y autograd" in done.stderr
    assert "separate virtual environments" in done.stderr


def test_import_alone_works(tmp_path):
    done = run_import(ROOT, tmp_path)
    assert done.stdout.strip() == "Value(data=1.0, grad=0.0)", done.stderr


@pytest.mark.parametrize("package", ["nn", "visualize", "visualize.cli"])
def test_where_the_namesake_is_imported_instead_what_stands_on_the_engine_says_so(tmp_path, package):
    """An editable installation is looked for after all packages that are installed in the usual way."""
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("from .differential import grad\n")
    (tmp_path / "autograd" / "differential.py").write_text("def grad(): ...\n")
    record = tmp_path / "autograd-1.8.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: autograd\nVersion: 1.8.0\n")
    done = run_import(tmp_path, ROOT, code=f"import {package}")
    assert done.returncode != 0
    assert f"`import autograd` finds {tmp_path}" in done.stderr
    assert "'autograd' 1.8.0" in done.stderr
    assert "pip uninstall -y autograd" in done.stderr


@pytest.mark.parametrize("package", ["nn", "visualize"])
def test_a_file_of_one_s_own_in_the_place_of_the_engine_is_named(tmp_path, package):
    (tmp_path / "autograd.py").write_text("print('my first network')\n")
    done = run_import(tmp_path, ROOT, code=f"import {package}")
    assert done.returncode != 0
    assert f"`import autograd` finds {tmp_path / 'autograd.py'}. Rename it" in done.stderr


def test_an_error_of_another_kind_within_the_engine_is_not_laid_on_the_namesake(tmp_path):
    done = run_import(ROOT, code="import sys; sys.modules['autograd.ieee'] = None; import nn")
    assert done.returncode != 0
    assert "autograd.ieee" in done.stderr
    assert "HIPS" not in done.stderr
