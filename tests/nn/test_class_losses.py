"""Losses over classes with all their options against PyTorch, in value and gradient, at logits of ±1000 too."""

from __future__ import annotations

import math
from typing import Any

import pytest

import autograd
import nn
from autograd import Value
from nn.nested import flat
from tests.nn.samples import close, data, grads, tensor, values
from tests.requires import requires

LOGITS = [[0.5, -1.0, 2.0], [1000.0, -1000.0, 999.0], [-1000.0, -1000.0, -1001.0], [3.0, 3.0, 3.0], [0.1, 0.2, 0.3]]
CLASSES = [2, 1, 0, 1, 2]
SHARES = [[0.2, 0.3, 0.5], [0.0, 0.0, 1.0], [0.25, 0.75, 0.0], [0.5, 0.2, 0.1], [1.0, 0.0, 0.0]]
WEIGHT = [0.3, 2.5, 0.0]

WEIGHTED: list[dict[str, Any]] = [{}, {"weight": WEIGHT}, {"weight": [1.0, 1.0, 1.0]}]
IGNORING: list[dict[str, Any]] = [{}, {"ignore_index": 1}, {"ignore_index": 7}]
SMOOTHED: list[dict[str, Any]] = [{}, {"label_smoothing": 0.1}, {"label_smoothing": 1.0}]


def held_against_torch(name: str, x: Any, y: Any, **options: Any) -> None:
    """Value and gradient of `nn`'s loss against those of PyTorch's."""
    torch = requires("torch")
    inputs, given = values(x), tensor(x, requires_grad=True)
    loss = getattr(nn, name)(inputs, y, **options)
    theirs = {key: tensor(option) if key == "weight" else option for key, option in options.items()}
    expected = getattr(torch.nn.functional, name)(given, tensor(y), **theirs)
    assert data(loss) == close(expected.tolist())
    autograd.sum([entry * 1.0 for entry in flat(loss)]).backward()
    expected.sum().backward()
    assert grads(inputs) == close(given.grad.tolist())


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothed", SMOOTHED)
@pytest.mark.parametrize("ignoring", IGNORING)
@pytest.mark.parametrize("weighted", WEIGHTED)
def test_cross_entropy_with_classes_is_pytorchs(
    weighted: dict[str, Any], ignoring: dict[str, Any], smoothed: dict[str, Any], reduction: str
) -> None:
    held_against_torch("cross_entropy", LOGITS, CLASSES, reduction=reduction, **weighted, **ignoring, **smoothed)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothed", SMOOTHED)
@pytest.mark.parametrize("weighted", WEIGHTED)
def test_cross_entropy_with_distributions_is_pytorchs(
    weighted: dict[str, Any], smoothed: dict[str, Any], reduction: str
) -> None:
    held_against_torch("cross_entropy", LOGITS, SHARES, reduction=reduction, **weighted, **smoothed)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("ignoring", IGNORING)
@pytest.mark.parametrize("weighted", WEIGHTED)
def test_nll_loss_is_pytorchs(weighted: dict[str, Any], ignoring: dict[str, Any], reduction: str) -> None:
    held_against_torch("nll_loss", LOGITS, CLASSES, reduction=reduction, **weighted, **ignoring)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_one_sample_alone_is_weighted_as_in_pytorch(name: str, reduction: str) -> None:
    torch = requires("torch")
    ours = getattr(nn, name)(LOGITS[0], 0, weight=WEIGHT, reduction=reduction)
    theirs = getattr(torch.nn.functional, name)(
        tensor(LOGITS[0]), torch.tensor(0), weight=tensor(WEIGHT), reduction=reduction
    )
    assert ours == close(theirs.item())


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_a_sample_whose_target_is_minus_100_does_not_count(name: str) -> None:
    loss = getattr(nn, name)
    assert loss(LOGITS[:2], [2, -100]) == loss(LOGITS[:1], [2])
    assert loss(LOGITS[:2], [2, -100], reduction="none") == [loss(LOGITS[0], 2), 0.0]


@pytest.mark.parametrize("options", [{}, {"weight": [1.0, 2.0, 3.0]}, {"label_smoothing": 0.5}])
def test_the_mean_over_no_sample_is_nan_and_can_be_called_backward_on(options: dict[str, Any]) -> None:
    torch = requires("torch")
    inputs = values(LOGITS)
    loss = nn.cross_entropy(inputs, [-100] * 5, **options)
    expected = torch.nn.functional.cross_entropy(
        tensor(LOGITS), tensor([-100] * 5), **{k: tensor(v) if k == "weight" else v for k, v in options.items()}
    )
    assert math.isnan(expected.item())
    assert isinstance(loss, Value)
    assert math.isnan(loss.data)
    loss.backward()
    assert nn.cross_entropy(LOGITS, [-100] * 5, reduction="sum", **options) == 0.0


def test_targets_that_are_values_get_gradients_with_weights_and_smoothing_as_well() -> None:
    torch = requires("torch")
    targets, given = values(SHARES), tensor(SHARES, requires_grad=True)
    options = {"weight": [0.5, 2.0, 1.5], "label_smoothing": 0.2}
    nn.cross_entropy(values(LOGITS), targets, **options).backward()  # type: ignore[arg-type]
    torch.nn.functional.cross_entropy(
        tensor(LOGITS), given, weight=tensor(options["weight"]), label_smoothing=0.2
    ).backward()
    assert grads(targets) == close(given.grad.tolist())


def test_a_weight_of_1_and_no_smoothing_make_no_further_nodes() -> None:
    logits = values([1.0, 2.0, 3.0])
    plain, full = (nn.cross_entropy(logits, 1, **options) for options in ({}, {"weight": [1.0] * 3}))
    assert len(autograd.topological_order(full)) == len(autograd.topological_order(plain)) == 3 + 2


def test_numpys_arrays_are_weights_and_targets() -> None:
    numpy = requires("numpy")
    weight, classes = numpy.array(WEIGHT, dtype=numpy.float64), numpy.array(CLASSES)
    assert nn.cross_entropy(numpy.array(LOGITS), classes, weight=weight, ignore_index=numpy.int64(1)) == (
        nn.cross_entropy(LOGITS, CLASSES, weight=WEIGHT, ignore_index=1)
    )


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_modules_are_their_functions_with_their_options(reduction: str) -> None:
    options: dict[str, Any] = {"weight": WEIGHT, "ignore_index": 1, "reduction": reduction}
    assert nn.NLLLoss(**options)(LOGITS, CLASSES) == nn.nll_loss(LOGITS, CLASSES, **options)
    options["label_smoothing"] = 0.1
    module = nn.CrossEntropyLoss(**options)
    assert module(LOGITS, CLASSES) == nn.cross_entropy(LOGITS, CLASSES, **options)
    assert repr(module) == (
        f"CrossEntropyLoss(weight=[0.3, 2.5, 0.0], ignore_index=1, reduction={reduction!r}, label_smoothing=0.1)"
    )


def test_the_arguments_stand_in_pytorchs_order() -> None:
    assert nn.cross_entropy(LOGITS, CLASSES, WEIGHT, 1) == nn.CrossEntropyLoss(WEIGHT, 1)(LOGITS, CLASSES)
    assert nn.nll_loss(LOGITS, CLASSES, WEIGHT, 1) == nn.NLLLoss(WEIGHT, 1)(LOGITS, CLASSES)


@pytest.mark.parametrize("made", ["module", "function"])
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"weight": 3.0}, "weight is a list of numbers, one a class"),
        ({"weight": "sum"}, r"\(a reduction is named: reduction=...\); got 'sum'"),
        ({"weight": [1.0, "a", 1.0]}, r"weight\[1\] is a finite number from 0 up; got 'a'"),
        ({"weight": [1.0, -1.0, 1.0]}, r"weight\[1\] is a finite number from 0 up; got -1.0"),
        ({"weight": [1.0, math.nan, 1.0]}, "got nan"),
        ({"ignore_index": 1.5}, "ignore_index is a whole number; got 1.5"),
        ({"ignore_index": None}, "ignore_index is a whole number; got None"),
        ({"label_smoothing": 1.5}, "label_smoothing is a share, from 0 to 1; got 1.5"),
        ({"label_smoothing": "a"}, "label_smoothing is a share, from 0 to 1; got 'a'"),
        ({"reduction": "avg"}, "reduction is one of mean, sum, none; got 'avg'"),
        ({"reduction": None}, "reduction is one of mean, sum, none; got None"),
    ],
)
def test_bad_options_are_refused_by_module_and_function(made: str, options: Any, text: str) -> None:
    with pytest.raises(nn.OptionError, match=text):
        nn.CrossEntropyLoss(**options) if made == "module" else nn.cross_entropy(LOGITS, CLASSES, **options)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: nn.cross_entropy(LOGITS, CLASSES, weight=[1.0, 2.0]),
            "one number for each class; got 2 for 3 classes",
        ),
        (lambda: nn.nll_loss(LOGITS, CLASSES, weight=[1.0]), "one number for each class; got 1 for 3 classes"),
        (lambda: nn.cross_entropy(LOGITS, SHARES, ignore_index=1), "ignore_index is for class indices; got 1 beside"),
    ],
)
def test_options_that_do_not_fit_the_data_are_refused(call: Any, text: str) -> None:
    with pytest.raises(nn.OptionError, match=text):
        call()


def test_a_weighted_loss_can_be_trained_on() -> None:
    model = nn.Linear(2, 2, init="zeros")
    points, classes = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, -100]
    criterion, optimizer = nn.CrossEntropyLoss([1.0, 3.0], label_smoothing=0.1), nn.optim.SGD(model.parameters(), lr=1)
    for _ in range(20):
        optimizer.zero_grad()
        criterion(model(points), classes).backward()
        optimizer.step()
    assert [p[c].data > p[1 - c].data for p, c in zip(model(points), classes[:2], strict=False)] == [True, True]


@pytest.mark.parametrize("loss", [
    lambda x: nn.cross_entropy(x, [0, -100], reduction="none"), lambda x: nn.nll_loss(x, [0, -100], reduction="none"),
    lambda x: nn.kl_div(x[1], [1.0, 0.0], reduction="none"),
])  # fmt: skip
def test_losses_that_count_for_nothing_are_values_like_the_others(loss: Any) -> None:
    found = loss([values([1.0, 2.0]), values([1.0, 2.0])])
    assert [type(entry) for entry in found] == [Value, Value]
    assert found[1].data == 0.0
    found[1].backward()


@pytest.mark.parametrize("target", [[1, 1], [0, 0], [2, 0], [0.5, -0.5], [-100, -93]])
def test_what_is_no_distribution_is_refused(target: list[float]) -> None:
    with pytest.raises(nn.TargetError, match="for a distribution over 2 classes, and it is none"):
        nn.cross_entropy([1.0, 2.0], target)
