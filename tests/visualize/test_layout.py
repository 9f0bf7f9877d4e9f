"""What a layered layout promises: boxes apart, edges forward and clear of boxes, clusters whole, always the same."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.requires import requires
from tests.visualize.drawings import (
    Graph,
    crossings,
    dot_drawing,
    dot_graph,
    drawn_boxes,
    drawn_lines,
    mlp_graph,
    within,
)
from visualize.layout import Box, Cluster, Layout, LayoutError, RankDir, Route, Spacing, lay_out
from visualize.layout.clusters import ClusterTree
from visualize.layout.network import build_network
from visualize.layout.order import count_crossings, order_ranks

EPSILON = 1e-6
DIRECTIONS: tuple[RankDir, ...] = ("LR", "TB")


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Small random DAGs with repeated edges, boxes of all sizes, and nested clusters that ignore the edges."""
    count = draw(st.integers(1, 14))
    path = st.sampled_from([(), ("p",), ("p", "q"), ("p", "r"), ("s",), ("s", "q"), ("p", "q", "t")])
    size = st.integers(0, 60)
    boxes = [Box(f"n{i}", draw(size), draw(size), draw(path)) for i in range(count)]
    pairs = [(f"n{i}", f"n{j}") for i in range(count) for j in range(i + 1, count)]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=24)) if pairs else []
    return draw(st.permutations(boxes)), edges


def chain(count: int, clusters: Sequence[tuple[str, ...]] = ((),)) -> Graph:
    boxes = [Box(f"n{i}", 20, 10, clusters[i % len(clusters)]) for i in range(count)]
    return boxes, [(f"n{i}", f"n{i + 1}") for i in range(count - 1)]


def overlap(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(a[i] < b[i + 2] - EPSILON and b[i] < a[i + 2] - EPSILON for i in (0, 1))


def rectangle(cluster: Cluster) -> tuple[float, float, float, float]:
    return cluster.left, cluster.top, cluster.left + cluster.width, cluster.top + cluster.height


def contains(outer: Sequence[float], inner: Sequence[float]) -> bool:
    return all(outer[i] <= inner[i] + EPSILON and inner[i + 2] <= outer[i + 2] + EPSILON for i in (0, 1))


# --- boxes ------------------------------------------------------------------------------------------------------------


@given(graphs(), st.sampled_from(DIRECTIONS))
def test_no_two_boxes_overlap(graph: Graph, rankdir: RankDir) -> None:
    boxes, edges = graph
    placed = drawn_boxes(boxes, lay_out(boxes, edges, rankdir=rankdir))
    for (a, first), (b, second) in itertools.combinations(placed.items(), 2):
        assert not overlap(first, second), (a, b)


@given(graphs())
def test_boxes_on_one_rank_keep_their_distance(graph: Graph) -> None:
    boxes, edges = graph
    layout = lay_out(boxes, edges)
    placed = drawn_boxes(boxes, layout)
    for a, b in itertools.combinations(boxes, 2):
        if layout.places[a.id].rank == layout.places[b.id].rank:
            gap = max(placed[a.id][1] - placed[b.id][3], placed[b.id][1] - placed[a.id][3])
            assert gap >= Spacing().box - EPSILON


@given(graphs(), st.sampled_from(DIRECTIONS))
def test_every_edge_goes_forward_in_rank_and_on_the_page(graph: Graph, rankdir: RankDir) -> None:
    boxes, edges = graph
    layout = lay_out(boxes, edges, rankdir=rankdir)
    for tail, head in edges:
        a, b = layout.places[tail], layout.places[head]
        assert a.rank < b.rank
        assert (a.x < b.x) if rankdir == "LR" else (a.y < b.y)


@given(graphs(), st.sampled_from(DIRECTIONS))
def test_everything_lies_within_the_total_size(graph: Graph, rankdir: RankDir) -> None:
    boxes, edges = graph
    layout = lay_out(boxes, edges, rankdir=rankdir)
    page = (0.0, 0.0, layout.width, layout.height)
    for box in drawn_boxes(boxes, layout).values():
        assert contains(page, box)
    for cluster in layout.clusters:
        assert contains(page, rectangle(cluster))
    for route in layout.routes:
        assert all(within(point, page, margin=EPSILON) for point in route.sample())


# --- edges ------------------------------------------------------------------------------------------------------------


@given(graphs(), st.sampled_from(DIRECTIONS))
def test_no_edge_runs_through_a_box_that_is_not_its_end(graph: Graph, rankdir: RankDir) -> None:
    boxes, edges = graph
    layout = lay_out(boxes, edges, rankdir=rankdir)
    placed = drawn_boxes(boxes, layout)
    for route in layout.routes:
        for name, box in placed.items():
            if name not in (route.tail, route.head):
                assert not any(within(point, box, margin=-EPSILON) for point in route.sample()), (route, name)


@given(graphs())
def test_an_edge_leaves_at_the_tails_border_and_ends_straight_at_the_heads(graph: Graph) -> None:
    boxes, edges = graph
    layout = lay_out(boxes, edges)
    placed = drawn_boxes(boxes, layout)
    assert [(route.tail, route.head) for route in layout.routes] == edges
    for route in layout.routes:
        (x, y), (near_x, near_y), (end_x, end_y) = route.points[0], route.points[-2], route.points[-1]
        _, top, right, bottom = placed[route.tail]
        assert x == pytest.approx(right)
        assert top - EPSILON <= y <= bottom + EPSILON
        left, top, _, bottom = placed[route.head]
        assert end_x == pytest.approx(left)
        assert top - EPSILON <= end_y <= bottom + EPSILON
        assert near_y == pytest.approx(end_y)
        assert near_x < end_x


@pytest.mark.parametrize("between", [0, 3])
def test_parallel_edges_have_lanes_of_their_own(between: int) -> None:
    boxes, edges = chain(between + 2)
    edges += [("n0", f"n{between + 1}")] * 2
    layout = lay_out(boxes, edges)
    first, second = (route.sample() for route in layout.routes[-2:])
    assert all(abs(y - v) > 1 for (_, y), (_, v) in zip(first, second, strict=True))
    assert crossings(drawn_lines(layout), drawn_boxes(boxes, layout)) == 0


@given(graphs())
def test_the_drawn_curves_cross_as_often_as_the_order_says(graph: Graph) -> None:
    boxes = [Box(box.id, 40, 40, box.clusters) for box in graph[0]]
    edges = graph[1]
    number = {box.id: v for v, box in enumerate(boxes)}
    tree = ClusterTree(box.clusters for box in boxes)
    net = build_network([(number[a], number[b]) for a, b in edges], [tree.add(box.clusters) for box in boxes], tree)
    predicted = order_ranks(net)
    assert predicted == count_crossings(net.ranks, net.down)
    assert crossings(drawn_lines(lay_out(boxes, edges)), {box.id: (0, 0, -99, -99) for box in boxes}) == predicted


def test_edges_too_long_for_dummies_go_round_the_drawing() -> None:
    boxes, edges = chain(1000)
    edges += [("n0", f"n{i}") for i in range(2, 1000)]
    layout = lay_out(boxes, edges)
    placed = drawn_boxes(boxes, layout)
    lowest = max(bottom for *_, bottom in placed.values())
    around = [route for route in layout.routes if max(y for _, y in route.points) > lowest]
    assert len(around) > 100
    route = around[-1]
    hit = {name for name, box in placed.items() for point in route.sample(50) if within(point, box, margin=-EPSILON)}
    assert not hit


# --- clusters ---------------------------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(graphs(), st.sampled_from(DIRECTIONS))
def test_a_cluster_contains_its_own_boxes_and_no_other(graph: Graph, rankdir: RankDir) -> None:
    boxes, edges = graph
    layout = lay_out(boxes, edges, rankdir=rankdir)
    placed = drawn_boxes(boxes, layout)
    for cluster in layout.clusters:
        for box in boxes:
            if box.clusters[: len(cluster.path)] == cluster.path:
                assert contains(rectangle(cluster), placed[box.id])
            else:
                assert not overlap(rectangle(cluster), placed[box.id])


@settings(max_examples=300)
@given(graphs(), st.sampled_from(DIRECTIONS))
def test_clusters_nest_as_their_paths_do_and_never_overlap_otherwise(graph: Graph, rankdir: RankDir) -> None:
    boxes, edges = graph
    layout = lay_out(boxes, edges, rankdir=rankdir)
    assert {c.path for c in layout.clusters} == {b.clusters[:i] for b in boxes for i in range(1, len(b.clusters) + 1)}
    for outer, inner in itertools.combinations(layout.clusters, 2):
        if inner.path[: len(outer.path)] == outer.path:
            assert contains(rectangle(outer), rectangle(inner))
        else:
            assert not overlap(rectangle(outer), rectangle(inner))


def test_one_layer_stands_wholly_behind_the_other() -> None:
    boxes, edges = mlp_graph(3, [4, 4, 1])
    layers = [rectangle(c) for c in lay_out(boxes, edges).clusters if len(c.path) == 1]
    assert len(layers) == 3
    assert all(a[2] < b[0] for a, b in itertools.pairwise(layers))


def test_clusters_that_feed_each_other_both_ways_are_still_laid_out() -> None:
    boxes, edges = chain(6, [("a",), ("b", "c"), ("b", "d")])
    layout = lay_out(boxes, edges)
    assert [layout.places[f"n{i}"].rank for i in range(6)] == list(range(6))


def test_only_the_clusters_of_a_cycle_share_ranks() -> None:
    boxes, edges = chain(8, [("a",), ("b",), ("a",), ("b",), ("c",), ("c",), ("d",), ("d",)])
    boxes.append(Box("w", 20, 10, ("d",)))
    layout = lay_out(boxes, [*edges, ("w", "n7")])
    a, b, c, d = (rectangle(cluster) for cluster in layout.clusters)
    assert max(a[2], b[2]) < c[0] < c[2] < d[0]


def test_a_title_has_room_above_the_boxes_of_its_cluster() -> None:
    boxes = [Box("a", 30, 20, ("c",))]
    for rankdir in DIRECTIONS:
        layout = lay_out(boxes, [], rankdir=rankdir, spacing=Spacing(title=50))
        assert drawn_boxes(boxes, layout)["a"][1] - layout.clusters[0].top >= 50


# --- sizes and shapes of graphs ---------------------------------------------------------------------------------------


def test_an_empty_graph_is_an_empty_drawing() -> None:
    margin = Spacing().margin
    assert lay_out([], []) == Layout({}, (), (), 2 * margin, 2 * margin)


def test_a_single_box_stands_within_the_margin() -> None:
    layout = lay_out([Box("a", 30, 20)], [], spacing=Spacing(margin=5))
    assert (layout.places["a"].x, layout.places["a"].y) == (20, 15)
    assert (layout.width, layout.height) == (40, 30)


def test_disconnected_pieces_stand_beside_each_other() -> None:
    boxes = [Box(name, 20, 10) for name in "abcd"]
    placed = drawn_boxes(boxes, lay_out(boxes, [("a", "b"), ("c", "d")]))
    assert not any(overlap(p, q) for p, q in itertools.combinations(placed.values(), 2))


def test_a_chain_of_20_000_ranks_is_a_straight_line() -> None:
    boxes, edges = chain(20_000)
    layout = lay_out(boxes, edges)
    assert [layout.places[box.id].rank for box in boxes] == list(range(20_000))
    assert len({place.y for place in layout.places.values()}) == 1


def test_clusters_may_nest_deeper_than_python_recurses() -> None:
    path = tuple(map(str, range(2_000)))
    layout = lay_out([Box("a", 20, 10, path), Box("b", 20, 10)], [("a", "b")])
    assert len(layout.clusters) == 2_000


def test_a_long_edge_pulls_a_leaf_to_its_first_consumer() -> None:
    boxes, edges = chain(5)
    layout = lay_out([*boxes, Box("w", 20, 10)], [*edges, ("w", "n4")])
    assert layout.places["w"].rank == 3


def test_a_node_with_one_consumer_far_off_stays_with_its_parents() -> None:
    boxes, edges = chain(6)
    more = [Box("m", 20, 10)]
    layout = lay_out([*boxes, *more], [*edges, ("n0", "m"), ("n1", "m"), ("m", "n5")])
    assert layout.places["m"].rank == 2


def test_the_chain_of_a_neurons_additions_is_straight() -> None:
    boxes, edges = mlp_graph(3, [1])
    layout = lay_out(boxes, edges)
    sums = [layout.places[box.id].y for box in boxes if box.id[0] in "+r"]
    assert len(set(sums)) == 1


# --- the same every time, and errors ----------------------------------------------------------------------------------


@given(graphs())
def test_equal_input_gives_equal_output(graph: Graph) -> None:
    assert lay_out(*graph) == lay_out(*graph)


def test_a_cycle_is_named_in_the_error() -> None:
    boxes = [Box(name, 20, 10) for name in "abcd"]
    with pytest.raises(LayoutError, match="cycle, b -> c -> b;"):
        lay_out(boxes, [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")])


def test_an_edge_to_itself_is_a_cycle() -> None:
    with pytest.raises(ValueError, match="cycle, a -> a;"):
        lay_out([Box("a", 20, 10)], [("a", "a")])


def test_a_long_cycle_is_named_in_short() -> None:
    boxes, edges = chain(5000)
    with pytest.raises(LayoutError, match=r"n0 -> .* -> \.\.\. -> n4999 -> n0;"):
        lay_out(boxes, [*edges, ("n4999", "n0")])


@pytest.mark.parametrize(
    ("boxes", "edges", "message"),
    [
        ([Box("a", 1, 1), Box("a", 1, 1)], [], "two boxes have the id 'a'"),
        ([Box("a", 1, 1)], [("a", "b")], "names 'b', but no box has that id"),
        ([Box("a", -1, 1)], [], "box 'a' has size -1 x 1"),
        ([Box("a", 1, float("nan"))], [], "box 'a' has size 1 x nan"),
    ],
)
def test_what_cannot_be_drawn_is_said(boxes: list[Box], edges: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(LayoutError, match=message):
        lay_out(boxes, edges)


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(LayoutError, match="rankdir is 'RL'"):
        lay_out([], [], rankdir="RL")  # type: ignore[arg-type]


# --- crossings and time -----------------------------------------------------------------------------------------------


@given(st.data())
def test_the_crossing_count_is_that_of_all_pairs(data: st.DataObject) -> None:
    below = range(5, 10)
    down = [data.draw(st.lists(st.sampled_from(below), max_size=4)) for _ in range(5)] + [[] for _ in below]
    segments = [(v, w) for v in range(5) for w in down[v]]
    expected = sum((a - c) * (b - d) < 0 for (a, b), (c, d) in itertools.combinations(segments, 2))
    assert count_crossings([range(5), below], down) == expected


@pytest.mark.parametrize("clusters", [False, True])
@pytest.mark.parametrize(
    ("inputs", "widths", "most"), [(2, [2, 1], 1.1), (3, [4, 4, 1], 1.1), (4, [9, 9, 4, 1], 1.5)], ids=str
)
def test_crossings_stay_near_those_of_graphviz(inputs: int, widths: list[int], most: float, clusters: bool) -> None:
    pygraphviz = requires("pygraphviz")
    boxes, edges = mlp_graph(inputs, widths, clusters=clusters)
    layout = lay_out(boxes, edges)
    graph = dot_graph(boxes, edges, pygraphviz)
    graph.layout(prog="dot")
    ours = crossings(drawn_lines(layout), drawn_boxes(boxes, layout))
    assert ours <= most * crossings(*dot_drawing(graph, boxes))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_tree_is_drawn_without_crossings(count: int) -> None:
    boxes = [Box(f"n{i}", 20, 10) for i in range(2**count)]
    edges = [(f"n{i}", f"n{i // 2}") for i in range(2, 2**count)]
    layout = lay_out(boxes, edges)
    assert crossings(drawn_lines(layout), drawn_boxes(boxes, layout)) == 0


def test_two_thousand_boxes_take_about_a_second() -> None:
    """The bound is loose, because machines that run tests are busy; `tests/benchmarks/layout.py` measures."""
    boxes, edges = mlp_graph(8, [14, 17, 13, 3])
    start = time.perf_counter()
    lay_out(boxes, edges)
    assert time.perf_counter() - start < 5


def test_a_route_is_sampled_from_end_to_end() -> None:
    route = Route("a", "b", ((0, 0), (0, 3), (6, 3), (6, 0), (7, 0), (8, 0), (9, 0)))
    points = route.sample(2)
    assert points == [(0, 0), (3, 2.25), (6, 0), (7.5, 0), (9, 0)]
