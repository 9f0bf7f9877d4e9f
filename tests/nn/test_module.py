"""Modules: what they find in their attributes, their state, modes, and how they show themselves."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import AutogradError, Value
from nn import attributes
from nn.activations import Activation
from nn.schedule import LRScheduler
from tests.requires import requires


class Nested(nn.Module):
    def __init__(self) -> None:
        self.scale = Value(2.0)
        self.body = {"first": nn.Linear(2, 1), "rest": [nn.Neuron(2), (nn.Linear(1, 1, bias=False),)]}
        self.tied = self.scale
        self._scratch = Value(5.0)

    def forward(self, x: Any) -> Any:
        return self.body["first"](x)[0] * self.scale


@pytest.fixture
def nested() -> Nested:
    return Nested()


def test_parameters_in_lists_tuples_and_dicts_are_found_by_path(nested: Nested) -> None:
    assert [name for name, _ in nested.named_parameters()] == [
        "scale",
        "body['first'].weight[0][0]",
        "body['first'].weight[0][1]",
        "body['first'].bias[0]",
        "body['rest'][0].w[0]",
        "body['rest'][0].w[1]",
        "body['rest'][0].b",
        "body['rest'][1][0].weight[0][0]",
    ]


def test_parameters_are_the_named_ones_in_their_order(nested: Nested) -> None:
    for model in (nested, nn.MLP(3, [4, 1]), nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3))):
        assert model.parameters() == [parameter for _, parameter in model.named_parameters()]


def test_a_module_that_is_a_list_as_well_holds_its_entries() -> None:
    class Held(nn.Module, list[Value]):
        __hash__ = object.__hash__
        __eq__ = object.__eq__

    class Holder(nn.Module):
        def __init__(self) -> None:
            self.held = Held([Value(1.0), Value(2.0)])

    assert len(Holder().parameters()) == len(dict(Holder().named_parameters())) == 2


def test_a_shared_parameter_counts_once(nested: Nested) -> None:
    assert nested.parameters().count(nested.scale) == 1


def test_a_kept_result_is_no_parameter(nested: Nested) -> None:
    count = len(nested.parameters())
    nested.last = nested([1.0, 2.0])
    assert len(nested.parameters()) == count


def test_modules_that_hold_each_other_are_each_found_once() -> None:
    a, b = Nested(), Nested()
    a.other, b.other = b, a
    assert a.modules().count(b) == 1
    assert len(a.parameters()) == 16
    assert "Nested(...)" in repr(a)


def test_a_prefix_stands_before_every_path() -> None:
    assert [name for name, _ in nn.Neuron(1).named_parameters("net.")] == ["net.w[0]", "net.b"]


def test_named_children_are_the_modules_directly_inside() -> None:
    model = nn.Sequential(nn.Sequential(nn.Linear(1, 1)), nn.ReLU())
    assert [name for name, _ in model.named_children()] == ["layers[0]", "layers[1]"]
    assert [name for name, _ in model.named_modules()] == ["", "layers[0]", "layers[0].layers[0]", "layers[1]"]


def test_calling_a_module_calls_forward(nested: Nested) -> None:
    line = nested.body["first"]
    x = [1.0, -1.0]
    assert nested(x).data == 2.0 * line(x)[0].data


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda: nn.Module()(1.0), r"Module computes nothing: define forward\(self, x\)"),
        (lambda: Activation()(1.0), r"Activation is a base without a formula: define function\(self, x\)"),
        (
            lambda: nn.optim.Optimizer([Value(1.0)], {"lr": 0.1}).step(),
            "Optimizer is a base without a rule",
        ),
        (lambda: LRScheduler(nn.optim.SGD([Value(1.0)])), r"a base without a rule: define rate\(self, base, t\)"),
    ],
    ids=["Module", "Activation", "Optimizer", "LRScheduler"],
)
def test_a_base_that_is_used_as_it_is_says_what_to_define(use: Callable[[], object], said: str) -> None:
    with pytest.raises(NotImplementedError, match=said):
        use()


def test_train_and_eval_reach_every_module() -> None:
    model = nn.Sequential(nn.Sequential(nn.Dropout()), nn.BatchNorm(2))
    assert all(module.training for module in model.modules())
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert all(module.training for module in model.train().modules())


def test_train_and_eval_reach_modules_in_lists_tuples_and_dicts(nested: Nested) -> None:
    assert [module.training for module in nested.eval().modules()] == [False] * 4
    assert [module.training for module in nested.train().modules()] == [True] * 4
    nested.body["first"].eval()
    assert [module.training for module in nested.modules()] == [True, False, True, True]


def test_the_numbers_of_a_shared_module_stand_under_its_first_path() -> None:
    shared = nn.Linear(1, 1, bias=False)
    model = nn.Sequential(nn.Sequential(shared), shared)
    assert list(model.state_dict()) == ["layers[0].layers[0].weight[0][0]"]
    model.load_state_dict({"layers[0].layers[0].weight[0][0]": 3.0})
    assert model[1].weight[0][0].data == 3.0


def test_apply_calls_children_before_their_parent() -> None:
    model = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
    seen: list[nn.Module] = []
    assert model.apply(seen.append) is model
    assert seen[-1] is model
    assert set(seen) == set(model.modules())


def test_zero_grad_reaches_every_parameter() -> None:
    model = nn.MLP(2, [2, 1], activation="tanh")
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert not any(p.grad for p in model.parameters())


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_takes_pytorchs_option_and_leaves_a_number_either_way(set_to_none: bool) -> None:
    model = nn.Neuron(1, nonlin=False)
    model([2.0]).backward()
    model.zero_grad(set_to_none=set_to_none)
    assert [p.grad for p in model.parameters()] == [0.0, 0.0]


def test_requires_grad_freezes_and_thaws_all() -> None:
    model = nn.Linear(1, 1)
    assert not any(p.requires_grad for p in model.requires_grad_(False).parameters())
    assert all(p.requires_grad for p in model.requires_grad_().parameters())


def test_a_state_makes_an_equal_model() -> None:
    one, other = nn.MLP(2, [3, 1], "tanh"), nn.MLP(2, [3, 1], "tanh")
    x = [0.3, -0.7]
    assert one(x).data != other(x).data
    assert other.load_state_dict(one.state_dict()) == ([], [])
    assert one(x).data == other(x).data


def test_a_state_is_a_copy() -> None:
    model = nn.Linear(1, 1)
    state = model.state_dict()
    before = dict(state)
    model.weight[0][0].data = 99.0
    assert state == before


def test_a_state_holds_running_statistics() -> None:
    model, fresh = nn.BatchNorm(2), nn.BatchNorm(2)
    model([[1.0, 2.0], [3.0, 5.0]])
    fresh.load_state_dict(model.state_dict())
    assert (fresh.running_mean, fresh.running_var) == (model.running_mean, model.running_var)
    assert fresh.num_batches_tracked == 1
    assert isinstance(fresh.num_batches_tracked, int)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda state: state.pop("bias[0]"), r"missing is bias\[0\]"),
        (lambda state: state.update({"other": 1.0}), "not known here is other"),
        (lambda state: state.update({"weight[0][0]": "much"}), r"'weight\[0\]\[0\]' is no number"),
        (lambda state: state.update({"weight[0][0]": [1.0]}), "is no number"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change: Any, text: str) -> None:
    model = nn.Linear(2, 1)
    state = {name: number + 1.0 for name, number in model.state_dict().items()}
    before = model.state_dict()
    change(state)
    with pytest.raises(nn.StateDictError, match=text) as error:
        model.load_state_dict(state)
    assert model.state_dict() == before
    assert isinstance(error.value, AutogradError)
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize("count", [2.5, float("nan"), float("inf"), None, "3"])
def test_a_state_whose_count_of_batches_is_none_changes_nothing(count: Any) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm(2))
    before = model.state_dict()
    state = {name: number + 1.0 for name, number in before.items()} | {"layers[1].num_batches_tracked": count}
    with pytest.raises(nn.StateDictError, match="num_batches_tracked"):
        model.load_state_dict(state)
    assert model.state_dict() == before


def test_missing_numbers_are_named_in_the_order_of_the_model() -> None:
    with pytest.raises(nn.StateDictError, match=r"running_mean\[0\], running_mean\[1\], running_var\[0\] and 2 more"):
        nn.BatchNorm(2).load_state_dict({"weight[0]": 1, "weight[1]": 1})


def test_names_that_are_no_text_are_named_as_unknown() -> None:
    with pytest.raises(nn.StateDictError, match="not known here is 3"):
        nn.Module().load_state_dict({3: 1.0})  # type: ignore[dict-item]


def test_two_numbers_of_one_name_are_refused_rather_than_one_of_them_lost() -> None:
    class Key:
        def __repr__(self) -> str:
            return "key"

    model = nn.Module()
    model.table = {Key(): Value(1.0), Key(): Value(2.0)}  # type: ignore[attr-defined]
    assert len(model.parameters()) == 2
    with pytest.raises(nn.StateDictError, match=r"two numbers are called table\[key\]"):
        model.state_dict()


@pytest.mark.parametrize("state", [None, [1.0, 2.0], "weights.json"])
def test_a_state_that_is_no_dict_is_refused(nested: Nested, state: Any) -> None:
    with pytest.raises(nn.StateDictError, match="a state is a dict"):
        nested.load_state_dict(state)


def test_without_strict_what_fits_is_loaded_and_the_rest_named() -> None:
    model = nn.Linear(1, 1)
    missing, unexpected = model.load_state_dict({"weight[0][0]": 7.0, "other": 1.0}, strict=False)
    assert (missing, unexpected) == (["bias[0]"], ["other"])
    assert model.weight[0][0].data == 7.0


def test_a_state_may_hold_numpy_numbers_and_values() -> None:
    numpy = requires("numpy")
    model = nn.Linear(1, 1)
    model.load_state_dict({"weight[0][0]": numpy.float64(3.0), "bias[0]": Value(4.0)})
    assert model.state_dict() == {"weight[0][0]": 3.0, "bias[0]": 4.0}


def test_reset_parameters_draws_every_layer_afresh() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.MLP(2, [2, 1]), nn.Layer(1, 1), nn.Neuron(1), nn.BatchNorm(1))
    model.reset_parameters("he_normal", random.Random(1))
    one = model.state_dict()
    model.reset_parameters("he_normal", random.Random(1))
    assert model.state_dict() == one
    model.reset_parameters(rng=random.Random(2))
    assert all(model.state_dict()[name] != one[name] for name in one if ".weight[0]" in name and "[4]" not in name)


def test_modules_copy_and_pickle_with_their_dropout() -> None:
    model = nn.Sequential(nn.Linear(2, 2), "tanh", nn.Dropout(0.5), nn.BatchNorm(2))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()
        assert not set(twin.parameters()) & set(model.parameters())


def test_labelling_looks_at_each_module_once_however_deep_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def looks(depth: int) -> int:
        model: nn.Module = nn.Linear(1, 1)
        for _ in range(depth):
            model = nn.Sequential(model)
        count = 0

        def counted(*arguments: Any) -> Any:
            nonlocal count
            count += 1
            return attributes.walk_attributes(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr("nn.module.walk_attributes", counted)
            model.label_parameters()
        assert model.parameters()[0].label == "layers[0]." * depth + "weight[0][0]"
        return count

    assert looks(40) - looks(20) == looks(60) - looks(40)


def test_a_module_knows_the_names_along_its_path_and_none_before_it_is_labelled() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            self.parts = {"a.b": nn.Sequential(nn.Linear(1, 1))}

    model = Own()
    assert model.scope_path is None
    model.label_parameters()
    assert model.scope_path == ()
    assert model.parts["a.b"][0].scope_path == ("parts['a.b']", "layers[0]")


def test_repr_shows_children_with_paths_and_options() -> None:
    assert repr(nn.Sequential(nn.Linear(2, 1, bias=False), nn.Sequential("elu"), nn.MLP(1, [1]))) == (
        "Sequential(\n"
        "  (layers[0]): Linear(in_features=2, out_features=1, bias=False)\n"
        "  (layers[1]): Sequential(\n"
        "    (layers[0]): ELU(alpha=1.0)\n"
        "  )\n"
        "  (layers[2]): MLP of [Layer of [LinearNeuron(1)]]\n"
        ")"
    )


def test_a_summary_counts_trainable_and_frozen_parameters() -> None:
    model = nn.Sequential(nn.Linear(2, 3), "relu", nn.Linear(3, 1))
    model.layers[0].requires_grad_(False)
    found = nn.summary(model)
    assert (found.total, found.trainable, found.frozen) == (13, 4, 9)
    assert [(row.path, row.parameters, row.trainable) for row in found.rows] == [
        ("layers[0]", 9, 0),
        ("layers[1]", 0, 0),
        ("layers[2]", 4, 4),
    ]


def test_a_summary_counts_a_shared_layer_once() -> None:
    shared = nn.Linear(2, 2)
    assert nn.summary(nn.Sequential(shared, shared)).total == 6


class Tied(nn.Module):
    """A user's class: Values of its own beside modules, one of them tied to a module's."""

    def __init__(self) -> None:
        self.body = nn.Sequential(nn.Linear(2, 1), "relu")
        self.scale = Value(2.0)
        self.table = {"rows": [[Value(1.0), Value(2.0)], [Value(3.0), self.scale]], "kept": Value(1.0) * 2}
        self.tied = self.body[0].bias
        self.again = self.scale


def test_a_summary_has_a_row_for_parameters_that_a_class_holds_itself() -> None:
    model = Tied()
    model.table["rows"][0][0].requires_grad = False
    found = nn.summary(model)
    assert [(row.path, row.kind, row.parameters, row.trainable, row.frozen) for row in found.rows] == [
        ("body", "Sequential()", 3, 3, 0),
        ("body.layers[0]", "Linear(in_features=2, out_features=1, bias=True)", 3, 3, 0),
        ("body.layers[1]", "ReLU()", 0, 0, 0),
        ("scale", "Value", 1, 1, 0),
        ("table", "4 Values", 4, 3, 1),
        ("tied", "1 Values", 1, 1, 0),
    ]
    assert (found.total, found.trainable, found.frozen, found.shared) == (7, 6, 1, 1)
    assert len(model.parameters()) == 7
    assert "shared:     1 (in several rows, counted once)" in str(found)


def test_a_summary_shows_what_stands_beside_modules_deep_inside() -> None:
    found = nn.summary(nn.Sequential(Tied()), depth=3)
    assert [row.path for row in found.rows][-3:] == ["layers[0].scale", "layers[0].table", "layers[0].tied"]


def test_a_summary_of_values_alone_is_one_row() -> None:
    class Line(nn.Module):
        def __init__(self) -> None:
            self.slope, self.intercept = Value(1.0), Value(0.0, requires_grad=False)

    assert [(row.path, row.kind, row.parameters, row.trainable) for row in nn.summary(Line()).rows] == [
        ("(model)", "Line()", 2, 1)
    ]


def test_a_summary_of_modules_that_hold_each_other_ends() -> None:
    a, b = Nested(), Nested()
    a.other, b.other = b, a
    assert nn.summary(a, depth=1000).total == 16


def test_a_summary_goes_as_deep_as_asked() -> None:
    model = nn.Sequential(nn.Sequential(nn.Sequential(nn.Linear(1, 1))))
    assert [len(nn.summary(model, depth).rows) for depth in (1, 2, 3)] == [1, 2, 3]
    assert "(model)" in str(nn.summary(nn.Neuron(2)))
