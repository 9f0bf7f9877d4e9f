"""Has ``import autograd`` looked at before anything stands on it; the look itself is ``autograd/namesake.py``."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "autograd" / "namesake.py"))
