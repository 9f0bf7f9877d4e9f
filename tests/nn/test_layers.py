"""Linear, Sequential, Dropout, BatchNorm and the activations, held against PyTorch: values and gradients."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest

import autograd
import nn
from autograd import AutogradError, LengthError, Value
from nn.nested import flat
from tests.autograd.counting import lines_run
from tests.nn.samples import close, data, grads, rows, tensor, values
from tests.requires import requires

ACTIVATIONS = {
    "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid, "softplus": nn.Softplus, "identity": nn.Identity,
}  # fmt: skip


def total(x: Any, weights: list[list[float]]) -> Value:
    """A scalar in which every entry of a batch has a weight of its own."""
    loss: Value = autograd.dot(flat(weights), flat(x))
    return loss


# --- Linear, Sequential -----------------------------------------------------------------------------------------------


def test_linear_is_pytorchs_in_value_and_gradients() -> None:
    torch = requires("torch")
    layer = nn.Linear(3, 2, rng=random.Random(1))
    x, weights = rows(4, 3, 2), rows(4, 2, 3)
    inputs = values(x)
    out = layer(inputs)
    total(out, weights).backward()

    theirs = torch.nn.Linear(3, 2, dtype=torch.float64)
    theirs.load_state_dict({"weight": tensor(data(layer.weight)), "bias": tensor(data(layer.bias))})
    given = tensor(x, requires_grad=True)
    expected = theirs(given)
    (expected * tensor(weights)).sum().backward()
    assert data(out) == close(expected.tolist())
    assert grads(inputs) == close(given.grad.tolist())
    assert grads(layer.weight) == close(theirs.weight.grad.tolist())
    assert grads(layer.bias) == close(theirs.bias.grad.tolist())


def test_linear_without_bias_has_none() -> None:
    layer = nn.Linear(2, 1, bias=False)
    assert layer.bias is None
    assert len(layer.parameters()) == 2
    assert data(layer([0, 0])) == [0.0]


def test_linear_gives_a_list_for_one_output_too() -> None:
    assert len(nn.Linear(2, 1)([1.0, 2.0])) == 1


def test_linear_takes_one_node_an_output() -> None:
    out = nn.Linear(50, 2)([0.5] * 50)
    assert [y.op.name for y in out] == ["dot", "dot"]
    assert len(autograd.topological_order(out[0])) == 50 + 1 + 1


def test_linear_takes_a_vector_of_one_without_a_list() -> None:
    layer = nn.Linear(1, 2)
    assert data(layer(2.0)) == data(layer([2.0]))


def test_sequential_applies_modules_names_and_functions_in_order() -> None:
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, "tanh", lambda out: autograd.sum(out))
    assert model([1.0, -1.0]).data == pytest.approx(sum(y.tanh().data for y in layer([1.0, -1.0])))
    assert (len(model), model[0], next(iter(model))) == (3, layer, layer)


def test_sequential_labels_parameters_by_their_path() -> None:
    model = nn.Sequential(nn.ReLU()).append(nn.Linear(1, 1))
    assert [p.label for p in model.parameters()] == ["layers[1].weight[0][0]", "layers[1].bias[0]"]


def test_a_slice_of_a_sequential_is_one_of_the_same_layers() -> None:
    model = nn.Sequential(nn.Linear(2, 3), "relu", nn.Linear(3, 1))
    part = model[:2]
    assert isinstance(part, nn.Sequential)
    assert list(part) == list(model)[:2]
    assert model[2].weight[0][0].label == "layers[2].weight[0][0]"


# --- what layers are called with --------------------------------------------------------------------------------------

LAYERS: dict[str, Callable[[], nn.Module]] = {
    "Neuron": lambda: nn.Neuron(2, nonlin=False, rng=random.Random(0)),
    "Layer": lambda: nn.Layer(2, 2, rng=random.Random(0)),
    "MLP": lambda: nn.MLP(2, [3, 1], rng=random.Random(0)),
    "Linear": lambda: nn.Linear(2, 2, rng=random.Random(0)),
    "Sequential": lambda: nn.Sequential(nn.Linear(2, 2, rng=random.Random(0)), "tanh"),
    "BatchNorm": lambda: nn.BatchNorm(2),
    "Dropout": lambda: nn.Dropout(0.5, rng=random.Random(0)),
    "Tanh": nn.Tanh,
    "Softmax": nn.Softmax,
    "LogSoftmax": nn.LogSoftmax,
}
MATRIX = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


@pytest.fixture(params=LAYERS)
def make(request: pytest.FixtureRequest) -> Callable[[], nn.Module]:
    """A fresh layer at each call, always with the same weights."""
    return LAYERS[request.param]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "longdouble", "int8", "uint64", "bool", "object"])
def test_arrays_of_every_kind_are_what_their_lists_are(make: Callable[[], Any], kind: str) -> None:
    numpy = requires("numpy")
    expected = data(make()(MATRIX))
    assert data(make()(numpy.array(MATRIX, dtype=kind))) == expected
    assert data(make()(list(numpy.array(MATRIX, dtype=kind)))) == expected


def test_tuples_and_iterators_of_rows_are_batches(make: Callable[[], Any]) -> None:
    expected = data(make()(MATRIX))
    assert data(make()(tuple(map(tuple, MATRIX)))) == expected
    assert data(make()(tuple(row) for row in MATRIX)) == expected
    assert data(make()([tuple(row) for row in MATRIX])) == expected


def test_a_table_is_a_batch_of_its_rows(make: Callable[[], Any]) -> None:
    numpy = requires("numpy")

    class Table:
        """As pandas has it: it is walked by the names of its columns, and [] takes one of these."""

        def to_numpy(self) -> Any:
            return numpy.array(MATRIX)

        def __iter__(self) -> Any:
            return iter(["a", "b"])

        def __len__(self) -> int:
            return 3

        def __getitem__(self, name: str) -> Any:
            return numpy.array(MATRIX)[:, ["a", "b"].index(name)]

    assert data(make()(Table())) == data(make()(MATRIX))


@pytest.mark.parametrize("wrong", ["ab", b"ab", None, {0: 1.0, 1: 2.0}, {1.0, 2.0}, [None, 1.0], ["a", "b"], [1j, 0.0],
                                   [[1.0, 2.0], [None, 1.0]], [10**400, 1.0]])  # fmt: skip
def test_what_is_no_number_is_refused_in_words(make: Callable[[], nn.Module], wrong: Any) -> None:
    with pytest.raises(AutogradError) as caught:
        make().eval()(wrong) if not isinstance(wrong, list) else make()(wrong * 20)
    assert isinstance(caught.value, TypeError | OverflowError | LengthError)


@pytest.mark.parametrize("name", ["Neuron", "Layer", "MLP", "Linear", "Sequential", "BatchNorm"])
@pytest.mark.parametrize("wrong", [[], [[]], [1.0], [[1.0, 2.0], [3.0]], [[1.0, 2.0, 3.0]], 3.0])
def test_a_sample_of_another_length_is_refused(name: str, wrong: Any) -> None:
    with pytest.raises(LengthError, match="takes"):
        LAYERS[name]().eval()(wrong)


@pytest.mark.parametrize("name", ["Neuron", "MLP", "Linear", "Sequential", "BatchNorm", "Tanh"])
def test_nan_among_the_inputs_is_seen_in_the_output(name: str) -> None:
    assert any(map(math.isnan, flat(data(LAYERS[name]().eval()([[math.nan, 1.0]])))))


# --- Dropout ----------------------------------------------------------------------------------------------------------


def test_dropout_keeps_the_mean_and_drops_its_share() -> None:
    layer = nn.Dropout(0.3, rng=random.Random(5))
    out = layer([1.0] * 20_000)
    assert set(out) == {0.0, 1.0 / 0.7}
    assert out.count(0.0) / len(out) == pytest.approx(0.3, abs=0.02)
    assert sum(out) / len(out) == pytest.approx(1.0, abs=0.03)


def test_dropout_does_nothing_in_evaluation() -> None:
    assert nn.Dropout(0.9).eval()([[1.0, 2.0]]) == [[1.0, 2.0]]


def test_dropout_is_seeded_by_its_generator_or_by_the_module_random() -> None:
    x = [1.0] * 50
    assert nn.Dropout(rng=random.Random(3))(x) == nn.Dropout(rng=random.Random(3))(x)
    random.seed(3)
    assert nn.Dropout()(x) == nn.Dropout(rng=random.Random(3))(x)


def test_dropout_passes_gradients_to_what_it_kept() -> None:
    x = values([1.0] * 40)
    out = nn.Dropout(0.5, rng=random.Random(2))(x)
    autograd.sum(out).backward()
    assert [p.grad for p in x] == [2.0 if isinstance(y, Value) else 0.0 for y in out]


@pytest.mark.parametrize(("p", "expected"), [(0.0, [1.0, 2.0]), (1.0, [0.0, 0.0])])
def test_dropout_at_its_bounds(p: float, expected: list[float]) -> None:
    assert nn.Dropout(p)([1.0, 2.0]) == expected


# --- BatchNorm --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"momentum": None}, {"affine": False}, {"eps": 0.1, "momentum": 0.5},
                                     {"track_running_stats": False}])  # fmt: skip
def test_batchnorm_is_pytorchs_in_training_and_evaluation(options: dict[str, Any]) -> None:
    torch = requires("torch")
    layer, theirs = nn.BatchNorm(3, **options), torch.nn.BatchNorm1d(3, dtype=torch.float64, **options)
    if layer.affine:
        for j, (scale, shift) in enumerate(rows(3, 2, 5)):
            layer.weight[j].data, layer.bias[j].data = scale, shift
        theirs.load_state_dict(
            theirs.state_dict() | {"weight": tensor(data(layer.weight)), "bias": tensor(data(layer.bias))}
        )
    for batch in range(3):
        x, weights = rows(5, 3, 10 + batch), rows(5, 3, 20 + batch)
        inputs, given = values(x), tensor(x, requires_grad=True)
        layer.zero_grad()
        theirs.zero_grad()
        out, expected = layer(inputs), theirs(given)
        total(out, weights).backward()
        (expected * tensor(weights)).sum().backward()
        assert data(out) == close(expected.tolist())
        assert grads(inputs) == close(given.grad.tolist())
        if layer.affine:
            assert grads(layer.weight) == close(theirs.weight.grad.tolist())
            assert grads(layer.bias) == close(theirs.bias.grad.tolist())
    if layer.track_running_stats:
        assert layer.running_mean == close(theirs.running_mean.tolist())
        assert layer.running_var == close(theirs.running_var.tolist())
        assert layer.num_batches_tracked == theirs.num_batches_tracked.item() == 3
    layer.eval()
    theirs.eval()
    x = rows(4, 3, 30)
    before = layer.state_dict()
    inputs, given = values(x), tensor(x, requires_grad=True)
    out, expected = layer(inputs), theirs(given)
    total(out, x).backward()
    (expected * tensor(x)).sum().backward()
    assert data(out) == close(expected.tolist())
    assert grads(inputs) == close(given.grad.tolist())
    assert layer.state_dict() == before


def test_batchnorm_takes_one_sample_in_evaluation_only() -> None:
    layer = nn.BatchNorm(2)
    with pytest.raises(LengthError, match="two samples or more"):
        layer([[1.0, 2.0]])
    assert data(layer.eval()([1.0, 2.0])) == close([1.0, 2.0], 1e-4)


def test_batchnorm_refuses_another_width() -> None:
    with pytest.raises(LengthError, match="2 features; got 3"):
        nn.BatchNorm(2)([[1.0, 2.0, 3.0]] * 2)


def test_a_running_variance_below_zero_gives_nan_and_no_exception() -> None:
    layer = nn.BatchNorm(1).eval()
    layer.load_state_dict(layer.state_dict() | {"running_var[0]": -5.0})
    assert math.isnan(layer([1.0])[0].data)


def test_batchnorm_resets_to_a_fresh_one() -> None:
    layer = nn.BatchNorm(2)
    fresh = layer.state_dict()
    layer(rows(3, 2, 1))
    layer.weight[0].data = 5.0
    layer.reset_parameters()
    assert layer.state_dict() == fresh


# --- activations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_pytorchs_in_value_and_gradient(name: str) -> None:
    torch = requires("torch")
    module = nn.activation(name)
    assert type(module) is ACTIVATIONS[name]
    x = [*rows(3, 4, 6), [-1000.0, -30.0, 30.0, 1000.0]]
    inputs, given = values(x), tensor(x, requires_grad=True)
    out, expected = module(inputs), getattr(torch.nn, type(module).__name__)()(given)
    total(out, x).backward()
    (expected * tensor(x)).sum().backward()
    assert data(out) == close(expected.tolist(), 1e-9 if name == "softplus" else 1e-12)  # torch: linear from 20 on
    assert grads(inputs) == close(given.grad.tolist(), 2e-8 if name == "softplus" else 1e-10)


def test_activations_take_their_options() -> None:
    assert nn.LeakyReLU(0.5)([-2.0]) == [-1.0]
    assert nn.ELU(2.0)(-1000.0) == -2.0
    assert repr(nn.LeakyReLU(0.5)) == "LeakyReLU(negative_slope=0.5)"
    assert nn.Sine()(0.0) == 0.0


def test_an_unknown_activation_is_refused_with_those_there_are() -> None:
    with pytest.raises(nn.OptionError, match="'swoosh'; there are identity, "):
        nn.activation("swoosh")


@pytest.mark.parametrize(("ours", "theirs"), [(nn.Softmax, "Softmax"), (nn.LogSoftmax, "LogSoftmax")])
def test_softmax_is_pytorchs_in_value_and_gradient(ours: type[nn.Module], theirs: str) -> None:
    torch = requires("torch")
    x, weights = [*rows(2, 3, 7), [1000.0, -1000.0, 999.0]], rows(3, 3, 8)
    inputs, given = values(x), tensor(x, requires_grad=True)
    out, expected = ours()(inputs), getattr(torch.nn, theirs)(dim=-1)(given)
    total(out, weights).backward()
    (expected * tensor(weights)).sum().backward()
    assert data(out) == close(expected.tolist())
    assert grads(inputs) == close(given.grad.tolist())


@pytest.mark.parametrize("function", [nn.softmax, nn.log_softmax, nn.ReLU(), nn.Softmax(), nn.Dropout()])
def test_plain_numbers_make_no_nodes(function: Any) -> None:
    assert all(isinstance(y, float) for y in function([1.0, -2.0, 3.0]))


def test_appending_labels_what_comes_and_is_linear(without_collector: None) -> None:
    def grown(n: int) -> nn.Sequential:
        model = nn.Sequential()
        for _ in range(n):
            model.append(nn.Linear(1, 1)).append("relu")
        return model

    labels = [p.label for p in grown(3).parameters()]
    whole = nn.Sequential(*[layer for _ in range(3) for layer in (nn.Linear(1, 1), "relu")])
    assert labels == [p.label for p in whole.parameters()] == [name for name, _ in whole.named_parameters()]
    assert lines_run(lambda: grown(80)) < 2.2 * lines_run(lambda: grown(40))


def test_appending_a_layer_that_shares_its_weights_keeps_their_first_name() -> None:
    first = nn.Linear(2, 2)
    model = nn.Sequential(first, "relu")
    second = nn.Linear(2, 2)
    second.weight = first.weight
    model.append(second).append(nn.Sequential(nn.Linear(2, 1)))
    assert [p.label for p in model.parameters()] == [name for name, _ in model.named_parameters()]


def test_an_initialisation_that_fails_leaves_the_layer_as_it_was() -> None:
    layer = nn.Linear(2, 2)
    before = layer.state_dict()
    calls = iter([1.0, 2.0, 3.0])
    with pytest.raises(StopIteration):
        layer.reset_parameters(lambda fan_in, fan_out, rng: next(calls))
    assert layer.state_dict() == before


def test_an_initialisation_by_name_and_by_function_are_one() -> None:
    by_name, by_function = (
        nn.Linear(3, 2, init=init, rng=random.Random(0)).state_dict()
        for init in ("fan_in_uniform", nn.init.fan_in_uniform)
    )
    assert by_name == by_function
