"""micrograd's code runs with only the import changed: its two tests, its demo, its drawing by hand.

In our own words, but with micrograd's names, and held against micrograd itself or PyTorch.  What does not live here:
the lecture's notebooks (`test_micrograd_lecture.py`, the next file), how layers behave (`tests/nn/test_neuron.py`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from autograd import Value
from nn import MLP, Layer, Module, Neuron
from tests.requires import requires


@pytest.fixture
def micrograd() -> ModuleType:
    requires("micrograd.nn")
    engine: ModuleType = requires("micrograd.engine")
    return engine


def near(wanted: float) -> Any:
    return pytest.approx(wanted, rel=1e-12)


# its two tests: a short and a long expression, PyTorch as the oracle -------------------------------------------------


def short(number: Callable[[float], Any]) -> tuple[list[Any], Any]:
    """One leaf, used over and over; both sides of a kink."""
    x = number(-1.5)
    inner = 3 * x + 1 + x * x
    outer = (inner * x).relu() + (-inner).relu() * x
    return [x], outer * outer + inner


def long(number: Callable[[float], Any]) -> tuple[list[Any], Any]:
    """Every operator, plain, reflected and in place."""
    a, b = number(3.0), number(-0.5)
    c = a - b * 2
    c += 1 - a
    c *= (a + b).relu() + 0.5
    d = b**3 / a
    d -= 4 / c + (b - a).relu()
    e = -d + c
    e /= a**2 + 1
    return [a, b], e**2 + 2.0 * d - e


@pytest.mark.parametrize("expression", [short, long])
def test_an_expression_has_pytorch_s_value_and_gradients(expression: Callable[..., tuple[list[Any], Any]]) -> None:
    torch = requires("torch")
    ours, ours_out = expression(Value)
    ours_out.backward()
    theirs, theirs_out = expression(lambda number: torch.tensor(number, dtype=torch.float64, requires_grad=True))
    theirs_out.backward()
    assert ours_out.data == near(theirs_out.item())
    assert [x.grad for x in ours] == [near(x.grad.item()) for x in theirs]


@pytest.mark.parametrize("expression", [short, long])
def test_an_expression_has_micrograd_s_value_and_gradients(
    expression: Callable[..., tuple[list[Any], Any]], micrograd: ModuleType
) -> None:
    ours, ours_out = expression(Value)
    theirs, theirs_out = expression(micrograd.Value)
    ours_out.backward()
    theirs_out.backward()
    assert ours_out.data == near(theirs_out.data)
    assert [x.grad for x in ours] == [near(x.grad) for x in theirs]


# its demo: two moons by hand -----------------------------------------------------------------------------------------


def moons() -> tuple[list[list[float]], list[int]]:
    sklearn_datasets = requires("sklearn.datasets")
    points, labels = sklearn_datasets.make_moons(n_samples=20, noise=0.1, random_state=1)
    return points, labels * 2 - 1


def losses(model: Any, number: Any, steps: int = 4) -> list[float]:
    """The demo's loop, with its batch of rows of a NumPy array and its way to write loss and update."""
    points, labels = moons()
    found = []
    for step in range(steps):
        inputs = [list(map(number, row)) for row in points]
        scores = list(map(model, inputs))
        margins = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        data_loss = sum(margins) * (1.0 / len(margins))
        penalty = 1e-4 * sum(p * p for p in model.parameters())
        total = data_loss + penalty
        accuracy = [(label > 0) == (score.data > 0) for label, score in zip(labels, scores, strict=True)]
        assert 0 <= sum(accuracy) <= len(accuracy)

        model.zero_grad()
        total.backward()
        rate = 1.0 - 0.9 * step / 100
        for p in model.parameters():
            p.data -= rate * p.grad
        found.append(float(total.data))
    return found


def test_the_demo_s_steps_follow_micrograd_s(micrograd: ModuleType) -> None:
    theirs = requires("micrograd.nn")
    random.seed(1337)
    original = losses(theirs.MLP(2, [4, 4, 1]), micrograd.Value)
    random.seed(1337)
    ours = losses(MLP(2, [4, 4, 1]), Value)
    assert ours == pytest.approx(original, rel=1e-9)
    assert ours[-1] < ours[0]


@pytest.mark.parametrize(
    ("ours", "name", "arguments"),
    [(Neuron, "Neuron", (3,)), (Neuron, "Neuron", (3, False)), (Layer, "Layer", (2, 3)), (MLP, "MLP", (2, [3, 2, 1]))],
)
def test_seeded_weights_and_reprs_are_micrograd_s(ours: Any, name: str, arguments: tuple[Any, ...]) -> None:
    theirs = getattr(requires("micrograd.nn"), name)
    random.seed(1337)
    mine = ours(*arguments)
    random.seed(1337)
    original = theirs(*arguments)
    assert [p.data for p in mine.parameters()] == [p.data for p in original.parameters()]
    assert repr(mine) == repr(original)
    assert isinstance(mine, Module)


def test_a_value_s_repr_is_micrograd_s(micrograd: ModuleType) -> None:
    def text(number: Any) -> str:
        x = number(2.5)
        (x * 2.0).backward()
        return f"{x} {x!r}"

    assert text(Value) == text(micrograd.Value)


def test_a_model_of_one_s_own_may_override_parameters() -> None:
    """The lecture's first classes: plain Python, `sum` with a Value as its start, `parameters()` written by hand."""

    class Perceptron(Module):
        def __init__(self, nin: int) -> None:
            self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
            self.b = Value(random.uniform(-1, 1))

        def __call__(self, x: Any) -> Value:
            return sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b).tanh()

        def parameters(self) -> list[Value]:
            return [*self.w, self.b]

    neuron = Perceptron(2)
    out = neuron([2.0, 3.0])
    out.backward()
    slope = 1 - out.data**2
    assert [p.grad for p in neuron.parameters()] == [near(2 * slope), near(3 * slope), near(slope)]
    neuron.zero_grad()
    assert {p.grad for p in neuron.parameters()} == {0.0}


# its graph notebook: a drawing by hand -------------------------------------------------------------------------------


def drawn(root: Any) -> tuple[list[str], list[str]]:
    """Boxes and arrows as the notebook draws them: one box a number, a small one for its operation, arrows through."""
    nodes: set[Any] = set()
    edges: set[tuple[Any, Any]] = set()

    def visit(node: Any) -> None:
        if node not in nodes:
            nodes.add(node)
            for parent in node._prev:
                edges.add((parent, node))
                visit(parent)

    visit(root)
    boxes = []
    for node in nodes:
        boxes.append(f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}")
        if node._op:
            boxes.append(node._op)
    return sorted(boxes), sorted(f"{a.data:.4f} -> {b._op} {b.data:.4f}" for a, b in edges)


@pytest.mark.parametrize("build", [lambda x, y: (x * y + x).relu(), lambda x, y: (x * x) ** 2 + y, lambda x, y: x])
def test_a_drawing_by_hand_is_micrograd_s(build: Callable[[Any, Any], Any], micrograd: ModuleType) -> None:
    def draw(number: Any) -> tuple[list[str], list[str]]:
        root = build(number(1.5), number(-0.5))
        root.backward()
        return drawn(root)

    assert draw(Value) == draw(micrograd.Value)


def test_a_drawing_by_hand_may_show_labels() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    e = a * b
    e.label = "e"
    assert sorted(node.label for node in (e, *e._prev)) == ["a", "b", "e"]
    assert Value(1.0).label == ""


@pytest.mark.parametrize(
    ("build", "symbol"),
    [
        (lambda x: x + 1, "+"),
        (lambda x: x * 2, "*"),
        (lambda x: x**2, "**2"),
        (lambda x: x**-0.5, "**-0.5"),
        (lambda x: x.relu(), "ReLU"),
        (lambda x: x.tanh(), "tanh"),
        (lambda x: x.exp(), "exp"),
        (lambda x: x, ""),
    ],
)
def test_operations_have_micrograd_s_symbols(build: Callable[[Value], Value], symbol: str) -> None:
    assert build(Value(2.0))._op == symbol


def test_subtraction_division_and_negation_are_nodes_of_their_own() -> None:
    """A stated departure: micrograd draws `a - b` as `a + b * -1`."""
    a, b = Value(3.0), Value(4.0)
    assert [node._op for node in (a - b, a / b, -a)] == ["-", "/", "neg"]
