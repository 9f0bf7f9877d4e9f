"""Runs in HIPS/autograd's own environment: takes a plan, then does it once for every line that asks.

One JSON object a line, in and out. First `{"plan": ...}`, answered by the version. Then `{"do": "answer"}` gives the
root and the gradients, and `{"do": "run", "collector": true}` the seconds of a forward and a backward pass, by the
same rules as in `measure.py`. `peers.HipsWorker` is the other side. This file is started by its path, so it imports
its neighbour `work.py` by its bare name, and nothing of the project itself.
"""

from __future__ import annotations

import gc
import importlib.metadata
import json
import sys
import time
from typing import Any

from work import Plan, build_elementary

import autograd.numpy as np  # HIPS/autograd's
from autograd.core import make_vjp


def ready(plan: Plan) -> tuple[Any, Any]:
    """The function of one vector, all leaves in it, and that vector; its elements are taken out as scalar nodes."""

    def function(vector: Any) -> Any:
        return build_elementary(plan, [vector[i] for i in range(2 * plan.width)], np.tanh)

    return function, np.array(plan.leaves)


def run(plan: Plan, collector: bool) -> dict[str, float]:
    """Seconds of one forward and one backward pass."""
    function, vector = ready(plan)
    gc.collect()
    (gc.enable if collector else gc.disable)()
    start = time.perf_counter()
    vjp, _ = make_vjp(function, vector)
    middle = time.perf_counter()
    vjp(1.0)
    end = time.perf_counter()
    del vjp
    gc.enable()
    gc.collect()
    return {"forward": middle - start, "backward": end - middle}


def answer(plan: Plan) -> list[float]:
    """The root's number and the gradients of all leaves."""
    vjp, root = make_vjp(*ready(plan))
    return [float(root), *vjp(1.0).tolist()]


def main() -> None:
    """Serve until the input ends."""
    plan = Plan(**json.loads(sys.stdin.readline())["plan"])
    print(json.dumps({"version": importlib.metadata.version("autograd")}), flush=True)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        question = json.loads(line)
        if question["do"] == "answer":
            print(json.dumps({"numbers": answer(plan)}), flush=True)
        else:
            print(json.dumps({"phases": run(plan, question["collector"])}), flush=True)


if __name__ == "__main__":
    main()
