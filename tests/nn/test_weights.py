"""Layers keep their weights ready for many samples, and notice every way in which a learner may change them."""

from __future__ import annotations

import copy
import functools
import pickle
import random
from collections.abc import Callable
from typing import Any

import pytest

import autograd
import nn
from autograd import Value

X = [1.0, 2.0, 3.0]

MODELS: dict[str, Callable[[], Any]] = {
    "Neuron": lambda: nn.Neuron(3, nonlin=False, rng=random.Random(0)),
    "Layer": lambda: nn.Layer(3, 1, nonlin=False, rng=random.Random(0)),
    "Linear": lambda: nn.Linear(3, 1, rng=random.Random(0)),
}


def weights(model: Any) -> list[Value]:
    """The list that holds the weights of the first output."""
    found: list[Value] = model.weight[0] if isinstance(model, nn.Linear) else neuron(model).w
    return found


def neuron(model: Any) -> nn.Neuron:
    found: nn.Neuron = model.neurons[0] if isinstance(model, nn.Layer) else model
    return found


def bias(model: Any) -> Value:
    found: Value = model.bias[0] if isinstance(model, nn.Linear) else neuron(model).b
    return found


def called(model: Any) -> Value:
    output = model(X)
    value: Value = output[0] if isinstance(output, list) else output
    return value


def expected(model: Any) -> float:
    return sum(w.data * x for w, x in zip(weights(model), X, strict=True)) + bias(model).data


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Any:
    """A neuron or layer that was called before, so that its weights are ready."""
    made = MODELS[request.param]()
    called(made)
    return made


def test_a_new_number_is_seen(model: Any) -> None:
    weights(model)[1].data = 9.0
    assert called(model).data == pytest.approx(expected(model))


def test_a_replaced_weight_is_seen_and_learns(model: Any) -> None:
    before, after = weights(model)[1], Value(9.0)
    weights(model)[1] = after
    out = called(model)
    out.backward()
    assert out.data == pytest.approx(expected(model))
    assert (before.grad, after.grad) == (0.0, 2.0)


def test_a_replaced_list_of_weights_is_seen(model: Any) -> None:
    fresh = [Value(1.0), Value(2.0), Value(3.0)]
    if isinstance(model, nn.Linear):
        model.weight = [fresh]
    else:
        neuron(model).w = fresh
    assert called(model).data == pytest.approx(14.0 + bias(model).data)
    fresh[0] = Value(11.0)  # a plain list tells nobody, and is read at each call
    assert called(model).data == pytest.approx(24.0 + bias(model).data)


def test_a_replaced_bias_is_seen_and_learns(model: Any) -> None:
    fresh = Value(5.0)
    if isinstance(model, nn.Linear):
        model.bias[0] = fresh
    else:
        neuron(model).b = fresh
    out = called(model)
    out.backward()
    assert out.data == pytest.approx(expected(model))
    assert fresh.grad == 1.0


def test_a_layer_may_lose_its_biases() -> None:
    layer = nn.Linear(3, 1)
    before = called(layer)
    bias_before, layer.bias = bias(layer).data, None
    assert called(layer).data == pytest.approx(before.data - bias_before)


def test_frozen_and_thawed_weights_are_seen(model: Any) -> None:
    weights(model)[0].requires_grad = False
    called(model).backward()
    assert [w.grad for w in weights(model)] == [0.0, 2.0, 3.0]
    weights(model)[0].requires_grad = True
    called(model).backward()
    assert [w.grad for w in weights(model)] == [1.0, 4.0, 6.0]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_has_weights_of_its_own(model: Any, copied: Callable[[Any], Any]) -> None:
    other = copied(model)
    assert called(other).data == called(model).data
    weights(other)[0].data += 1.0
    assert called(other).data == pytest.approx(called(model).data + 1.0)
    called(other).backward()
    assert weights(model)[0].grad == 0.0
    assert weights(other)[0].grad == 1.0


def test_a_weight_that_is_computed_from_others_passes_its_gradient_on(model: Any) -> None:
    source = Value(3.0)
    weights(model)[2] = source * 2
    called(model).backward()
    assert source.grad == 6.0


def test_replaced_and_added_neurons_are_seen() -> None:
    layer = nn.Layer(3, 2)
    layer(X)
    layer.neurons[1] = nn.Neuron(3, activation="tanh")
    assert [out.data for out in layer(X)] == [neuron(X).data for neuron in layer.neurons]
    layer.neurons.append(nn.Neuron(3))
    assert [out.data for out in layer(X)] == [neuron(X).data for neuron in layer.neurons]
    layer.neurons = [nn.Neuron(3), nn.Neuron(3)]
    layer(X)
    layer.neurons[0] = nn.Neuron(3)  # a plain list tells nobody, and is read at each call
    assert [out.data for out in layer(X)] == [neuron(X).data for neuron in layer.neurons]


def test_another_activation_is_seen() -> None:
    layer = nn.Layer(3, 2)
    layer(X)
    for neuron in layer.neurons:
        neuron.activation = "tanh"
    assert {out._op for out in layer(X)} == {"tanh"}


def test_a_neuron_of_one_s_own_is_asked_itself() -> None:
    class Doubling(nn.Neuron):
        def __call__(self, x: Any) -> Any:
            return super().__call__(x) * 2

    layer = nn.Layer(3, 2, nonlin=False)
    plain = [out.data for out in layer(X)]
    for neuron in layer.neurons:
        neuron.__class__ = Doubling
    assert [out.data for out in layer(X)] == [2 * number for number in plain]


def test_a_layer_of_neurons_of_unequal_width_says_which_one_refuses() -> None:
    layer = nn.Layer(3, 2)
    layer.neurons[1] = nn.Neuron(2)
    with pytest.raises(autograd.LengthError, match="takes 2 inputs; got 3"):
        layer(X)


def test_two_layers_may_share_weights() -> None:
    first, second = nn.Layer(3, 2, nonlin=False), nn.Layer(3, 2, nonlin=False)
    for one, other in zip(first.neurons, second.neurons, strict=True):
        other.w = one.w
    shared = first.neurons[0].w[0]
    out = first(X)[0] + second(X)[0] * 3
    out.backward()
    assert shared.grad == 4.0
    first.neurons[0].w[0] = fresh = Value(7.0)
    (first(X)[0] + second(X)[0] * 3).backward()
    assert (shared.grad, fresh.grad) == (4.0, 4.0)


def test_what_was_put_together_is_not_pickled(model: Any) -> None:
    weights(model)[1] = Value(9.0)  # noticed at the next call, which is in another process
    other = pickle.loads(pickle.dumps(model))
    assert called(other).data == pytest.approx(expected(other))
    assert not any(name.startswith("_kept") for name in model.__getstate__())


def test_a_layer_of_one_s_own_need_not_call_the_constructor() -> None:
    class Mine(nn.Layer):
        def __init__(self) -> None:
            self.neurons = [nn.Neuron(3), nn.Neuron(3)]
            self.softmax = False

    layer = Mine()
    assert [out.data for out in layer(X)] == [neuron(X).data for neuron in layer.neurons]


def test_a_deleted_bias_is_missed() -> None:
    layer = nn.Linear(3, 1)
    layer(X)
    del layer.bias
    with pytest.raises(AttributeError):
        layer(X)


def test_operands_hold_parameters_and_are_predictions() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            self.w = autograd.operands([Value(1.0), Value(2.0)])

    assert [p.data for p in Model().parameters()] == [1.0, 2.0]
    assert [name for name, _ in Model().named_parameters()] == ["w[0]", "w[1]"]
    for loss in (nn.mse_loss, nn.l1_loss):
        plain = loss([Value(1.0), Value(3.0)], [1.0, 1.0])
        assert loss(autograd.operands([Value(1.0), Value(3.0)]), autograd.operands([1.0, 1.0])).data == plain.data


def test_a_subclass_keeps_what_is_its_own() -> None:
    class Active(nn.Linear):
        def __init__(self) -> None:
            super().__init__(3, 1)
            self._activation, self._matrix = nn.ReLU(), "mine"

        def forward(self, x: Any) -> Any:
            return self._activation(super().forward(x))

    class Slotted(nn.Neuron):
        __slots__ = ("extra",)

    layer, slotted = Active(), Slotted(3)
    layer(X)
    other = copy.deepcopy(layer)
    assert (other(X)[0].data, other._matrix) == (layer(X)[0].data, "mine")
    slotted.extra = 3
    assert copy.copy(slotted).extra == 3


def test_a_layer_calls_whatever_stands_among_its_neurons() -> None:
    class Scale(nn.Module):
        def __call__(self, x: Any) -> Any:
            return x[0] * 2

    layer = nn.Layer(3, 2)
    layer.neurons[0] = Scale()
    assert layer([Value(x) for x in X])[0].data == 2.0


CHANGES: dict[str, Callable[[nn.MLP], Any]] = {
    "a weight": lambda model: model.layers[0].neurons[1].w.__setitem__(0, Value(7.0)),
    "all weights": lambda model: setattr(model.layers[1].neurons[0], "w", [Value(1.0), Value(2.0)]),
    "a weight in a list of one's own": lambda model: (
        setattr(model.layers[1].neurons[0], "w", [Value(1.0), Value(2.0)]),
        model.parameters(),
        model.layers[1].neurons[0].w.append(Value(3.0)),
    ),
    "a bias": lambda model: setattr(model.layers[0].neurons[0], "b", Value(3.0)),
    "a neuron": lambda model: model.layers[0].neurons.append(nn.Neuron(2)),
    "fewer neurons": lambda model: model.layers[0].neurons.pop(),
    "a layer": lambda model: model.layers.insert(1, nn.Layer(2, 2)),
    "an attribute": lambda model: setattr(model.layers[0], "extra", {"scale": Value(1.0)}),
    "an entry of such an attribute": lambda model: (
        setattr(model.layers[0], "extra", extra := {"scale": Value(1.0)}),
        model.parameters(),
        extra.update(shift=Value(2.0), inner=nn.Linear(2, 1)),
    ),
    "an attribute behind its back": lambda model: vars(model.layers[0]).update(extra=Value(1.0)),
    "an attribute by object": lambda model: object.__setattr__(model.layers[0].neurons[0], "extra", Value(1.0)),
    "an attribute behind its back for another": lambda model: vars(model.layers[0].neurons[0]).update(b=Value(1.0)),
    "no bias": lambda model: delattr(model.layers[0].neurons[0], "b"),
    "itself": lambda model: setattr(model.layers[0], "me", model.layers[0]),
    "the layer of a neuron": lambda model: setattr(model.layers[0].neurons[0], "layer", model.layers[0]),
    "a module that stands twice": lambda model: model.layers[1].neurons.append(model.layers[0].neurons[0]),
    "a frozen weight": lambda model: setattr(model.layers[0].neurons[0].w[0], "requires_grad", False),
    "a weight that is a result": lambda model: model.layers[0].neurons[0].w.__setitem__(0, Value(1.0) * 2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_parameters_and_modules_are_those_that_stand_there_now(change: str) -> None:
    model = nn.MLP(2, [2, 1])
    model.parameters(), model.modules()
    CHANGES[change](model)
    for _ in range(2):  # gone through anew, and as kept
        assert model.parameters() == [parameter for _, parameter in model.named_parameters()]
        assert model.modules() == [module for _, module in model.named_modules()]


def test_an_attribute_that_is_computed_when_first_asked_for_is_seen() -> None:
    class Scaled(nn.Linear):
        @functools.cached_property
        def scale(self) -> Value:
            return Value(1.0)

    model = Scaled(2, 1)
    model.parameters()
    assert model.scale in model.parameters()


def test_many_modules_in_modules_and_shared_ones_take_no_longer() -> None:
    deep = shared = nn.Linear(1, 1)
    for _ in range(1500):
        deep, inner = nn.Linear(1, 1), deep
        deep.inner = inner
    assert len(deep.modules()) == 1501
    for _ in range(40):
        shared, inner = nn.Linear(1, 1), shared
        shared.left = shared.right = inner
    assert len(shared.parameters()) == 2 * 41


def test_modules_that_are_equal_count_as_one() -> None:
    class Equal(nn.Linear):
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Equal)

        def __hash__(self) -> int:
            return 0

    model = nn.Linear(2, 1)
    model.first, model.second = Equal(1, 1), Equal(1, 1)
    for _ in range(2):
        assert model.parameters() == [parameter for _, parameter in model.named_parameters()]
        assert len(model.modules()) == 2


def test_a_copy_keeps_nothing_of_the_model_it_was_made_from() -> None:
    model = nn.Layer(2, 2)
    model.parameters()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert not set(other.parameters()) & set(model.parameters())
        assert len(other.parameters()) == 6


def test_a_layer_that_is_a_list_as_well_has_the_weights_in_it() -> None:
    class Rows(nn.Layer, list):  # type: ignore[type-arg]
        """A layer with Values of its own in it."""

        def __hash__(self) -> int:
            return id(self)

    model = nn.MLP(2, [2, 1])
    rows = Rows(2, 2)
    model.layers[0].rows = rows
    model.parameters()
    rows.append(Value(5.0))
    assert rows[0] in model.parameters()
