"""Ctrl-C at any point of a compiled fit: the history so far; model and optimiser as the last finished step left them.

"Any point" is meant: the interrupt comes before each bytecode in turn (in strides) that the library's own files run
between the beginning and the end of a training.
"""

from __future__ import annotations

import random
import sys
from types import FrameType, GeneratorType
from typing import Any

import pytest

import autograd
import nn
from autograd import Program
from nn.optim.flat import Flat
from nn.optim.rows import arrays
from tests.requires import requires

pytestmark = pytest.mark.usefixtures("without_collector", "interrupted_anywhere")

RNG = random.Random(0)
X = [[RNG.gauss(0, 1) for _ in range(2)] for _ in range(7)]
Y = [RNG.randrange(2) for _ in X]
EPOCHS, BATCHES = 3, 3


def model() -> nn.MLP:
    return nn.MLP(2, [3, 2], activation="tanh", rng=random.Random(1))


def state(net: nn.MLP, optimizer: nn.optim.Optimizer) -> tuple[Any, Any]:
    return net.state_dict(), optimizer.state_dict()["state"]


def fitted(net: nn.MLP, optimizer: Any, compile: Any = "array", **options: Any) -> nn.History:
    given: dict[str, Any] = {"validation_data": (X[:3], Y[:3]), "metrics": ["accuracy"], "epochs": EPOCHS, **options}
    return nn.fit(
        net, (X, Y), loss="cross_entropy", optimizer=optimizer, batch_size=3, rng=random.Random(2), verbose=0,
        compile=compile, **given,
    )  # fmt: skip


def states_by_step(compile: Any, options: Any) -> list[tuple[Any, Any]]:
    """What model and optimiser are like after 0, 1, 2, ... steps."""
    net = model()
    optimizer = nn.optim.Adam(net.parameters(), **options)
    found = [state(net, optimizer)]
    step = Flat.step

    def watched(self: Flat, gradient: Any, n: int) -> None:
        step(self, gradient, n)
        self.write()
        found.append(state(net, optimizer))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flat, "step", watched)
        fitted(net, optimizer, compile)
    assert len(found) == 1 + EPOCHS * BATCHES
    return found


class Interrupter(nn.Callback):
    """From the beginning of a training, raises KeyboardInterrupt before the k-th bytecode of the library's own."""

    def __init__(self, at: int = -1) -> None:
        self.at, self.count = at, 0

    def on_train_begin(self, run: Any) -> None:
        self.before = sys.gettrace()
        sys.settrace(self)

    def on_train_end(self, run: Any) -> None:
        sys.settrace(self.before)

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not str(frame.f_globals.get("__name__", "")).startswith(("nn.", "autograd.")):
            return None
        if frame.f_code.co_name in ("_finish", "on_train_end"):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.count += 1
            if self.count == self.at:
                sys.settrace(self.before)
                raise KeyboardInterrupt
        return self


def bytecodes(compile: Any, options: Any) -> int:
    """How many there are. Python 3.12 reports them only from the second traced run on."""
    for _ in range(2):
        whole, net = Interrupter(), model()
        fitted(net, nn.optim.Adam(net.parameters(), **options), compile, callbacks=[whole])
    return whole.count


@pytest.mark.parametrize(
    ("compile", "options", "points"),
    [("array", {}, 30), ("array", {"amsgrad": True}, 15), ("python", {}, 20)],
    ids=["array", "amsgrad", "python"],
)
def test_ctrl_c_anywhere_leaves_the_last_finished_step(
    compile: str, options: dict[str, Any], points: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    requires("numpy")
    lost: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: lost.append((report.exc_type, type(report.object))))
    states = states_by_step(compile, options)
    total = bytecodes(compile, options)
    seen, closing = set(), 0
    half = total // 2  # until here the program is made and tried
    for at in [*range(1, half, half // 8), *range(half, total, half // points)]:
        net = model()
        optimizer = nn.optim.Adam(net.parameters(), **options)
        history = fitted(net, optimizer, compile, callbacks=[Interrupter(at)])
        if lost:  # in a generator that `any` or `all` left early: CPython only reports what is raised as it is closed
            assert lost == [(KeyboardInterrupt, GeneratorType)]
            assert history.stopped == "epochs"
            assert state(net, optimizer) == states[-1]
            lost.clear()
            closing += 1
            continue
        assert history.stopped == "interrupted"
        found = state(net, optimizer)
        assert found in states, f"before bytecode {at} of {total}"
        steps = states.index(found)
        assert history.epochs <= steps / BATCHES <= history.epochs + 1
        assert net.training
        seen.add(steps)
    assert len(seen) > 6
    assert closing <= 2


def test_ctrl_c_just_as_a_block_without_gradients_is_left_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    requires("numpy")
    block, armed = type(autograd.no_grad()), [True]
    leave = block.__exit__

    def interrupted(self: Any, *error: Any) -> None:
        if armed:
            armed.clear()
            raise KeyboardInterrupt
        leave(self, *error)

    monkeypatch.setattr(block, "__exit__", interrupted)
    net = model()
    history = fitted(net, nn.optim.Adam(net.parameters()), compile=False)
    assert history.stopped == "interrupted"
    assert net.training
    assert (autograd.Value(2.0) * 3.0).parents != ()


def test_a_step_is_interrupted_before_or_after_and_never_within() -> None:
    requires("numpy")
    net = model()
    optimizer = nn.optim.Adam(net.parameters())
    kind = arrays()
    assert kind is not None
    gradient = kind.row([0.1 * i for i in range(len(net.parameters()))])
    expected = []
    for _ in range(2):
        flat = Flat(optimizer, net.parameters(), kind)
        flat.step(gradient, 1)
        expected.append(flat.numbers.tolist())
    start = [p.data for p in net.parameters()]

    def interrupted(at: int) -> tuple[Any, int]:
        flat, interrupter = Flat(optimizer, net.parameters(), kind), Interrupter(at)
        interrupter.on_train_begin(None)
        try:
            flat.step(gradient, 1)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(interrupter.before)
        return (flat.numbers.tolist(), flat.memory[0].steps, flat.written), interrupter.count

    interrupted(-1)
    whole, total = interrupted(-1)
    assert whole == (expected[0], 1, [False])
    outcomes = [interrupted(at)[0] for at in range(1, total)]
    assert {tuple(numbers) for numbers, _, _ in outcomes} == {tuple(start), tuple(expected[0])}
    assert all((numbers == start) == (steps == 0) == written[0] for numbers, steps, written in outcomes)


@pytest.mark.parametrize("method", ["outputs_and_grad", "forward", "check"])
def test_ctrl_c_inside_a_program(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    requires("numpy")
    calls = iter(range(1000))
    own = getattr(Program, method)

    def interrupted(self: Any, *arguments: Any) -> Any:
        if next(calls) == (7 if method == "outputs_and_grad" else 4):
            raise KeyboardInterrupt
        return own(self, *arguments)

    monkeypatch.setattr(Program, method, interrupted)
    net = model()
    history = fitted(net, nn.optim.Adam(net.parameters()))
    if method != "check":
        assert history.stopped == "interrupted"
        assert history.epochs < EPOCHS
    assert fitted(net, nn.optim.Adam(net.parameters()), False).epochs == EPOCHS


@pytest.mark.parametrize("compile", [False, "array", "python"])
@pytest.mark.parametrize("where", ["metric", "callback", "optimizer"])
def test_ctrl_c_in_code_of_ones_own(where: str, compile: Any) -> None:
    requires("numpy")
    calls = iter(range(1000))

    def tick(at: int) -> None:
        if next(calls) == at:
            raise KeyboardInterrupt

    class Own(nn.optim.Adam):
        def step(self, closure: Any = None) -> Any:
            super().step(closure)
            tick(4)  # the second step of the second epoch has moved everything, and then Ctrl-C

    def metric(predictions: Any, targets: Any) -> float:
        tick(3)  # the validation of the second epoch
        return 0.0

    net = model()
    optimizer = (Own if where == "optimizer" else nn.optim.Adam)(net.parameters())
    options: dict[str, Any] = {"metrics": [metric]} if where == "metric" else {}
    if where == "callback":
        options["callbacks"] = [lambda run: tick(1)]
    history = fitted(net, optimizer, compile, **options)
    assert history.stopped == "interrupted"
    assert history.epochs == (2 if where == "callback" else 1)
    assert nn.predict(net, X)
    assert fitted(net, nn.optim.Adam(net.parameters()), compile).epochs == EPOCHS


def test_ctrl_c_at_the_end_puts_the_best_weights_back_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    requires("numpy")
    kept: list[Any] = []
    own, calls = nn.MLP.load_state_dict, iter(range(10))

    def interrupted(self: Any, *arguments: Any) -> Any:
        if next(calls) == 0:
            raise KeyboardInterrupt
        return own(self, *arguments)

    monkeypatch.setattr(nn.MLP, "load_state_dict", interrupted)
    net = model()
    stopping = nn.EarlyStopping(monitor="val_loss", patience=1)
    history = fitted(
        net, nn.optim.SGD(net.parameters(), lr=30.0), epochs=9,
        callbacks=[lambda run: kept.append(run.model.state_dict()), stopping],
    )  # fmt: skip
    assert history.stopped.startswith("early stopping")
    assert net.state_dict() == kept[stopping.best_epoch - 1]
