"""fit(compile=True): the same training as eager, on a program; what a program cannot do is trained without one."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import autograd
import nn
from autograd import MissingExtraError, ProgramError, Value
from nn.optim.rows import MANY
from tests.nn.samples import TOLERANCE
from tests.nn.test_optim import CASES
from tests.requires import requires

requires("numpy")

RNG = random.Random(0)
X = [[RNG.gauss(0, 1) for _ in range(3)] for _ in range(11)]
CLASSES = [RNG.randrange(3) for _ in X]
SIGNS = [RNG.choice([-1, 1]) for _ in X]
BITS = [RNG.choice([0, 1]) for _ in X]
NUMBERS = [RNG.gauss(0, 1) for _ in X]
BACKENDS = ["array", "native", "python"]


def model(outputs: int = 1, seed: int = 1) -> nn.MLP:
    return nn.MLP(3, [6, outputs], activation="tanh", rng=random.Random(seed))


def trained(net: Any, y: Any = NUMBERS, loss: Any = "mse_loss", compile: Any = True, **options: Any) -> nn.History:
    """Four epochs in batches of four, four and three."""
    given: dict[str, Any] = {
        "optimizer": lambda parameters: nn.optim.Adam(parameters, lr=0.05), "epochs": 4, "batch_size": 4,
        "rng": random.Random(2), "verbose": 0,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return nn.fit(net, (X, y), loss=loss, compile=compile, **{**given, **options})


def weights_by_epoch(make: Callable[[], Any], compile: Any, **options: Any) -> tuple[list[list[float]], nn.History]:
    seen: list[list[float]] = []
    callbacks = [*options.pop("callbacks", []), lambda run: seen.append(list(run.model.state_dict().values()))]
    history = trained(make(), compile=compile, callbacks=callbacks, **options)
    return seen, history


def assert_same(make: Callable[[], Any], compile: Any = True, **options: Any) -> nn.History:
    """Weights after every epoch, and the history, are those of eager training."""
    expected, theirs = weights_by_epoch(make, False, **options)
    found, ours = weights_by_epoch(make, compile, **options)
    assert found == [pytest.approx(weights, rel=TOLERANCE, abs=TOLERANCE) for weights in expected]
    assert ours.history == {name: pytest.approx(row, rel=TOLERANCE, abs=TOLERANCE) for name, row in theirs.items()}
    return ours


# the same training ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("name", "options"), CASES)
def test_every_optimiser_trains_as_in_eager(name: str, options: dict[str, Any], backend: str) -> None:
    if backend == "native":
        requires("numba")
    assert_same(
        lambda: model(3), backend, y=CLASSES, loss="cross_entropy", metrics=["accuracy"],
        optimizer=lambda parameters: getattr(nn.optim, name)(parameters, **options),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outputs", "y", "loss", "metric"),
    [
        (1, NUMBERS, "mse_loss", "mae"),
        (1, NUMBERS, "huber_loss", "r2"),
        (1, SIGNS, "hinge_loss", "accuracy"),
        (1, BITS, "binary_cross_entropy_with_logits", "accuracy"),
        (3, CLASSES, "cross_entropy", "accuracy"),
        (3, list(map(float, CLASSES)), nn.CrossEntropyLoss(), "accuracy"),
        (3, [[0.2, 0.3, 0.5] for _ in X], "cross_entropy", "accuracy"),
        (3, [[a, a * a, 1.0] for a in NUMBERS], "mse_loss", "mae"),
    ],
)
def test_every_loss_trains_as_in_eager(outputs: int, y: Any, loss: Any, metric: str) -> None:
    history = assert_same(lambda: model(outputs), y=y, loss=loss, metrics=[metric], validation_data=(X[:5], y[:5]))
    assert set(history) == {"loss", metric, "val_loss", f"val_{metric}"}


@pytest.mark.parametrize("metrics", [[], ["mae"]])
def test_with_and_without_metrics(metrics: list[str]) -> None:
    assert_same(model, metrics=metrics)


def test_a_penalty_on_the_weights_counts_as_in_eager() -> None:
    nets: list[Any] = []

    def make() -> Any:
        nets.append(model())
        return nets[-1]

    def loss(predictions: Any, targets: Any) -> Any:
        return nn.mse_loss(predictions, targets) + nn.l2_penalty(nets[-1], 0.01)

    assert_same(make, loss=loss)


def test_a_large_network_trains_as_in_eager() -> None:
    def make() -> nn.MLP:
        return nn.MLP(3, [30, 30, 3], rng=random.Random(3))

    assert len(make().parameters()) > MANY
    assert_same(make, y=CLASSES, loss="cross_entropy", metrics=["accuracy"])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("seed", range(4))
def test_a_loss_or_a_gradient_of_nothing_but_rounding_errors_is_no_contradiction(backend: str, seed: int) -> None:
    if backend == "native":
        requires("numba")
    settings: dict[str, Any] = {"optimizer": "sgd", "epochs": 1, "verbose": 0, "compile": backend}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fits = model(seed=seed)
        nn.fit(fits, (X, [fits(x).data for x in X]), loss="mse_loss", **settings)
        both_ways = [X[0], X[0], X[1], X[1]], [1.0, -1.0, 1.0, -1.0]
        nn.fit(model(seed=seed), both_ways, loss="hinge_loss", **settings)


def test_a_sequential_with_a_list_of_one_output_trains_as_in_eager() -> None:
    def make() -> Any:
        layers = nn.Linear(3, 4, rng=random.Random(0)), "relu", nn.Linear(4, 1, rng=random.Random(1))
        return nn.Sequential(*layers)

    assert_same(make, y=BITS, metrics=["mae"])


def test_nested_outputs_reach_the_metrics_as_the_model_gives_them() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            self.inner = model(2)

        def forward(self, x: Any) -> Any:
            a, b = self.inner(x)
            return [a, [b, a * b]]

    seen: list[Any] = []

    def shape(predictions: Any, targets: Any) -> float:
        seen.append([len(predictions), len(predictions[0]), len(predictions[0][1])])
        return float(predictions[0][1][1] - predictions[0][0] * predictions[0][1][0])

    def loss(predictions: Any, targets: Any) -> Any:
        return nn.mse_loss([a + b * c for a, (b, c) in predictions], targets)

    history = assert_same(Twice, loss=loss, metrics=[shape])
    assert seen == [[11, 2, 2]] * 8
    assert history["shape"] == pytest.approx([0.0] * 4, abs=1e-15)


@pytest.mark.parametrize(
    "schedule",
    [
        lambda optimizer: nn.schedule.ExponentialLR(optimizer, 0.7),
        lambda optimizer: nn.schedule.LinearLR(optimizer, 0.1, total_iters=2),
    ],
)
def test_a_schedule_among_the_callbacks_counts(schedule: Callable[[Any], Any]) -> None:
    states = []
    for compile in (False, True):
        net = model()
        optimizer = nn.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        trained(net, compile=compile, optimizer=optimizer, callbacks=[schedule(optimizer)])
        states.append([p.data for p in net.parameters()])
    assert states[1] == pytest.approx(states[0], rel=TOLERANCE, abs=TOLERANCE)


def test_a_step_of_ones_own_that_clips_counts() -> None:
    class Clipped(nn.optim.Adam):
        def step(self, closure: Any = None) -> Any:
            norms.append(nn.clip_grad_norm_(self.param_groups[0]["params"], 0.05))
            return super().step(closure)

    norms: list[float] = []
    assert_same(model, optimizer=Clipped)
    assert max(norms) > 0.05
    assert norms[:12] == pytest.approx(norms[12:], rel=1e-9)


def test_groups_with_rates_of_their_own_in_any_order() -> None:
    def optimizer(parameters: list[Value]) -> Any:
        groups = [
            {"params": parameters[20:], "lr": 0.3},
            {"params": parameters[3:7][::-1]},
            {"params": parameters[8:20]},
        ]
        return nn.optim.RMSprop(groups, lr=0.01, momentum=0.5)

    assert_same(model, optimizer=optimizer)


def test_leaves_of_no_optimiser_keep_their_numbers_and_add_up_gradients() -> None:
    found = []
    for compile in (False, True):
        net = model()
        optimizer = nn.optim.SGD(net.layers[1].parameters(), lr=0.1)
        trained(net, compile=compile, optimizer=optimizer)
        found.append([number for p in net.parameters() for number in (p.data, p.grad)])
    assert found[1] == pytest.approx(found[0], rel=1e-11, abs=1e-12)


def test_parameters_that_the_loss_does_not_reach_decay() -> None:
    found = []
    for compile in (False, True):
        net, apart = model(), [Value(2.0), Value(-3.0)]
        apart[0].grad = 5.0
        trained(
            net, compile=compile, optimizer=nn.optim.AdamW([apart[0], *net.parameters(), apart[1]], weight_decay=0.5)
        )
        found.append([number for p in (*apart, *net.parameters()) for number in (p.data, p.grad)])
    assert found[1] == pytest.approx(found[0], rel=TOLERANCE, abs=TOLERANCE)
    assert abs(found[0][0]) < 2.0


def test_frozen_parameters_stay() -> None:
    def make() -> Any:
        net = model()
        net.layers[0].neurons[0].requires_grad_(False)
        return net

    net = make()
    before = net.layers[0].neurons[0].state_dict()
    trained(net)
    assert net.layers[0].neurons[0].state_dict() == before
    assert_same(make)


def test_a_model_that_is_a_function_trains() -> None:
    found = []
    for compile in (False, True):
        w, b = Value(0.5), Value(0.0)
        trained(lambda x, w=w, b=b: w * x[0] + b, compile=compile, optimizer=nn.optim.SGD([w, b], lr=0.1))
        found.append([w.data, b.data])
    assert found[1] == pytest.approx(found[0], rel=TOLERANCE)


def test_without_numpy_the_same_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nn.optim.rows.arrays", lambda: None)
    monkeypatch.setattr("nn.compiled.arrays", lambda: None)
    assert_same(lambda: model(3), "python", y=CLASSES, loss="cross_entropy", metrics=["accuracy"])


def test_the_optimiser_remembers_what_it_would_after_eager_training() -> None:
    states = []
    for compile in (False, True):
        net = model()
        optimizer = nn.optim.Adam(net.parameters(), lr=0.05)
        trained(net, compile=compile, optimizer=optimizer)
        trained(net, compile=False, optimizer=optimizer, rng=random.Random(5))
        trained(net, compile=compile, optimizer=optimizer, rng=random.Random(6))
        states.append(optimizer.state_dict()["state"][0])
        assert [p.grad for p in net.parameters()] != [0.0] * len(net.parameters())
    assert states[0]["step"] == states[1]["step"] == 36
    for name in ("exp_avg", "exp_avg_sq"):
        assert states[1][name] == pytest.approx(states[0][name], rel=1e-10, abs=1e-14)


# callbacks that step in -----------------------------------------------------------------------------------------------


def test_a_callback_sees_the_weights_and_gradients_of_its_epoch() -> None:
    seen: dict[Any, list[Any]] = {False: [], True: []}
    for compile in (False, True):

        def look(run: Any, seen: list[Any] = seen[compile]) -> None:
            seen.append([number for p in run.model.parameters() for number in (p.data, p.grad)])

        trained(model(), compile=compile, callbacks=[look])
    assert seen[True] == [pytest.approx(row, rel=1e-11, abs=1e-12) for row in seen[False]]


def test_a_callback_may_write_weights_and_the_optimisers_state() -> None:
    def stir(run: Any) -> None:
        for p in run.model.parameters()[::3]:
            p.data *= 0.5
        state = run.optimizer.state_dict()
        state["state"][0]["exp_avg"] = [0.25 * m for m in state["state"][0]["exp_avg"]]
        run.optimizer.load_state_dict(state)
        run.optimizer.param_groups[0]["weight_decay"] = 0.1 * run.epoch

    assert_same(model, callbacks=[stir])


def test_a_callback_may_freeze_and_thaw() -> None:
    def freeze(run: Any) -> None:
        run.model.layers[0].requires_grad_(run.epoch % 2 == 0)

    assert_same(model, callbacks=[freeze])


def test_a_callback_may_hand_over_further_parameters() -> None:
    def thaw(run: Any) -> None:
        if run.epoch == 2:
            run.optimizer.add_param_group({"params": run.model.layers[0].parameters(), "lr": 0.02})

    states = []
    for compile in (False, True):
        net = model()
        optimizer = nn.optim.Adam(net.layers[1].parameters(), lr=0.05)
        trained(net, compile=compile, optimizer=optimizer, callbacks=[thaw])
        states.append([p.data for p in net.parameters()])
    assert states[1] == pytest.approx(states[0], rel=1e-10, abs=TOLERANCE)


def test_a_callback_may_change_the_model() -> None:
    def change(run: Any) -> None:
        if run.epoch == 2:
            for neuron in run.model.layers[0].neurons:
                neuron.activation = "sigmoid"

    assert_same(model, callbacks=[change])


def test_a_loss_that_takes_class_indices_alone_is_trained_without_compiling() -> None:
    """A program takes a target as a distribution, beside which `ignore_index` means nothing."""

    def loss(scores: Any, classes: Any) -> Value:
        return nn.cross_entropy(scores, classes, ignore_index=2)

    expected, found = model(3), model(3)
    trained(expected, CLASSES, loss, compile=False)
    with pytest.warns(UserWarning, match="fit trains without compiling"):
        nn.fit(
            found, (X, CLASSES), loss=loss, compile=True, epochs=4, batch_size=4, rng=random.Random(2), verbose=0,
            optimizer=lambda parameters: nn.optim.Adam(parameters, lr=0.05),
        )  # fmt: skip
    assert list(found.state_dict().values()) == list(expected.state_dict().values())


def test_a_callback_may_put_another_weight_in_place_where_the_first_output_does_not_show_it() -> None:
    def losses(compile: Any) -> list[float]:
        net = nn.MLP(1, [1, 1], rng=random.Random(0))
        weights = net.layers[0].neurons[0].w
        weights[0].data = 1.0

        def exchange(run: Any) -> None:
            if run.epoch == 1:
                weights[0] = Value(3.0)  # the ReLU is dead for the first sample, before and after

        data = ([[-1.0], [1.0]], [0.0, 1.0])
        given: dict[str, Any] = {"loss": "mse_loss", "optimizer": nn.optim.SGD(net.parameters(), lr=0.1)}
        history = nn.fit(net, data, **given, epochs=4, shuffle=False, verbose=0, compile=compile, callbacks=[exchange])
        return history["loss"]

    eager = pytest.approx(losses(False), rel=TOLERANCE)
    assert losses("array") == eager
    assert losses("python") == eager


def test_a_metric_that_changes_the_mode_changes_it_for_one_epoch() -> None:
    modes: list[bool] = []

    class Watching(nn.MLP):
        def __call__(self, x: Any) -> Any:
            modes.append(self.training)
            return super().__call__(x)

    net = Watching(3, [1])
    trained(net, compile=False, epochs=2, metrics=[lambda predictions, targets: float(not net.eval().training)])
    assert modes == [True] * 22


def test_a_callback_that_makes_the_model_unfit_ends_compiling_with_a_warning() -> None:
    class Switch(nn.Module):
        def __init__(self) -> None:
            self.inner, self.rough = model(), False

        def forward(self, x: Any) -> Any:
            out = self.inner(x)
            return (out.exp() if x[0] > 0 else out.tanh()) if self.rough else out

    def switch(run: Any) -> None:
        run.model.rough = run.epoch >= 2

    states = []
    for compile in (False, True):
        net = Switch()
        with pytest.warns(UserWarning, match="without compiling") if compile else warnings.catch_warnings():
            nn.fit(
                net, (X, NUMBERS), loss="mse", optimizer="sgd", epochs=4, batch_size=4, rng=random.Random(2), verbose=0,
                compile=compile, callbacks=[switch],
            )  # fmt: skip
        states.append(list(net.state_dict().values()))
    assert states[1] == pytest.approx(states[0], rel=TOLERANCE, abs=TOLERANCE)


def test_the_best_weights_come_back_exactly() -> None:
    kept: list[dict[str, float]] = []
    stopping = nn.EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)
    net = model()
    history = trained(
        net, optimizer=nn.optim.SGD(net.parameters(), lr=0.9), epochs=12, validation_data=(X[:4], NUMBERS[:4]),
        callbacks=[lambda run: kept.append(run.model.state_dict()), stopping],
    )  # fmt: skip
    assert stopping.best_epoch < history.epochs
    assert net.state_dict() == kept[stopping.best_epoch - 1]
    assert nn.evaluate(net, (X[:4], NUMBERS[:4]), loss="mse")["loss"] == pytest.approx(
        min(history["val_loss"]), rel=1e-12
    )


# evaluation -----------------------------------------------------------------------------------------------------------


def test_a_model_that_evaluates_otherwise_is_evaluated_by_its_own_code() -> None:
    class Doubling(nn.Module):
        def __init__(self) -> None:
            self.inner = model()

        def forward(self, x: Any) -> Any:
            out = self.inner(x)
            return out if self.training else out * 2.0

    def make() -> Any:
        return Doubling().eval()  # fit trains it in training mode all the same

    assert_same(make, validation_data=(X[:5], NUMBERS[:5]), metrics=["mae"])


def test_nothing_is_trained_on_the_validation_data() -> None:
    with_it, without = model(), model()
    trained(with_it, validation_data=([[9.0, 9.0, 9.0]], [1e6]))
    trained(without)
    assert with_it.state_dict() == without.state_dict()


# what a program cannot do ---------------------------------------------------------------------------------------------


class Branching(nn.Module):
    def __init__(self) -> None:
        self.w = Value(1.0)

    def forward(self, x: Any) -> Any:
        return self.w * x[0] if x[0] > 0 else self.w.exp() * x[0]


class Noisy(nn.Module):
    def __init__(self) -> None:
        self.w = Value(1.0)
        self.rng = random.Random(0)

    def forward(self, x: Any) -> Any:
        return self.w * x[0] + self.rng.random()


def summed(predictions: Any, targets: Any) -> Any:
    return nn.mse_loss(predictions, targets, reduction="sum")


def by_index(predictions: Any, targets: Any) -> Any:
    return nn.mse_loss([p[t] for p, t in zip(predictions, targets, strict=True)], [1.0] * len(targets))


def capped(predictions: Any, targets: Any) -> Any:
    return nn.mse_loss(predictions, [min(t, 0.5) for t in targets])


@pytest.mark.parametrize(
    ("make", "y", "loss", "why"),
    [
        (lambda: nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5), nn.Linear(3, 1)), NUMBERS, "mse", "draws anew"),
        (
            lambda: nn.Sequential(nn.Linear(3, 3), nn.BatchNorm(3), nn.Linear(3, 1)),
            NUMBERS,
            "mse",
            "others of its batch",
        ),
        (Branching, NUMBERS, "mse", "by the numbers it sees: .*node 0"),
        (Noisy, NUMBERS, "mse", "without compiling"),
        (model, NUMBERS, summed, "no mean over samples"),
        (lambda: model(3), CLASSES, by_index, "without compiling"),
        (lambda: model(3), CLASSES, "nll_loss", "without compiling"),
        (model, NUMBERS, capped, "without compiling"),
    ],
)
def test_what_a_program_cannot_do_is_trained_without_one_and_said(
    make: Callable[[], Any], y: Any, loss: Any, why: str
) -> None:
    states = []
    for compile in (False, True):
        net = make()
        for p, seed in zip(net.parameters(), range(100), strict=False):
            p.data = random.Random(seed).gauss(0, 0.3)
        options: dict[str, Any] = {"optimizer": "sgd", "epochs": 2, "batch_size": 4, "verbose": 0, "shuffle": False}
        if compile:
            with pytest.warns(UserWarning, match=why) as caught:
                nn.fit(net, (X, y), loss=loss, compile=True, **options)
            assert len(caught) == 1
            assert caught[0].filename == __file__
        else:
            nn.fit(net, (X, y), loss=loss, **options)
        states.append(net.state_dict())
    if not isinstance(net, Noisy) and not any(isinstance(m, nn.Dropout) for m in net.modules()):
        assert states[0] == states[1]


def test_dropout_that_drops_nothing_is_no_hindrance() -> None:
    def make() -> Any:
        return nn.Sequential(
            nn.Linear(3, 4, rng=random.Random(0)), nn.Dropout(0.0), nn.Linear(4, 1, rng=random.Random(1))
        )

    assert_same(make)


def test_samples_of_several_lengths_are_trained_without_a_program() -> None:
    w = Value(1.0)
    data = [([1.0], 1.0), ([1.0, 2.0], 2.0), ([3.0], 0.0)]
    with pytest.warns(UserWarning, match="without compiling"):
        nn.fit(
            lambda x: w * sum(x),
            data,
            loss="mse",
            optimizer=nn.optim.SGD([w], lr=0.01),
            epochs=1,
            verbose=0,
            compile=True,
        )
    assert w.data != 1.0


@pytest.mark.parametrize("where", ["train", "validation"])
@pytest.mark.parametrize(
    ("y", "loss", "outputs"), [(3, "cross_entropy", 3), (0, "hinge_loss", 1), (1.5, nn.BCEWithLogitsLoss(), 1)]
)
def test_a_target_that_the_loss_refuses_is_refused_before_any_training(
    where: str, y: Any, loss: Any, outputs: int
) -> None:
    good = CLASSES if outputs == 3 else SIGNS if loss == "hinge_loss" else BITS
    bad = [*good[:-1], y]
    net = model(outputs)
    before = net.state_dict()
    with pytest.raises(nn.TargetError):
        trained(net, bad if where == "train" else good, loss, validation_data=(X, bad))
    assert net.state_dict() == before


@pytest.mark.parametrize(("backend", "error"), [("turbo", ProgramError), (3, nn.OptionError), (None, nn.OptionError)])
def test_a_backend_that_there_is_not_is_refused_at_once(backend: Any, error: type[Exception]) -> None:
    net = model()
    with pytest.raises(error):
        trained(net, compile=backend, callbacks=[lambda run: pytest.fail("trained")])


def test_a_backend_whose_package_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise MissingExtraError('pip install "chainrule[fast]"')

    monkeypatch.setattr("autograd.compile", missing)
    with pytest.raises(MissingExtraError, match="chainrule"):
        trained(model(), compile="native")


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("backend", ["python", "native"])
def test_training_goes_on_without_a_program(name: str, options: dict[str, Any], backend: str) -> None:
    """What a program's training leaves in the optimiser serves a step by hand, of few parameters and of many."""
    for width in (3, MANY):
        weights = []
        for compile in (False, backend):
            net = nn.MLP(1, [width, 1], activation="tanh", rng=random.Random(0))
            optimizer = getattr(nn.optim, name)(net.parameters(), **options)
            for way in (compile, False):
                nn.fit(net, ([[1.0], [2.0]], [0.5, -0.5]), loss="mse", optimizer=optimizer, epochs=2, verbose=0,
                       shuffle=False, compile=way)  # fmt: skip
            weights.append([p.data for p in net.parameters()])
        assert weights[1] == pytest.approx(weights[0], rel=1e-6, abs=1e-6)  # thousands of weights magnify last bits


def test_a_loss_that_weighs_a_rare_target_by_its_share_in_the_batch_is_found_out() -> None:
    def weighted(predictions: Any, targets: Any) -> Any:
        shares = [1.0 + 9.0 * target for target in targets]
        losses = [nn.binary_cross_entropy_with_logits(z, t) for z, t in zip(predictions, targets, strict=True)]
        return autograd.dot(shares, losses) / autograd.sum(shares)

    rng = random.Random(0)
    x = [[rng.gauss(0.0, 1.0)] for _ in range(200)]
    y = [1.0 if place in (7, 33, 101, 155) else 0.0 for place in range(200)]
    net = nn.MLP(1, [1], rng=rng)
    with pytest.warns(UserWarning, match="the loss is no mean over samples"):
        nn.fit(net, (x, y), loss=weighted, optimizer="sgd", epochs=1, verbose=0, compile=True)
