"""Neuron, Layer and MLP: micrograd's signatures, seeds and reprs; names for the rest; one node a neuron."""

from __future__ import annotations

import copy
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import autograd
import nn
from autograd import LengthError, OperandTypeError, Value, topological_order
from tests.nn.samples import data
from tests.requires import requires


def test_seeded_weights_and_outputs_are_micrograds() -> None:
    theirs = requires("micrograd.nn")
    random.seed(1337)
    model = nn.MLP(2, [16, 16, 1])
    random.seed(1337)
    original = theirs.MLP(2, [16, 16, 1])
    assert [p.data for p in model.parameters()] == [p.data for p in original.parameters()]
    assert model([0.5, -1.5]).data == pytest.approx(original([0.5, -1.5]).data, rel=1e-14)
    assert repr(model) == repr(original)


def test_a_neuron_is_two_nodes_and_its_numbers_none() -> None:
    neuron = nn.Neuron(3)
    out = neuron([1.0, 2.0, 3.0])
    interior = [node for node in topological_order(out) if not node.is_leaf]
    assert [node.op.name for node in interior if node.op] == ["dot", "relu"]
    assert len(topological_order(out)) == 4 + 2


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "softplus", "sin"])
def test_activations_by_name_act_on_the_weighted_sum(name: str) -> None:
    neuron = nn.Neuron(2, activation=name, rng=random.Random(3))
    plain = nn.Neuron(2, nonlin=False, rng=random.Random(3))
    assert neuron([0.4, -0.9]).data == getattr(plain([0.4, -0.9]), name)().data


def test_an_unknown_activation_is_refused_with_those_there_are() -> None:
    with pytest.raises(nn.OptionError, match="'swoosh'; there are identity, linear, relu"):
        nn.Neuron(2, activation="swoosh")


@pytest.mark.parametrize("call", [nn.Neuron(2), nn.Layer(2, 3), nn.MLP(2, [3, 1]), nn.Linear(2, 3)])
def test_a_wrong_number_of_inputs_is_refused(call: nn.Module) -> None:
    with pytest.raises(LengthError, match="takes 2 inputs; got 3"):
        call([1.0, 2.0, 3.0])


def test_a_softmax_layer_gives_probabilities() -> None:
    layer = nn.Layer(2, 3, activation="softmax")
    assert sum(data(layer([1.0, -2.0]))) == pytest.approx(1.0)
    assert repr(layer).startswith("Softmax Layer of [LinearNeuron(2)")


def test_layers_of_one_neuron_may_follow_each_other() -> None:
    assert isinstance(nn.MLP(1, [1, 1])(3.0), Value)


def test_a_batch_gives_one_output_a_sample() -> None:
    for model in (nn.MLP(2, [3, 1]), nn.Layer(2, 2), nn.Neuron(2)):
        batch = [[1, 2], [3, 4]]
        assert data(model(batch)) == [data(model(row)) for row in batch]


def test_numpy_rows_and_matrices_are_inputs() -> None:
    numpy = requires("numpy")
    model = nn.MLP(2, [3, 2])
    matrix = numpy.array([[1, 2], [3, 4]])
    assert data(model(matrix)) == data(model([[1.0, 2.0], [3.0, 4.0]]))
    assert data(model(matrix[0])) == data(model([1.0, 2.0]))


CHANGES: dict[str, Callable[[nn.Neuron], Any]] = {
    "an entry": lambda neuron: neuron.w.__setitem__(0, Value(5.0)),
    "a slice": lambda neuron: neuron.w.__setitem__(slice(0, 2), [Value(1.0), Value(2.0)]),
    "their order": lambda neuron: neuron.w.reverse(),
    "one taken out, one put in": lambda neuron: (neuron.w.pop(), neuron.w.insert(0, Value(4.0))),
    "deleted and appended": lambda neuron: (neuron.w.__delitem__(0), neuron.w.append(Value(-3.0))),
    "the whole list": lambda neuron: setattr(neuron, "w", [Value(7.0), Value(8.0), Value(9.0)]),
    "the whole list by another's": lambda neuron: setattr(neuron, "w", nn.Neuron(3, rng=random.Random(4)).w),
    "sorted": lambda neuron: neuron.w.sort(key=float, reverse=True),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("copied", [False, True])
def test_weights_that_were_replaced_are_seen(change: str, copied: bool) -> None:
    neuron, x = nn.Neuron(3, nonlin=False, rng=random.Random(2)), [0.5, -1.0, 2.0]
    neuron(x)
    neuron = pickle.loads(pickle.dumps(copy.deepcopy(neuron))) if copied else neuron
    neuron(x)
    for _ in range(2):
        CHANGES[change](neuron)
        assert neuron(x).data == pytest.approx(sum(w.data * number for w, number in zip(neuron.w, x, strict=True)))


def test_weights_taken_out_and_put_back_are_seen() -> None:
    neuron, x = nn.Neuron(2, nonlin=False, init="zeros"), [1.0, 1.0]
    first = neuron.w
    for weights, expected in (([Value(10.0), Value(10.0)], 20.0), (first, 0.0)):
        neuron(x)
        neuron.w = weights
        assert neuron(x).data == expected


@pytest.mark.parametrize("tie", [lambda a, b: setattr(b, "w", a.w), lambda a, b: vars(b).update(vars(copy.copy(a)))])
def test_two_neurons_may_share_their_weights(tie: Callable[[nn.Neuron, nn.Neuron], None]) -> None:
    one, other, x = nn.Neuron(2, nonlin=False), nn.Neuron(2, nonlin=False), [1.0, 1.0]
    tie(one, other)
    one(x), other(x)
    one.w[0], one.w[1] = Value(5.0), Value(1.0)
    assert (one(x).data, other(x).data) == (6.0, 6.0)


def test_a_weight_that_is_none_is_refused_at_every_call() -> None:
    neuron = nn.Neuron(2)
    neuron([1.0, 1.0])
    neuron.w[0] = None  # type: ignore[call-overload]
    for _ in range(2):
        with pytest.raises(OperandTypeError):
            neuron([1.0, 1.0])


def test_an_unpickled_neuron_has_the_numbers_of_its_weights() -> None:
    """Both processes are fresh, so both have counted equally few changes of data."""
    write = """if True:
        import nn, pickle, sys
        neuron = nn.Neuron(2, nonlin=False)
        neuron([1.0, 1.0])
        neuron.w[0].data = 100.0
        pickle.dump(neuron, sys.stdout.buffer)"""
    read = "import pickle, sys; print(pickle.load(sys.stdin.buffer)([1.0, 0.0]).data)"
    written = subprocess.run([sys.executable, "-c", write], capture_output=True, check=True).stdout
    shown = subprocess.run([sys.executable, "-c", read], input=written, capture_output=True, check=True).stdout
    assert float(shown) == 100.0


def test_a_list_of_ones_own_as_weights_may_be_changed() -> None:
    neuron, mine = nn.Neuron(2, nonlin=False), [Value(1.0), Value(2.0)]
    neuron.w = mine
    assert neuron([1.0, 1.0]).data == 3.0
    mine[1] = Value(10.0)
    assert neuron([1.0, 1.0]).data == 11.0
    assert isinstance(nn.Neuron(2).w, list)


def test_a_generator_seeds_the_weights_and_leaves_the_module_random_alone() -> None:
    random.seed(5)
    expected = random.random()
    random.seed(5)
    one = nn.MLP(2, [2, 1], rng=random.Random(9))
    assert random.random() == expected
    assert one.state_dict() == nn.MLP(2, [2, 1], rng=random.Random(9)).state_dict()


def test_a_named_initialisation_reaches_every_neuron() -> None:
    assert {p.data for p in nn.MLP(2, [3, 1], init="zeros").parameters()} == {0.0}


def test_parameters_are_labelled_by_their_path() -> None:
    model = nn.MLP(2, [3, 1])
    assert model.layers[0].neurons[2].w[1].label == "layers[0].neurons[2].w[1]"


def test_under_provenance_a_node_knows_the_module_that_made_it() -> None:
    model = nn.MLP(2, [2, 1])
    with autograd.provenance(), autograd.scope("critic"):
        out = model([0.3, -0.7])
    hidden = next(parent for parent in out.parents if not parent.is_leaf)
    assert out.scope == ("critic", "layers[1]", "neurons[0]")
    assert hidden.scope == ("critic", "layers[0]", "neurons[0]")
    assert model([0.3, -0.7]).scope == ()


def test_hidden_layers_may_be_softmaxes_and_are_rebuilt_as_such(tmp_path) -> None:  # type: ignore[no-untyped-def]
    model = nn.MLP(2, [3, 1], activation="softmax")
    hidden = model.layers[0]([0.3, -0.7])
    assert sum(h.data for h in hidden) == pytest.approx(1.0)
    again = nn.load(nn.save(model, tmp_path / "model.json"))
    assert again([0.3, -0.7]).data == model([0.3, -0.7]).data
