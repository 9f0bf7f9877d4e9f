"""The engine against PyTorch float64 on 2,000 random graphs.

`python -m tests.autograd.random_graphs 100000` runs more.
"""

from __future__ import annotations

import pytest

from autograd import topological_order
from tests.autograd import random_graphs
from tests.requires import requires

torch = requires("torch")

GRAPHS = 1000


@pytest.mark.parametrize("kind", ["integer", "smooth"])
def test_random_graphs_agree(kind: str) -> None:
    results = [random_graphs.compare(seed, kind, torch) for seed in range(GRAPHS)]
    wrong = [result for result in results if result not in ("", "skipped")]
    assert not wrong, wrong[0]
    assert results.count("skipped") < GRAPHS // 20


def test_the_random_graphs_use_every_operation_and_share_nodes() -> None:
    used: set[str] = set()
    shared = 0
    for seed in range(GRAPHS):
        graph = random_graphs.RandomGraph(seed, "smooth")
        used.update(name for name, _ in graph.recipe)
        parents = [parent for node in topological_order(graph.root) for parent in node.parents]
        shared += len(parents) > len(set(parents))
    assert used == set(random_graphs.SMOOTH)
    assert shared > GRAPHS // 2


def test_the_comparison_can_fail() -> None:
    graph = random_graphs.RandomGraph(1, "smooth")
    graph.root.backward()
    _, gradients = graph.in_torch(torch)
    assert any(abs(leaf.grad * (1 + 1e-9) - w) > 1e-13 for leaf, w in zip(graph.leaves, gradients, strict=True))
