"""The stepping view in the terminal, driven by Textual's Pilot."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import autograd
import nn
from autograd import Value
from autograd.expression import parse
from tests.requires import requires
from tests.visualize.hostile import LABELS
from visualize import Walk, walk
from visualize.derivative import number
from visualize.escape import visible

textual = requires("textual")

from visualize.terminal import StepApp  # noqa: E402 (it needs Textual)
from visualize.terminal.colours import NAME  # noqa: E402
from visualize.terminal.panes import SHORT, Gradients, Graph  # noqa: E402

NEURON = "(x1*w1 + x2*w2 + b).tanh()"


@pytest.fixture
def neuron() -> Walk:
    return walk(parse(NEURON, x1=2, x2=0, w1=-3, w2=1, b=6.5))


def drive(steps: Walk, act: Callable[[StepApp, Any], Awaitable[None]], size: tuple[int, int] = (100, 30)) -> None:
    """Run the app without a terminal, and ``act`` in it."""

    async def session() -> None:
        app = StepApp(steps)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await act(app, pilot)

    asyncio.run(session())


def shown(app: StepApp, id: str) -> str:
    return str(app.query_one(f"#{id}").render())


def table(app: StepApp) -> dict[str, str]:
    """The last column of the table of gradients by the first."""
    pane = app.query_one(Gradients)
    lines = [pane.text(index).plain.split() for index in range(pane.virtual_size.height)]
    return {line[0]: line[-1] for line in lines}


def test_stepping_to_the_end_gives_each_node_the_gradient_of_backward(neuron: Walk) -> None:
    neuron.root.backward()

    async def act(app: StepApp, pilot: Any) -> None:
        for _ in range(len(app.stepper.moments) + 3):
            await pilot.press("right")
        assert app.stepper.at == len(app.stepper.moments) - 1
        for node in neuron.nodes:
            assert app.stepper.gradient[node] == node.grad
            assert float(table(app)[neuron.name[node]]) == pytest.approx(node.grad, rel=1e-5)

    drive(neuron, act)


def test_stepping_back_restores_every_moment(neuron: Walk) -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        seen = []
        for _ in app.stepper.moments:
            seen.append((shown(app, "equation"), table(app)))
            await pilot.press("right")
        for at in range(len(seen) - 2, -1, -1):
            await pilot.press("left")
            assert (shown(app, "equation"), table(app)) == seen[at]
        await pilot.press("left")
        assert app.stepper.at == 0

    drive(neuron, act)


def test_home_and_end_go_to_the_ends(neuron: Walk) -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("end")
        assert app.stepper.at == len(app.stepper.moments) - 1
        assert shown(app, "where").startswith("moment 15 of 15   step 10 of 10")
        await pilot.press("home")
        assert app.stepper.at == 0
        assert "Press →" in shown(app, "equation")

    drive(neuron, act)


def test_space_plays_to_the_end_and_pauses(neuron: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("visualize.terminal.SECONDS", 0.01)

    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("space", "space")
        paused = app.stepper.at
        await pilot.pause(0.1)
        assert app.stepper.at == paused
        await pilot.press("space")
        for _ in range(200):
            await pilot.pause(0.02)
            if app.playing is None:
                break
        assert app.stepper.at == len(app.stepper.moments) - 1
        monkeypatch.setattr("visualize.terminal.SECONDS", 60.0)
        await pilot.press("space")
        assert app.stepper.at == 0, "played again from the start"

    drive(neuron, act)


def test_the_equation_of_an_edge_adds_up(neuron: Walk) -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        edges = 0
        for moment in app.stepper.moments:
            if moment.term is not None:
                text = shown(app, "equation")
                product, total = text.splitlines()[3:5]
                upstream, local, contribution = (float(x) for x in product.split()[1::2])
                assert upstream * local == pytest.approx(contribution, rel=1e-5)
                before, added, after = (float(x) for x in total.partition(": ")[2].split()[::2])
                assert before + added == pytest.approx(after, rel=1e-5, abs=1e-9)
                assert added == contribution
                edges += 1
            await pilot.press("right")
        assert edges == sum(len(step.contributions) for step in neuron.backward) == 9

    drive(neuron, act)


def test_the_formula_of_the_local_derivative_is_shown(neuron: Walk) -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        for _ in range(7):
            await pilot.press("right")
        term = neuron.backward[0].contributions[0]
        assert f"local           ∂v5/∂v4 = {term.formula} = 0.786448\n" in shown(app, "equation")

    drive(neuron, act)


def test_the_screen_shows_the_graph_the_equation_and_the_table(neuron: Walk) -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("end")
        picture = app.export_screenshot().replace("&#160;", " ")
        for text in ("v5", "└─", "contribution", "▲", "moment 15 of 15", "Home"):
            assert text in picture

    drive(neuron, act)


def test_a_click_on_a_node_goes_to_its_next_moment(neuron: Walk) -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        graph = app.query_one(Graph)
        line = next(index for index, row in enumerate(graph.rows) if neuron.name[row.node] == "w1")
        await pilot.click(Graph, offset=(6, line + 1))  # the border is one line
        assert app.stepper.moment.term is not None
        assert neuron.name[app.stepper.moment.term.parent] == "w1"
        await pilot.click(Graph, offset=(6, 22))
        assert neuron.name[app.stepper.moment.term.parent] == "w1", "there is no node"

    drive(neuron, act)


def test_q_leaves(neuron: Walk) -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("q")
        await pilot.pause()
        assert not app.is_running

    drive(neuron, act)


def test_nothing_in_the_graph_changes(neuron: Walk) -> None:
    for node in neuron.nodes:
        node.grad = 7.0

    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("end")

    drive(neuron, act)
    assert {node.grad for node in neuron.nodes} == {7.0}


def test_labels_are_text_and_never_markup() -> None:
    leaves = [Value(2.0, label=label) for label in LABELS.values()]
    root = autograd.prod(leaves)
    root.label = "[bold]root"

    async def act(app: StepApp, pilot: Any) -> None:
        for at, moment in enumerate(app.stepper.moments):
            app.go(at)
            if moment.term is not None:
                label = moment.term.parent.label
                assert f"∂[bold]root/∂{visible(label, NAME)}" in shown(app, "equation")
                app.export_screenshot().encode("utf-8")
        for index, leaf in enumerate(leaves):
            line = app.query_one(Gradients).text(index).plain
            assert line.startswith(visible(leaf.label, SHORT))
            assert all(c.isprintable() for c in line)
            assert app.stepper.gradient[leaf] == 2.0 ** (len(leaves) - 1)
        assert app.is_running, "a label that can act has quit the app"

    drive(walk(root), act)


def test_infinite_and_zero_gradients_have_signs_of_their_own() -> None:
    x = Value(0.0, label="x")
    zero = Value(5.0, label="z")
    steps = walk(x.sqrt() + zero * 0.0)

    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("end")
        pane = app.query_one(Gradients)
        lines = {line.split()[0]: line for line in (pane.text(i).plain for i in range(len(steps.nodes)))}
        assert "! inf" in lines["x"]
        assert "○ 0" in lines["z"]

    drive(steps, act)


def test_a_frozen_leaf_says_so() -> None:
    frozen = Value(2.0, label="x", requires_grad=False)

    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("end")
        assert table(app)["x"] == "frozen"

    drive(walk(frozen * Value(3.0, label="w")), act)


def test_a_node_that_sends_nothing_says_so() -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("end")
        assert "nothing to send back" in shown(app, "equation")

    drive(walk(Value(2.0, label="x").exp() * 0.0), act)


def test_a_single_leaf_can_be_shown() -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("end")
        assert table(app) == {"v1": "1"}

    drive(walk(Value(2.0)), act)


def test_a_graph_of_ten_thousand_nodes_scrolls_to_the_present_moment() -> None:
    x = Value(0.5, label="x")
    for _ in range(10_000):
        x = x * 1.0
    steps = walk(x)

    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("end")
        graph = app.query_one(Graph)
        await pilot.pause()
        assert graph.scroll_offset.y + graph.size.height > 10_000
        assert table(app)["x"] == "1"
        await pilot.press("home")
        await pilot.pause()
        assert graph.scroll_offset.y == 0

    drive(steps, act, size=(60, 16))


def test_numbers_that_are_not_finite_are_shown() -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        await pilot.press("end")
        assert math.isinf(app.stepper.gradient[app.stepper.walk.nodes[0]])

    drive(walk(Value(0.0, label="x").log()), act)


def test_in_eighty_columns_the_present_product_is_seen_whole() -> None:
    steps = walk(parse("(a*b + c).tanh()", a=2, b=-3, c=6.5))

    async def act(app: StepApp, pilot: Any) -> None:
        graph, gradients = app.query_one(Graph), app.query_one(Gradients)
        for at, moment in enumerate(app.stepper.moments):
            app.go(at)
            await pilot.pause()
            if moment.term is not None and moment.node is steps.root:
                line = graph.text(graph.edges[moment.node, moment.term.edge])
                assert line.plain.endswith("◀ 1 × 0.786448 = 0.786448")
                assert line.cell_len <= graph.size.width
        assert gradients.virtual_size.width <= gradients.size.width

    drive(steps, act, size=(80, 24))


def test_in_eighty_columns_the_chain_rule_of_a_network_and_its_gradients_are_seen_whole() -> None:
    model = nn.MLP(3, [4, 4, 1], activation="tanh", rng=random.Random(0))
    loss = (model([1.0, -2.0, 0.5]) - 1.0) ** 2
    loss.label = "loss"

    async def act(app: StepApp, pilot: Any) -> None:
        gradients, equation = app.query_one(Gradients), app.query_one("#equation")
        assert gradients.virtual_size.width <= gradients.size.width
        for at, moment in enumerate(app.stepper.moments):
            if moment.term is not None:
                app.go(at)
                await pilot.pause()
                lines = [line.text.strip("│ ") for line in equation.render_lines(equation.outer_size.region)]
                assert " ".join(lines[:-1]).rstrip().endswith(f" = {number(moment.term.after)}")

    drive(walk(loss), act, size=(80, 24))


def test_the_table_has_room_for_the_longest_number() -> None:
    async def act(app: StepApp, pilot: Any) -> None:
        app.go(len(app.stepper.moments) - 1)
        pane = app.query_one(Gradients)
        lines = [pane.text(index) for index in range(pane.virtual_size.height)]
        assert "-1.23457e-123" in lines[0].plain
        assert max(line.cell_len for line in lines) <= pane.virtual_size.width

    drive(walk(parse("x*y", x=2, y=-1.2345678e-123)), act)


def test_data_that_were_changed_are_spoken_of() -> None:
    p = Value(2.0, label="p")
    root = p * p
    p.data = 3.0

    async def act(app: StepApp, pilot: Any) -> None:
        assert "data were changed" in str(app.query_one("#equation").border_subtitle)

    drive(walk(root), act)
