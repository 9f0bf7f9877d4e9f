"""Losses and penalties against PyTorch, in value and gradient, far from 0 too; what they refuse; how few nodes."""

from __future__ import annotations

from typing import Any

import pytest

import autograd
import nn
from autograd import AutogradError, LengthError, OperandTypeError, Value, topological_order
from nn.losses import FUNCTIONS, loss_function
from tests.nn.samples import close, data, grads, numbers, rows, tensor, values
from tests.requires import requires

PREDICTED = [[0.3, -1.5, 2.0], [0.0, 4.0, -0.7]]
WANTED = [[0.0, 1.5, 2.0], [1.0, 3.5, -0.2]]
SHARES = [[0.1, 0.9, 0.5], [0.0, 1.0, 0.25]]
LOGITS = [[0.5, -1.0, 2.0], [1000.0, -1000.0, 999.0], [-1000.0, -1000.0, -1001.0], [3.0, 3.0, 3.0]]
DISTRIBUTIONS = [[0.2, 0.3, 0.5], [0.0, 0.0, 1.0], [0.25, 0.75, 0.0], [0.5, 0.2, 0.1]]
HUGE = [[1000.0, -1000.0, 0.0], [-1000.0, 1000.0, 20.0]]

CASES = [
    ("mse_loss", {}, PREDICTED, WANTED),
    ("l1_loss", {}, PREDICTED, WANTED),
    ("huber_loss", {}, PREDICTED, WANTED),
    ("huber_loss", {"delta": 0.4}, PREDICTED, WANTED),
    ("mse_loss", {}, HUGE, WANTED),
    ("l1_loss", {}, HUGE, WANTED),
    ("huber_loss", {}, HUGE, WANTED),
    ("binary_cross_entropy", {}, [[0.3, 0.9, 0.5], [0.001, 0.999, 1e-6]], SHARES),
    ("binary_cross_entropy", {}, [[0.3, 0.9], [0.5, 1e-9]], [[0.0, 1.0], [1.0, 0.0]]),
    ("binary_cross_entropy", {"weight": [0.5, 2.0, 0.0]}, [[0.3, 0.9, 0.5], [0.001, 0.999, 1e-6]], SHARES),
    ("binary_cross_entropy", {"weight": [[2.0], [0.5]]}, [[0.3, 0.9], [0.5, 1e-9]], [[0.0, 1.0], [1.0, 0.0]]),
    ("binary_cross_entropy_with_logits", {}, PREDICTED, SHARES),
    ("binary_cross_entropy_with_logits", {"weight": [0.5, 2.0, 0.0]}, HUGE, SHARES),
    ("binary_cross_entropy_with_logits", {"pos_weight": [0.5, 2.0, 1.0]}, HUGE, SHARES),
    ("binary_cross_entropy_with_logits", {"pos_weight": 3.0}, HUGE, [[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("binary_cross_entropy_with_logits", {"weight": [[1.5], [0.2]], "pos_weight": [3.0, 0.0, 1.0]}, PREDICTED, SHARES),
    ("binary_cross_entropy_with_logits", {}, HUGE, [[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("binary_cross_entropy_with_logits", {}, HUGE, SHARES),
    ("cross_entropy", {}, LOGITS, [2, 1, 0, 1]),
    ("cross_entropy", {}, LOGITS, DISTRIBUTIONS),
    ("nll_loss", {}, LOGITS, [2, 1, 0, 1]),
    ("kl_div", {}, PREDICTED, SHARES),
    ("kl_div", {}, HUGE, SHARES),
    ("kl_div", {"log_target": True}, PREDICTED, WANTED),
]
MODULES = {
    "mse_loss": "MSELoss", "l1_loss": "L1Loss", "huber_loss": "HuberLoss", "hinge_loss": "HingeLoss",
    "binary_cross_entropy": "BCELoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "cross_entropy": "CrossEntropyLoss", "nll_loss": "NLLLoss", "kl_div": "KLDivLoss",
}  # fmt: skip


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("name", "options", "x", "y"), CASES)
@pytest.mark.filterwarnings("ignore:reduction:UserWarning")  # torch, of its own default for kl_div
def test_losses_are_pytorchs_in_value_and_gradient(
    name: str, options: dict[str, Any], x: Any, y: Any, reduction: str
) -> None:
    torch = requires("torch")
    inputs, given = values(x), tensor(x, requires_grad=True)
    loss = getattr(nn, name)(inputs, y, reduction=reduction, **options)
    theirs = {key: tensor(option) if "weight" in key else option for key, option in options.items()}
    expected = getattr(torch.nn.functional, name)(given, tensor(y), reduction=reduction, **theirs)
    assert data(loss) == close(expected.tolist())
    nodes = (
        [entry for row in loss for entry in (row if isinstance(row, list) else [row])] if reduction == "none" else []
    )
    (autograd.sum(nodes) if nodes else loss).backward()
    expected.sum().backward()
    assert grads(inputs) == close(given.grad.tolist())


@pytest.mark.parametrize(("name", "options", "x", "y"), CASES)
def test_plain_numbers_make_no_nodes(name: str, options: dict[str, Any], x: Any, y: Any) -> None:
    assert isinstance(getattr(nn, name)(x, y, **options), float)


@pytest.mark.parametrize(("name", "options", "x", "y"), CASES)
def test_modules_are_their_functions(name: str, options: dict[str, Any], x: Any, y: Any) -> None:
    module = getattr(nn, MODULES[name])(reduction="sum", **options)
    assert module(x, y) == getattr(nn, name)(x, y, reduction="sum", **options)
    assert "reduction='sum'" in repr(module)


@pytest.mark.parametrize(("name", "y"), [("mse_loss", WANTED), ("l1_loss", WANTED), ("huber_loss", WANTED),
                                         ("binary_cross_entropy_with_logits", SHARES), ("cross_entropy", SHARES),
                                         ("kl_div", SHARES)])  # fmt: skip
def test_targets_may_be_values_that_get_gradients(name: str, y: list[list[float]]) -> None:
    torch = requires("torch")
    targets, given = values(y), tensor(y, requires_grad=True)
    loss = getattr(nn, name)(values(PREDICTED), targets, reduction="sum")
    loss.backward()
    expected = getattr(torch.nn.functional, name)(tensor(PREDICTED), given, reduction="sum")
    expected.backward()
    assert loss.data == pytest.approx(expected.item(), rel=1e-12)
    if name == "kl_div":  # d(t ln t)/dt is -inf at 0; torch says so, and where() keeps the constant's 0
        given.grad[1][0] = targets[1][0].grad
    assert grads(targets) == close(given.grad.tolist())


def test_binary_cross_entropy_takes_targets_that_are_values() -> None:
    p, y = Value(0.3), Value(0.8)
    nn.binary_cross_entropy(p, y).backward()
    torch = requires("torch")
    q, z = tensor(0.3, requires_grad=True), tensor(0.8)
    torch.nn.functional.binary_cross_entropy(q, z).backward()
    assert p.grad == pytest.approx(q.grad.item(), rel=1e-12)


def test_kl_div_by_batch_is_pytorchs() -> None:
    torch = requires("torch")
    expected = torch.nn.functional.kl_div(tensor(PREDICTED), tensor(SHARES), reduction="batchmean")
    assert nn.kl_div(PREDICTED, SHARES, reduction="batchmean") == pytest.approx(expected.item(), rel=1e-6)
    assert nn.KLDivLoss("batchmean")(PREDICTED, SHARES) == nn.kl_div(PREDICTED, SHARES, reduction="batchmean")


def test_hinge_loss_is_scikit_learns() -> None:
    metrics = requires("sklearn.metrics")
    scores, targets = numbers(20, 4), [1 if n > 0 else -1 for n in numbers(20, 5)]
    assert nn.hinge_loss(scores, targets) == pytest.approx(metrics.hinge_loss(targets, scores), rel=1e-12)


def test_hinge_loss_pushes_only_what_is_within_the_margin() -> None:
    scores = values([0.5, 2.0, -1000.0, 1000.0])
    nn.hinge_loss(scores, [1, 1, 1, -1], reduction="sum").backward()
    assert grads(scores) == [-1.0, 0.0, -1.0, 1.0]


def test_cross_entropy_of_one_sample_is_two_nodes() -> None:
    logits = values([1.0, 2.0, 3.0])
    loss = nn.cross_entropy(logits, 1)
    assert len(topological_order(loss)) == len(logits) + 2


def test_a_mean_is_one_node() -> None:
    loss = nn.l1_loss(values([1.0, 2.0, 3.0]), [0.0, 0.0, 0.0])
    assert loss.op is not None
    assert (loss.op.name, len(loss.parents)) == ("mean", 3)


def test_a_bare_target_may_stand_beside_a_list_of_one() -> None:
    assert nn.mse_loss([[1.0], [2.0]], [0.0, 0.0]) == 2.5
    assert nn.cross_entropy([[0.0, 0.0]], [[1]]) == nn.cross_entropy([0.0, 0.0], 1)


def test_numpy_predictions_and_targets_are_taken() -> None:
    numpy = requires("numpy")
    assert nn.mse_loss(numpy.array([1.0, 2.0]), numpy.array([0, 0])) == 2.5
    assert nn.cross_entropy(numpy.array(LOGITS), numpy.array([2, 1, 0, 1])) == nn.cross_entropy(LOGITS, [2, 1, 0, 1])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: nn.mse_loss([1.0, 2.0], [1.0]), r"same shape; got \(2,\) and \(1,\)"),
        (lambda: nn.mse_loss([[1.0, 2.0]], [1.0]), r"same shape; got \(1, 2\) and \(1,\)"),
        (lambda: nn.cross_entropy([0.0, 1.0], 2), "from 0 to 1; got 2"),
        (lambda: nn.cross_entropy([0.0, 1.0], -1), "got -1"),
        (lambda: nn.cross_entropy([0.0, 1.0], 0.5), "got 0.5"),
        (lambda: nn.cross_entropy([0.0, 1.0], "cat"), "got 'cat'"),
        (lambda: nn.cross_entropy([0.0, 1.0], float("nan")), "got nan"),
        (lambda: nn.nll_loss([[0.0, 1.0]], [5]), "nll_loss takes the index of a class"),
        (lambda: nn.cross_entropy([[0.0, 1.0]] * 2, [1]), "one target for each of the 2 samples; got 1"),
        (lambda: nn.cross_entropy([[0.0, 1.0]], [[0.1, 0.2, 0.7]]), "2 logits and a distribution over 3"),
        (lambda: nn.hinge_loss([0.5], [0]), r"Classes 0 and 1 become 2 \* y - 1"),
        (lambda: nn.binary_cross_entropy(1.5, 1), "there is binary_cross_entropy_with_logits"),
        (lambda: nn.binary_cross_entropy(0.5, 2), "targets from 0 to 1; got 2. For several classes"),
        (lambda: nn.binary_cross_entropy_with_logits([0.5], [-1]), "targets from 0 to 1; got -1"),
    ],
)  # fmt: skip
def test_targets_that_do_not_fit_are_refused(call: Any, text: str) -> None:
    with pytest.raises(nn.TargetError, match=text) as error:
        call()
    assert isinstance(error.value, AutogradError)
    assert isinstance(error.value, ValueError)


ANY: Any = nn  # whose arguments no type checker looks at: here they are wrong on purpose


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: nn.mse_loss(1.0, 1.0, reduction="avg"), "reduction is one of mean, sum, none; got 'avg'"),
        (lambda: nn.kl_div([0.0], [1.0], reduction="avg"), "one of mean, sum, none, batchmean; got 'avg'"),
        (lambda: nn.MSELoss(reduction="avg"), "reduction is one of mean, sum, none; got 'avg'"),
        (lambda: nn.L1Loss("batchmean"), "reduction is one of mean, sum, none; got 'batchmean'"),
        (lambda: nn.huber_loss(1, 1, delta=0), "delta is a number above 0; got 0"),
        (lambda: nn.HuberLoss(delta=-1.0), "delta is a number above 0; got -1.0"),
        (lambda: nn.HuberLoss(delta=float("nan")), "delta is a number above 0; got nan"),
        (lambda: ANY.huber_loss(1, 1, delta="a"), "delta is a number above 0; got 'a'"),
        (lambda: ANY.KLDivLoss(log_target="yes"), "log_target is True or False; got 'yes'"),
        (lambda: ANY.BCELoss("sum"), r"reduction is named: reduction='sum'.*got 'sum'"),
        (lambda: nn.BCELoss(weight=[1.0, -2.0]), "weight is a finite number from 0 up; got -2.0"),
        (lambda: ANY.BCEWithLogitsLoss(pos_weight="a"), "pos_weight.* a finite number from 0 up; got 'a'"),
        (lambda: nn.binary_cross_entropy([0.5] * 3, [1] * 3, weight=[1.0, 2.0]), r"targets' shape \(3,\).*got \(2,\)"),
        (lambda: nn.binary_cross_entropy([0.5], [1], weight=[[1.0]]), r"targets' shape \(1,\).*got \(1, 1\)"),
        (
            lambda: nn.binary_cross_entropy_with_logits([0.5] * 3, [1] * 3, pos_weight=[]),
            r"pos_weight has the targets' shape \(3,\).*got \(0,\)",
        ),
        (lambda: loss_function("mean_error"), "no loss is called 'mean_error'; there are mse_loss"),
        (lambda: ANY.losses.loss_function([3]), r"no loss is called \[3\]"),
    ],
)
def test_bad_options_are_refused(call: Any, text: str) -> None:
    with pytest.raises(nn.OptionError, match=text):
        call()


@pytest.mark.parametrize("wrong", ["a", None, b"a", {0: 1.0}, {1.0}, 1j])
def test_what_is_no_number_is_refused_in_words(wrong: Any) -> None:
    for call in (lambda: nn.mse_loss([wrong], [1.0]), lambda: nn.l1_loss(1.0, wrong), lambda: nn.kl_div(wrong, 0.5)):
        with pytest.raises(OperandTypeError, match="was expected"):
            call()


def test_an_empty_batch_has_no_mean_and_the_sum_0() -> None:
    for loss in (nn.mse_loss, nn.cross_entropy, nn.nll_loss, nn.binary_cross_entropy):
        with pytest.raises(LengthError, match="no operands"):
            loss([], [])
        assert float(loss([], [], reduction="sum")) == 0.0
        assert loss([], [], reduction="none") == []


def test_weights_for_samples_may_stand_beside_predictions_in_lists_of_one() -> None:
    ours = nn.binary_cross_entropy([[0.25], [0.5]], [1, 0], weight=[2.0, 1.0], reduction="none")
    assert ours == nn.binary_cross_entropy([[0.25], [0.5]], [[1], [0]], weight=[[2.0], [1.0]], reduction="none")


def test_an_infinite_delta_is_half_the_squared_error() -> None:
    assert nn.huber_loss([0.0, 0.0], [1.0, 100.0], delta=float("inf"), reduction="none") == [0.5, 5000.0]


def test_losses_are_found_by_name() -> None:
    assert loss_function("mse") is loss_function("mse_loss") is nn.mse_loss
    assert loss_function(abs) is abs
    assert set(MODULES) <= set(FUNCTIONS)


def test_binary_cross_entropy_of_a_saturated_sigmoid_is_finite() -> None:
    z = Value(-1000.0)
    loss = nn.binary_cross_entropy(z.sigmoid(), 1)
    loss.backward()
    assert (loss.data, z.grad) == (100.0, 0.0)


def test_the_huber_loss_has_second_derivatives() -> None:
    assert autograd.grad(autograd.grad(lambda x: nn.huber_loss(x, 0.0)))(0.5) == 1.0
    assert autograd.grad(autograd.grad(lambda x: nn.huber_loss(x, 0.0)))(5.0) == 0.0


# --- penalties --------------------------------------------------------------------------------------------------------


def test_penalties_are_their_formulas() -> None:
    weights = values(rows(1, 5, 3)[0])
    plain = data(weights)
    assert nn.l1_penalty(weights, 0.3).data == pytest.approx(0.3 * sum(map(abs, plain)))
    assert nn.l2_penalty(weights, 0.3).data == pytest.approx(0.3 * sum(w * w for w in plain))


def test_the_gradients_of_penalties_are_sign_and_double() -> None:
    weights = values([2.0, -3.0, 0.0])
    (nn.l1_penalty(weights, 10.0) + nn.l2_penalty(weights)).backward()
    assert grads(weights) == [14.0, -16.0, 0.0]


def test_a_penalty_of_a_module_is_over_all_its_parameters() -> None:
    model = nn.MLP(2, [3, 1])
    assert nn.l2_penalty(model).data == nn.l2_penalty(model.parameters()).data


def test_the_l2_penalty_is_one_node() -> None:
    assert nn.l2_penalty(values([1.0, 2.0])).op.name == "dot"


@pytest.mark.parametrize("strength", [-1.0, float("nan"), float("inf")])
def test_a_negative_strength_is_refused(strength: float) -> None:
    with pytest.raises(nn.OptionError, match="from 0 up"):
        nn.l1_penalty([Value(1.0)], strength)


def test_nan_is_no_probability() -> None:
    with pytest.raises(nn.TargetError, match="takes probabilities, from 0 to 1; got nan"):
        nn.binary_cross_entropy([float("nan")], [1.0])
