"""fit, evaluate and predict: the loop by hand, written once, with a way out at any time."""

from __future__ import annotations

import functools
import gc
import itertools
import random
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import nn
from autograd import LengthError, StructureError, Value, no_grad
from nn.data import samples
from tests.requires import requires

X = [[float(a), float(b)] for a in range(4) for b in range(4)]
Y = [2.0 * a - b + 0.5 for a, b in X]
CLASSES = [int(a > b) for a, b in X]


def line(seed: int = 0) -> nn.MLP:
    return nn.MLP(2, [1], rng=random.Random(seed))


def classifier(seed: int = 0) -> nn.MLP:
    return nn.MLP(2, [4, 2], activation="tanh", rng=random.Random(seed))


def trained(model: Any, data: Any = (X, Y), **changes: Any) -> nn.History:
    options: dict[str, Any] = {
        "loss": nn.mse_loss, "optimizer": lambda parameters: nn.optim.SGD(parameters, lr=0.02), "epochs": 3,
        "batch_size": 5, "rng": random.Random(1), "verbose": 0,
    }  # fmt: skip
    return nn.fit(model, data, **{**options, **changes})


# training -------------------------------------------------------------------------------------------------------------


def test_training_leaves_nothing_to_the_collector(without_collector: None) -> None:
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm(4), nn.Tanh(), nn.Dropout(0.2), nn.Linear(4, 2))
    trained(model, (X, CLASSES), loss=nn.cross_entropy, metrics=["accuracy"], validation_data=(X, CLASSES))
    assert gc.collect() == 0


def test_it_does_what_the_loop_by_hand_does() -> None:
    model, by_hand = line(), line()
    history = trained(model, shuffle=False, batch_size=4)
    optimizer = nn.optim.SGD(by_hand.parameters(), lr=0.02)
    losses = []
    for _ in range(3):
        total = 0.0
        for start in range(0, 16, 4):
            optimizer.zero_grad()
            loss = nn.mse_loss([by_hand(x) for x in X[start : start + 4]], Y[start : start + 4])
            loss.backward()
            optimizer.step()
            total += loss.data * 4
        losses.append(total / 16)
    assert model.state_dict() == by_hand.state_dict()
    assert history["loss"] == losses


def test_it_learns_a_line() -> None:
    model = line()
    trained(model, epochs=200)
    assert nn.predict(model, [[5.0, 1.0]]) == pytest.approx([9.5], abs=1e-2)


def test_shuffling_follows_the_seed() -> None:
    first, second, other = line(), line(), line()
    trained(first, rng=random.Random(3))
    trained(second, rng=random.Random(3))
    trained(other, rng=random.Random(4))
    assert first.state_dict() == second.state_dict() != other.state_dict()


def test_without_an_rng_the_module_random_is_used() -> None:
    models = [line(), line()]
    for model in models:
        random.seed(7)
        trained(model, rng=None)
    assert models[0].state_dict() == models[1].state_dict()


def test_each_epoch_sees_every_sample_once_and_in_a_new_order() -> None:
    seen: list[float] = []

    def spy(predictions: Any, targets: Any) -> Any:
        seen.extend(targets)
        return nn.mse_loss(predictions, targets)

    trained(line(), loss=spy, epochs=2)
    assert sorted(seen[:16]) == sorted(seen[16:]) == sorted(Y)
    assert seen[:16] != seen[16:]


def test_a_batch_size_of_none_takes_all_samples_at_once() -> None:
    sizes: list[int] = []

    def spy(predictions: Any, targets: Any) -> Any:
        sizes.append(len(targets))
        return nn.mse_loss(predictions, targets)

    trained(line(), loss=spy, batch_size=None, epochs=2)
    trained(line(), loss=spy, batch_size=6, epochs=1)
    assert sizes == [16, 16, 6, 6, 4]


@pytest.mark.parametrize("loss", ["mse_loss", nn.mse_loss, nn.MSELoss()])
@pytest.mark.parametrize("optimizer", ["sgd", nn.optim.SGD, lambda parameters: nn.optim.SGD(parameters, lr=1e-3)])
def test_loss_and_optimizer_may_be_named_given_or_made(loss: Any, optimizer: Any) -> None:
    model = line()
    history = trained(model, loss=loss, optimizer=optimizer)
    assert history["loss"][-1] < history["loss"][0]


def test_validation_and_metrics_are_in_the_history() -> None:
    model = classifier()
    history = trained(
        model, (X, CLASSES), loss=nn.cross_entropy, metrics=["accuracy", nn.metrics.accuracy],
        validation_data=(X[:5], CLASSES[:5]),
    )  # fmt: skip
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(numbers) == 3 for numbers in history.values())
    found = nn.evaluate(model, (X[:5], CLASSES[:5]), loss=nn.cross_entropy, metrics=["accuracy"])
    assert found == {"loss": history["val_loss"][-1], "accuracy": history["val_accuracy"][-1]}


def test_accuracy_of_logits_is_cut_at_zero() -> None:
    def model(x: Any) -> Any:
        return x[0]

    data = ([[0.25], [-1.0]], [1, 0])
    loss = nn.binary_cross_entropy_with_logits
    assert nn.evaluate(model, data, loss=loss, metrics=["accuracy"])["accuracy"] == 1.0
    assert nn.evaluate(model, data, loss=nn.BCEWithLogitsLoss(), metrics=["accuracy"])["accuracy"] == 1.0
    assert nn.evaluate(model, data, metrics=["accuracy"]) == {"accuracy": 0.5}


def test_dropout_is_on_while_training_and_off_while_evaluating() -> None:
    modes: list[tuple[str, bool]] = []

    class Spy(nn.Module):
        def __init__(self) -> None:
            self.w = Value(0.0)

        def forward(self, x: Any) -> Any:
            modes.append((str(x[0]), self.training))
            return self.w * x[0]

    model = Spy()
    model.eval()
    trained(model, ([[1.0]], [1.0]), validation_data=([[2.0]], [1.0]), epochs=1)
    assert modes == [("1.0", True), ("2.0", False)]
    assert model.training is False
    model.train()
    nn.predict(model, [[3.0]])
    assert modes[-1] == ("3.0", False)
    assert model.training is True


def test_validation_makes_no_graph() -> None:
    grown: list[bool] = []

    class Spy(nn.Module):
        def __init__(self) -> None:
            self.w = Value(0.0)

        def forward(self, x: Any) -> Any:
            out = self.w * x[0]
            grown.append(bool(out.parents))
            return out

    trained(Spy(), ([[1.0]], [1.0]), validation_data=([[2.0]], [1.0]), epochs=1)
    assert grown == [True, False]


def test_batch_norm_gets_whole_batches_and_never_one_sample_alone() -> None:
    model = nn.Sequential(nn.Linear(2, 3, rng=random.Random(0)), nn.BatchNorm(3), "tanh", nn.Linear(3, 1))
    history = trained(model, loss=nn.mse_loss, batch_size=5, epochs=30)  # 16 = 5 + 5 + 5 + 1
    assert history["loss"][-1] < history["loss"][0]
    assert model[1].num_batches_tracked == 90
    assert len(nn.predict(model, X)) == 16


def test_frozen_parameters_stay() -> None:
    model = line()
    model.layers[0].neurons[0].b.requires_grad = False
    trained(model)
    assert model.layers[0].neurons[0].b.data == 0.0


# data -----------------------------------------------------------------------------------------------------------------


def test_all_forms_of_data_are_the_same() -> None:
    numpy = requires("numpy")
    forms: list[Any] = [
        (X, Y), (tuple(map(tuple, X)), tuple(Y)), list(zip(X, Y, strict=True)), zip(X, Y, strict=True),
        (pair for pair in zip(X, Y, strict=True)), (numpy.array(X), numpy.array(Y)),
        (numpy.array(X, dtype=numpy.int64), Y), [(numpy.array(x), y) for x, y in zip(X, Y, strict=True)],
    ]  # fmt: skip
    states = []
    for data in forms:
        model = line()
        trained(model, data)
        states.append(model.state_dict())
    assert all(state == states[0] for state in states)


def test_a_data_set_that_is_only_indexed_is_read() -> None:
    class Pairs:
        def __getitem__(self, index: int) -> tuple[list[float], float]:
            return [([0.0], 1.0), ([1.0], 3.0)][index]

    found, expected = samples(Pairs()), samples([([0.0], 1.0), ([1.0], 3.0)])
    assert list(map(list, found.inputs)) == list(map(list, expected.inputs))
    assert found.targets == expected.targets


def test_targets_in_a_column_are_targets() -> None:
    model, other = line(), line()
    trained(model, (X, [[y] for y in Y]))
    trained(other)
    assert model.state_dict() == other.state_dict()


def test_inputs_that_are_single_numbers_reach_the_model_as_numbers() -> None:
    assert nn.predict(lambda x: x * 2, [1, 2.5]) == [2.0, 5.0]
    assert (
        nn.predict(nn.MLP(1, [2], rng=random.Random(0)), [1.0])[0]
        == nn.predict(nn.MLP(1, [2], rng=random.Random(0)), [[1.0]])[0]
    )


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (([], []), LengthError, "one at least"),
        ((X, Y[:-1]), LengthError, "16 inputs, 15 targets"),
        ((X, Y, Y), StructureError, "tuple of 3"),
        ([*X[:2], [1.0]], StructureError, "pairs"),
        (5, StructureError, "got 5"),
        ("ab", StructureError, "got 'ab'"),
    ],
)
def test_data_that_fit_no_form_are_refused(data: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        trained(line(), data)


# a way out ------------------------------------------------------------------------------------------------------------


def test_ctrl_c_gives_the_history_so_far_and_a_usable_model() -> None:
    calls = itertools.count()

    def interrupted(predictions: Any, targets: Any) -> Any:
        if next(calls) == 9:  # in the third epoch of four batches
            raise KeyboardInterrupt
        return nn.mse_loss(predictions, targets)

    model = line()
    ended: list[int] = []

    class End(nn.Callback):
        def on_train_end(self, run: Any) -> None:
            ended.append(run.epoch)

    history = trained(model, loss=interrupted, epochs=50, callbacks=[End()])
    assert history.epochs == 2
    assert history.stopped == "interrupted"
    assert ended == [2]
    again = trained(model, epochs=2)
    assert again["loss"][-1] < history["loss"][-1]


def test_ctrl_c_during_validation_leaves_recording_on_and_the_mode_as_it_was() -> None:
    def interrupted(predictions: Any, targets: Any) -> Any:
        if not isinstance(predictions[0], Value) or not predictions[0].parents:
            raise KeyboardInterrupt
        return nn.mse_loss(predictions, targets)

    model = line()
    history = trained(model, loss=interrupted, validation_data=(X, Y))
    assert history.epochs == 0
    assert history.stopped == "interrupted"
    assert model.training is True
    assert model(X[0]).parents


def test_ctrl_c_while_compiling_gives_an_empty_history(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nn.training.CompiledStep", interrupted)
    model = line()
    before = model.state_dict()
    history = trained(model, compile=True)
    assert (history.epochs, history.stopped) == (0, "interrupted")
    assert model.state_dict() == before


def test_a_training_that_fails_before_its_first_epoch_leaves_the_weights_as_they_were() -> None:
    def broken(predictions: Any, targets: Any) -> Any:
        raise ZeroDivisionError

    stopping = nn.EarlyStopping()
    trained(line(), callbacks=[stopping])
    model = line(seed=1)
    before = model.state_dict()
    with pytest.raises(ZeroDivisionError):
        trained(model, loss=broken, callbacks=[stopping])
    assert model.state_dict() == before


def test_another_error_passes_through_and_puts_the_mode_back() -> None:
    def broken(predictions: Any, targets: Any) -> Any:
        raise ZeroDivisionError

    model = line().eval()
    with pytest.raises(ZeroDivisionError):
        trained(model, loss=broken)
    assert model.training is False


# progress -------------------------------------------------------------------------------------------------------------


def test_verbose_zero_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    trained(line(), verbose=0)
    assert capfd.readouterr() == ("", "")


def test_verbose_one_shows_epoch_loss_and_metrics(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained(line(), verbose=1, metrics=["mae"])
    shown = capfd.readouterr().err
    assert "epoch 3/3" in shown
    assert "loss=" in shown
    assert "mae=" in shown
    assert "12/12" in shown


# evaluate and predict -------------------------------------------------------------------------------------------------


def test_predictions_are_plain_numbers() -> None:
    assert all(type(p) is float for p in nn.predict(line(), X))
    rows = nn.predict(classifier(), X)
    assert all(type(p) is float for row in rows for p in row)


def test_predict_takes_an_iterator() -> None:
    def points() -> Iterator[list[float]]:
        yield from X

    assert nn.predict(line(), points()) == nn.predict(line(), X)


def test_evaluate_changes_nothing_within_no_grad_or_without() -> None:
    model = classifier()
    before = model.state_dict()
    outside = nn.evaluate(model, (X, CLASSES), loss="cross_entropy")
    with no_grad():
        inside = nn.evaluate(model, (X, CLASSES), loss="cross_entropy")
    assert inside == outside
    assert model.state_dict() == before
    assert all(p.grad == 0.0 for p in model.parameters())


# history --------------------------------------------------------------------------------------------------------------


def test_a_history_reads_like_a_dict_of_lists() -> None:
    history = trained(line())
    assert list(history) == ["loss"]
    assert history.history["loss"] is history["loss"]
    assert len(history["loss"]) == history.epochs == 3
    assert history.last == {"loss": history["loss"][-1]}
    assert history.stopped == "epochs"
    assert history.seconds > 0
    assert repr(history).startswith("History(3 epochs, stopped by epochs, loss=")


class FrozenNorm(nn.BatchNorm):
    """Stays in evaluation mode, in the way one writes it for PyTorch."""

    def train(self, mode: bool = True) -> Any:
        return super().train(False)


def test_every_module_is_in_its_own_mode_again_afterwards() -> None:
    norm, drop = nn.BatchNorm(2), nn.Dropout(0.5)
    model = nn.Sequential(norm, drop, nn.Linear(2, 1))
    norm.eval()
    x, y = [[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]], [1.0, 0.0, 1.0]
    nn.predict(model, x)
    nn.evaluate(model, (x, y), loss="mse")
    nn.fit(model, (x, y), loss="mse", optimizer="sgd", epochs=1, verbose=0)
    assert (norm.training, drop.training, model.training) == (False, True, True)


def test_a_module_with_a_train_of_its_own_is_told_by_it() -> None:
    norm = FrozenNorm(2)
    model = nn.Sequential(nn.Sequential(norm), nn.Linear(2, 1))
    before = list(norm.running_mean)
    assert (model.train().training, norm.training) == (True, False)
    nn.fit(model, ([[1.0, 2.0], [3.0, 5.0]], [1.0, 0.0]), loss="mse", optimizer="sgd", epochs=2, verbose=0)
    assert norm.running_mean == before


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("loss", ["cross_entropy", nn.CrossEntropyLoss(), functools.partial(nn.nll_loss)])
@pytest.mark.parametrize("classes", [[0, 1, 0, 0], [1.0, 0.0, 1.0, 1.0], [0.5, 0.5, 0.0, 0.0], [1, 1, 1, 1]])
def test_one_score_a_sample_is_no_case_for_a_loss_over_classes(classes: list[Any], loss: Any, compile: bool) -> None:
    """Also where the targets could be a distribution over the samples of a batch."""
    model = nn.MLP(2, [1], rng=random.Random(0))
    before = model.state_dict()
    data = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, 0.5]], classes
    for use in (functools.partial(nn.fit, optimizer="sgd", epochs=1, verbose=0, compile=compile), nn.evaluate):
        with pytest.raises(nn.TargetError, match="single score each there is binary_cross_entropy_with_logits"):
            use(model, data, loss=loss)
    assert model.state_dict() == before


def test_a_loss_of_many_numbers_is_refused_when_evaluating_too() -> None:
    with pytest.raises(nn.OptionError, match="the loss must give one Value for a batch; 'MSELoss' gave"):
        nn.evaluate(lambda x: x[0], [([1.0], 2.0), ([2.0], 3.0)], loss=nn.MSELoss("none"))


def test_a_metric_that_gives_no_number_is_named() -> None:
    def silent(predictions: Any, targets: Any) -> Any:
        return None

    with pytest.raises(nn.OptionTypeError, match="'silent' gave None"):
        nn.evaluate(lambda x: x[0], [([1.0], 2.0)], metrics=[silent])


def test_a_batch_in_which_no_target_counts_says_so() -> None:
    data = [[1.0, 2.0]] * 4, [-100, -100, 1, 2]
    with pytest.raises(nn.OptionError, match="not all of them ignore_index"):
        nn.fit(nn.Linear(2, 3), data, loss="cross_entropy", optimizer="sgd", epochs=1, verbose=0, batch_size=2,
               shuffle=False)  # fmt: skip
