"""The example over a mesh of devices, in a process of its own, since JAX counts its devices once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.requires import requires

ROOT = Path(__file__).resolve().parents[2]


def test_eight_devices_find_the_gradient_of_one() -> None:
    requires("jax")
    requires("sklearn")
    code = "from examples import data_parallel as e; w = e.main(epochs=1); assert len(e.jax.devices()) == 8; print(w)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) < 1e-12
    assert "8 devices" in done.stdout
