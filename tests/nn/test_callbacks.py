"""Callbacks: what watches a training, stops it, and keeps its best weights."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import nn
from autograd import Value
from nn.callbacks import Run

X, Y = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]


def fit(model: Any, callbacks: Sequence[Any], epochs: int = 100, lr: float = 0.1, **options: Any) -> nn.History:
    optimizer = nn.optim.SGD(model.parameters(), lr=lr)
    return nn.fit(
        model, (X, Y), loss=nn.mse_loss, optimizer=optimizer, epochs=epochs, callbacks=callbacks, verbose=0,
        shuffle=False, **options,
    )  # fmt: skip


def line() -> nn.MLP:
    return nn.MLP(1, [1], rng=random.Random(0))


def played(callback: nn.Callback, numbers: Sequence[float], name: str = "loss") -> tuple[int, nn.MLP]:
    """After how many epochs `callback` stops a run with these numbers, and its model: weights 1, 2, 3 ... by epoch."""
    model = line()
    run = Run(model, None, len(numbers))
    callback.on_train_begin(run)
    for epoch, number in enumerate(numbers, 1):
        for p in model.parameters():
            p.data = float(epoch)
        run.history.append({name: number})
        callback.on_epoch_end(run)
        if run.stopping:
            break
    callback.on_train_end(run)
    return run.epoch, model


def weight(model: nn.MLP) -> float:
    return model.parameters()[0].data


def test_early_stopping_waits_for_its_patience() -> None:
    assert played(nn.EarlyStopping(patience=2), [3.0, 2.0, 2.5, 1.5, 1.6, 1.7, 0.1])[0] == 6


def test_early_stopping_restores_the_best_weights() -> None:
    assert weight(played(nn.EarlyStopping(patience=2), [3.0, 1.0, 2.0, 2.0, 2.0])[1]) == 2.0


def test_the_best_weights_are_restored_when_training_ends_otherwise() -> None:
    assert weight(played(nn.EarlyStopping(patience=50), [3.0, 1.0, 2.0])[1]) == 2.0


def test_early_stopping_may_leave_the_last_weights() -> None:
    stopping = nn.EarlyStopping(patience=2, restore_best_weights=False)
    assert weight(played(stopping, [3.0, 1.0, 2.0, 2.0, 2.0])[1]) == 4.0


def test_a_gain_below_min_delta_is_none() -> None:
    assert played(nn.EarlyStopping(patience=2, min_delta=0.5), [3.0, 2.9, 2.8, 2.7])[0] == 3


@pytest.mark.parametrize(("name", "mode"), [("val_accuracy", "auto"), ("r2", "auto"), ("score", "max")])
def test_larger_is_better_where_it_is(name: str, mode: str) -> None:
    stopping = nn.EarlyStopping(monitor=name, patience=2, mode=mode)
    assert played(stopping, [0.1, 0.5, 0.4, 0.3, 0.9], name)[0] == 4


def test_nan_is_never_the_best() -> None:
    epochs, model = played(nn.EarlyStopping(patience=3), [float("nan"), 2.0, float("nan"), float("nan"), float("nan")])
    assert (epochs, weight(model)) == (5, 2.0)


def test_validation_loss_is_watched_where_there_is_one() -> None:
    stopping = nn.EarlyStopping(patience=3)
    history = fit(line(), [stopping], lr=0.0, validation_data=(X, Y))
    assert stopping.best == history["val_loss"][0]
    assert history.epochs == 4
    assert history.stopped == "early stopping: no improvement since epoch 1"


def test_a_callback_may_be_used_for_another_training() -> None:
    stopping = nn.EarlyStopping(patience=2)
    assert played(stopping, [1.0, 2.0, 3.0, 4.0])[0] == played(stopping, [10.0, 20.0, 30.0, 40.0])[0] == 3


def test_convergence_stops_when_the_loss_stands() -> None:
    history = fit(line(), [nn.Convergence(tolerance=1e-9)], epochs=5000)
    assert 10 < history.epochs < 5000
    assert history.stopped.startswith("converged: loss")
    assert history["loss"][-1] < 1e-8


def test_convergence_needs_the_loss_to_stand_for_a_while() -> None:
    assert played(nn.Convergence(tolerance=0.01, patience=2), [1.0, 1.0, 2.0, 2.0, 2.0, 2.0])[0] == 5


def test_training_stops_at_a_goal() -> None:
    history = fit(line(), [nn.StopAt(1e-3)], epochs=5000)
    assert history["loss"][-1] <= 1e-3 < history["loss"][-2]
    assert played(nn.StopAt(0.9, monitor="accuracy"), [0.1, 0.95, 0.99], "accuracy")[0] == 2


def test_a_checkpoint_is_written_after_each_epoch(tmp_path: Path) -> None:
    model = line()
    fit(model, [nn.Checkpoint(tmp_path / "line-{epoch}.json", every=2)], epochs=5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["line-2.json", "line-4.json"]
    assert nn.load(tmp_path / "line-4.json").state_dict() != model.state_dict()


def test_a_checkpoint_may_keep_the_best_alone(tmp_path: Path) -> None:
    _, model = played(nn.Checkpoint(tmp_path / "best.json", save_best_only=True), [3.0, 1.0, 2.0])
    assert weight(model) == 3.0
    assert weight(nn.load(tmp_path / "best.json", into=line())) == 2.0


def test_a_checkpoint_has_the_numbers_in_its_name(tmp_path: Path) -> None:
    played(nn.Checkpoint(tmp_path / "{epoch:02d}-{loss:.1f}.json"), [3.0, 1.0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01-3.0.json", "02-1.0.json"]


def test_a_function_is_called_after_each_epoch_and_may_stop() -> None:
    seen: list[int] = []

    def watch(run: Run) -> None:
        seen.append(run.epoch)
        if run.epoch == 3:
            run.stop("enough")

    assert fit(line(), [watch]).stopped == "enough"
    assert seen == [1, 2, 3]


def test_a_schedule_steps_once_an_epoch() -> None:
    model = line()
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    schedule = nn.schedule.StepLR(optimizer, step_size=1, gamma=0.5)
    nn.fit(model, (X, Y), loss="mse", optimizer=optimizer, epochs=3, batch_size=1, callbacks=[schedule], verbose=0)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.0125)


def test_a_name_that_the_history_lacks_is_refused() -> None:
    with pytest.raises(nn.OptionError, match=r"watches 'val_loss'.*needs validation_data"):
        fit(line(), [nn.EarlyStopping(monitor="val_loss")])


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.EarlyStopping(patience=0),
        lambda: nn.EarlyStopping(mode="up"),
        lambda: nn.EarlyStopping(min_delta=-1.0),
        lambda: nn.Checkpoint("a.json", every=0),
        lambda: nn.Convergence(tolerance=-1.0),
    ],
)
def test_options_outside_their_range_are_refused(make: Any) -> None:
    with pytest.raises(nn.OptionError):
        make()


def test_a_checkpoint_refuses_a_name_it_cannot_save_before_any_training() -> None:
    with pytest.raises(nn.ModelFileError, match=r"\.safetensors or \.json"):
        nn.Checkpoint("model.pkl")


def test_a_checkpoint_says_which_names_there_are(tmp_path: Path) -> None:
    run = Run(nn.MLP(1, [1]), None, 1)
    run.history.append({"loss": 1.0})
    with pytest.raises(nn.OptionError, match=r"'val_loss'.*There are epoch, loss"):
        nn.Checkpoint(tmp_path / "{val_loss}.json").on_epoch_end(run)


def test_a_training_that_did_not_begin_puts_no_old_weights_back() -> None:
    class Fails(nn.Callback):
        def on_train_begin(self, run: Run) -> None:
            raise RuntimeError("not today")

    model, stop = line(), nn.EarlyStopping()
    fit(model, [stop], epochs=2)
    for p in model.parameters():
        p.data = 100.0
    with pytest.raises(RuntimeError, match="not today"):
        fit(model, [Fails(), stop], epochs=2)
    assert {p.data for p in model.parameters()} == {100.0}


def test_weights_of_a_function_cannot_be_put_back() -> None:
    w = Value(1.0)
    optimizer = nn.optim.SGD([w])
    with pytest.raises(nn.OptionError, match="restore_best_weights=False"):
        nn.fit(lambda x: w * x[0], [([1.0], 2.0)], loss="mse", optimizer=optimizer, epochs=1, verbose=0,
               callbacks=[nn.EarlyStopping()])  # fmt: skip
    assert w.data == 1.0


def test_a_goal_may_lie_above_for_any_number() -> None:
    assert played(nn.StopAt(0.9, "f1", mode="max"), [0.1, 0.5, 0.95, 0.99], "f1")[0] == 3
    assert played(nn.StopAt(0.9, "f1"), [0.1, 0.5, 0.95, 0.99], "f1")[0] == 1
