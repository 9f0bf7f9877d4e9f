"""The graph as an indented tree."""

from __future__ import annotations

from autograd import Value
from autograd.expression import parse
from visualize import walk
from visualize.terminal.tree import DEEPEST, tree


def test_there_is_one_line_for_each_edge_and_one_for_the_root() -> None:
    steps = walk(parse("(a*b + a).tanh() * b + dot([a, b], [b, 2.0], a)", a=1, b=2))
    edges = [(row.child, row.edge) for row in tree(steps)]
    assert edges[0] == (None, 0)
    assert len(edges) == len(set(edges))
    assert set(edges[1:]) == {(node, edge) for node in steps.nodes for edge in range(len(node.parents))}


def test_a_line_stands_below_its_child_and_shows_its_parent() -> None:
    steps = walk(parse("a*b + a", a=1, b=2))
    for row in tree(steps):
        assert row.child is None or row.child.parents[row.edge] is row.node


def test_a_node_is_written_out_once() -> None:
    shared = Value(2.0).exp()
    root = shared * shared
    assert [row.repeated for row in tree(walk(root))] == [False, False, False, True]


def test_a_chain_of_any_depth_has_bounded_lines() -> None:
    x = Value(1.0)
    for _ in range(5_000):
        x = -x
    rows = list(tree(walk(x)))
    assert len(rows) == 5_001
    assert max(len(row.indent) for row in rows) == DEEPEST
    assert rows[-1].indent.endswith("└─ ")
