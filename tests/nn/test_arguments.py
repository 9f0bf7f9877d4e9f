"""What fit, evaluate and predict are told: what makes no sense is refused in words before anything is trained."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

import nn
from autograd import AutogradError, ProgramError, StructureError, Value, no_grad
from tests.nn.test_training import CLASSES, X, Y, classifier, line, trained
from tests.requires import requires


class End(nn.Callback):
    """Fails where training begins."""

    def on_train_begin(self, run: Any) -> None:
        pytest.fail("training has begun")


def foreign_schedule() -> nn.schedule.LRScheduler:
    return nn.schedule.StepLR(nn.optim.SGD([Value(1.0)]), 1)


def loss(predictions: Any, targets: Any) -> float:
    return 0.0


def mae(predictions: Any, targets: Any) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 0}, "epochs is a whole number from 1 up; got 0"),
        ({"epochs": -3}, "from 1 up; got -3"),
        ({"epochs": 1.5}, "whole number from 1 up; got 1.5"),
        ({"epochs": 2.0}, "Write 2"),
        ({"epochs": "3"}, "Write 3 without the quotation marks"),
        ({"epochs": True}, "epochs is a whole number"),
        ({"epochs": None}, "epochs is a whole number"),
        ({"batch_size": 0}, "batch_size is a whole number from 1 up; got 0"),
        ({"batch_size": 2.5}, "batch_size is a whole number"),
        ({"batch_size": math.inf}, "batch_size is a whole number"),
        ({"rng": 0}, r"random\.Random\(7\) for one; got 0"),
        ({"rng": 0, "shuffle": False}, r"random\.Random\(7\) for one; got 0"),
        ({"shuffle": "no"}, "shuffle is True or False; got 'no'"),
        ({"verbose": "no"}, "verbose is a whole number"),
        ({"verbose": -1}, "verbose is a whole number from 0 up"),
        ({"compile": 7}, "compile is True or False; got 7 of type int. Or name a backend"),
        ({"loss": nn.MSELoss}, r"MSELoss is a class: write MSELoss\(\)"),
        ({"loss": "cross"}, "no loss is called 'cross'"),
        ({"loss": ["mse"]}, "no loss is called"),
        ({"loss": None}, "no loss is called None"),
        ({"optimizer": nn.optim.SGD([Value(1.0)])}, "would change none of this model's"),
        ({"optimizer": "adamant"}, "no optimizer is called 'adamant'; there are"),
        ({"optimizer": 0.1}, r"an optimizer has step\(\) and zero_grad\(\), .*; got 0.1"),
        ({"optimizer": None}, "an optimizer has"),
        ({"optimizer": foreign_schedule()}, "an optimizer has"),
        ({"metrics": ["accurate"]}, "no metric is called 'accurate'"),
        ({"metrics": "accuracy"}, r"Write \['accuracy'\]"),
        ({"metrics": [3]}, "no metric is called 3"),
        ({"metrics": ["mae", mae]}, "two columns of the history would be called 'mae'"),
        ({"metrics": [lambda p, t: 0.0, lambda p, t: 1.0]}, "would be called '<lambda>'"),
        ({"metrics": [loss]}, "would be called 'loss'"),
        ({"callbacks": nn.EarlyStopping()}, "callbacks is a list"),
        ({"callbacks": [nn.EarlyStopping]}, "EarlyStopping is a class"),
        ({"callbacks": [3]}, "a callback is"),
        ({"callbacks": [foreign_schedule()]}, "the StepLR among the callbacks was made for another optimizer"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    model = line()
    before = model.state_dict()
    with pytest.raises(nn.OptionError, match=said):
        trained(model, **{"callbacks": [End()], **changes})
    assert model.state_dict() == before
    assert issubclass(nn.OptionError, AutogradError)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (nn.MLP, r"MLP is a class: write MLP\(\.\.\.\)"),
        (5, "a Module or a function of one sample; got 5"),
        (None, "got None"),
    ],
)
def test_what_is_no_model_is_refused(model: Any, said: str) -> None:
    optimizer = nn.optim.SGD([Value(1.0)])
    for use in (
        lambda: trained(model, optimizer=optimizer), lambda: nn.evaluate(model, (X, Y)), lambda: nn.predict(model, X),
    ):  # fmt: skip
        with pytest.raises(nn.OptionError, match=said):
            use()


def test_an_optimizer_by_name_needs_a_model_with_parameters() -> None:
    w = Value(1.0)
    with pytest.raises(nn.OptionError, match=r"has no parameters\(\) to make an optimizer over"):
        trained(lambda x: w * x[0], optimizer="adam")


def test_pytorchs_optimizer_over_pytorchs_parameters_is_refused() -> None:
    torch = requires("torch")
    theirs = torch.optim.SGD([torch.zeros(2, requires_grad=True)], lr=0.1)
    with pytest.raises(nn.OptionError, match="would change none of this model's"):
        trained(line(), optimizer=theirs)


def test_a_loss_without_a_graph_trains_nothing_and_says_so() -> None:
    with pytest.raises(nn.OptionError, match="must give one Value"):
        trained(line(), loss=lambda p, t: 1.0)
    with pytest.raises(nn.OptionError, match=r"outside of no_grad\(\)"), no_grad():
        trained(line())


def test_compiled_training_leaves_it_to_eager_training_to_refuse_a_loss_without_a_graph() -> None:
    requires("numpy")
    warned = partial(pytest.warns, UserWarning, match="fit trains without compiling")
    with warned(), pytest.raises(nn.OptionError, match="must give one Value"):
        trained(line(), loss=lambda p, t: 1.0, compile=True)
    with warned(), pytest.raises(nn.OptionError, match=r"outside of no_grad\(\)"), no_grad():
        trained(line(), compile=True)


def test_a_backend_that_there_is_not_is_refused() -> None:
    with pytest.raises(ProgramError, match=r"the backends are .*; got 'turbo'"):
        trained(line(), compile="turbo", callbacks=[End()])


def test_a_schedule_over_the_same_optimizer_is_taken() -> None:
    model = line()
    optimizer = nn.optim.SGD(model.parameters(), lr=0.02)
    trained(model, optimizer=optimizer, callbacks=[nn.schedule.ExponentialLR(optimizer, 0.5)], epochs=2)
    assert optimizer.param_groups[0]["lr"] == 0.005


def test_an_optimizer_of_ones_own_needs_two_methods() -> None:
    model = line()

    class Halving:
        def zero_grad(self) -> None:
            """Nothing is looked at."""

        def step(self) -> None:
            for p in model.parameters():
                p.data /= 2

    start = [p.data for p in model.parameters()]
    for compile in (False, "python"):
        trained(model, optimizer=Halving(), epochs=1, batch_size=None, compile=compile)
    assert [p.data for p in model.parameters()] == [number / 4 for number in start]


# data that come once --------------------------------------------------------------------------------------------------


def test_a_generator_is_read_once_and_serves_all_epochs() -> None:
    counts = itertools.count()

    def pairs() -> Iterator[tuple[list[float], float]]:
        for pair in zip(X, Y, strict=True):
            next(counts)
            yield pair

    from_generator, from_lists = line(), line()
    history = trained(from_generator, pairs(), epochs=4, validation_data=pairs())
    expected = trained(from_lists, epochs=4, validation_data=(X, Y))
    assert next(counts) == 2 * len(X)
    assert from_generator.state_dict() == from_lists.state_dict()
    assert history.history == expected.history


def test_the_same_generator_for_training_and_validation_is_refused() -> None:
    pairs = (pair for pair in zip(X, Y, strict=True))
    with pytest.raises(AutogradError, match="0 inputs"):
        trained(line(), pairs, validation_data=pairs)


def test_nothing_is_trained_on_the_validation_data() -> None:
    with_it, without = classifier(), classifier()
    trained(with_it, (X, CLASSES), loss="cross_entropy", validation_data=([[50.0, -50.0]] * 4, [0, 1, 0, 1]))
    trained(without, (X, CLASSES), loss="cross_entropy")
    assert with_it.state_dict() == without.state_dict()


@pytest.mark.parametrize("data", [None, 3, "ab", {"X": X}, (X,), [1.0, 2.0]])
def test_validation_data_of_no_form_are_refused_before_training(data: Any) -> None:
    if data is None:
        return
    with pytest.raises((StructureError, AutogradError)):
        trained(line(), validation_data=data, callbacks=[End()])


# callbacks in order ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compile", [False, "python"])
def test_callbacks_are_called_in_the_order_they_are_given(compile: Any) -> None:
    calls: list[str] = []

    class Named(nn.Callback):
        def __init__(self, name: str) -> None:
            self.name = name

        def on_train_begin(self, run: Any) -> None:
            calls.append(f"{self.name} begins")

        def on_epoch_end(self, run: Any) -> None:
            calls.append(f"{self.name} sees {run.epoch}")

        def on_train_end(self, run: Any) -> None:
            calls.append(f"{self.name} ends after {run.history.stopped}")

    def function(run: Any) -> None:
        calls.append("function")
        if run.epoch == 2:
            run.stop("enough")

    trained(line(), epochs=5, callbacks=[Named("a"), function, Named("b")], compile=compile)
    assert calls == [
        "a begins", "b begins", "a sees 1", "function", "b sees 1", "a sees 2", "function", "b sees 2",
        "a ends after enough", "b ends after enough",
    ]  # fmt: skip


def test_an_error_in_a_callback_passes_through_once_training_is_put_in_order() -> None:
    ended: list[int] = []

    class Ending(nn.Callback):
        def on_train_end(self, run: Any) -> None:
            ended.append(run.epoch)

    def broken(run: Any) -> None:
        raise ZeroDivisionError

    model = line().eval()
    with pytest.raises(ZeroDivisionError):
        trained(model, callbacks=[Ending(), broken], compile="python")
    assert ended == [1]
    assert model.training is False
