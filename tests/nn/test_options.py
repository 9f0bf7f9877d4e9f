"""What a student mistakes for an argument is refused at once: what was given, what was expected, what to do."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import AutogradError, Value
from nn.metrics import by_name
from nn.options import count, counts, flag, listed, number, whole
from tests.requires import requires

MODEL = nn.MLP(2, [2, 1])
loose: Any = nn  # whose arguments no type checker looks at: here they are wrong on purpose


def sgd() -> nn.optim.SGD:
    return nn.optim.SGD([Value(1.0)], lr=0.1)


WRONG_KIND: dict[str, tuple[Callable[[], Any], str]] = {
    "MLP(2, 3)": (lambda: loose.MLP(2, 3), r"nouts is a list of.* neurons.*; got 3 of type int. Write \[3\]"),
    "MLP(2, [3.0, 1])": (lambda: loose.MLP(2, [3.0, 1]), r"nouts\[0\] is a whole.*got 3.0 of type float. Write 3$"),
    "MLP('2', [1])": (lambda: loose.MLP("2", [1]), "nin is.*got '2' of type str. Write 2 without the quotation marks"),
    "MLP(2, '31')": (lambda: loose.MLP(2, "31"), "nouts is a list"),
    "MLP(True, [1])": (lambda: loose.MLP(True, [1]), "nin is a whole number from 1 up; got True of type bool"),
    "Linear('2', 3)": (lambda: loose.Linear("2", 3), "in_features is a whole number from 1 up"),
    "Linear(2, None)": (lambda: loose.Linear(2, None), "out_features is a whole number from 1 up; got None"),
    "Linear(2, 3, 'relu')": (lambda: loose.Linear(2, 3, "relu"), "bias is True or False; got 'relu'.*layer of its own"),
    "Linear(2, 3, rng)": (lambda: loose.Linear(2, 3, random.Random(0)), "bias is True or False.*rng and init are"),
    "Linear(init=[])": (lambda: loose.Linear(2, 3, init=[]), "no initialisation is called"),
    "Linear(rng=7)": (lambda: loose.Linear(2, 3, rng=7), r"rng is a generator, random.Random\(7\) for one; got 7"),
    "Neuron(2, 'tanh')": (lambda: loose.Neuron(2, "tanh"), "nonlin is True or False; got 'tanh'.*activation='tanh'"),
    "Neuron(activation=[])": (lambda: loose.Neuron(2, activation=[]), "no activation of a neuron is called"),
    "Layer(2.5, 1)": (lambda: loose.Layer(2.5, 1), "nin is a whole number from 1 up; got 2.5 of type float$"),
    "Sequential(3)": (lambda: loose.Sequential(3), "a layer is a module, a function or the name.*got 3"),
    "Sequential([...])": (lambda: loose.Sequential([nn.ReLU()]), r"Write Sequential\(\*layers\)"),
    "Sequential(ReLU)": (lambda: loose.Sequential(nn.ReLU), r"That is a class: write ReLU\(...\)"),
    "Dropout('a')": (lambda: loose.Dropout("a"), "p is a probability, from 0 to 1; got 'a' of type str"),
    "Dropout('0.5')": (lambda: loose.Dropout("0.5"), "Write it without the quotation marks"),
    "Dropout(True)": (lambda: loose.Dropout(True), "p is a probability.*got True"),
    "Dropout(rng=3)": (lambda: loose.Dropout(rng=3), "rng is a generator"),
    "BatchNorm(eps='a')": (lambda: loose.BatchNorm(2, eps="a"), "eps is a finite number from 0 up; got 'a'"),
    "BatchNorm(affine='no')": (lambda: loose.BatchNorm(2, affine="no"), "affine is True or False"),
    "LeakyReLU('a')": (lambda: loose.LeakyReLU("a"), "negative_slope is a finite number"),
    "ELU(None)": (lambda: loose.ELU(None), "alpha is a finite number; got None"),
    "activation(3)": (lambda: loose.activation(3), "no activation is called 3 of type int; there are identity"),
    "StepLR(model)": (lambda: loose.schedule.StepLR(MODEL, 2), r"optimizer is an optimiser; got MLP.*made over"),
    "LinearLR(class)": (lambda: loose.schedule.LinearLR(nn.optim.SGD), r"That is a class: write SGD\(...\)"),
    "ExponentialLR([])": (lambda: loose.schedule.ExponentialLR([], 0.9), "optimizer is an optimiser"),
    "CosineAnnealingLR(3)": (lambda: loose.schedule.CosineAnnealingLR(3, 5), "optimizer is an optimiser"),
    "LambdaLR(None)": (lambda: loose.schedule.LambdaLR(None, abs), "optimizer is an optimiser"),
    "LambdaLR(0.9)": (lambda: loose.schedule.LambdaLR(sgd(), 0.9), "lr_lambda is a function.*got 0.9 of type float"),
    "StepLR('2')": (lambda: loose.schedule.StepLR(sgd(), "2"), "step_size is a whole number from 1 up"),
    "ExponentialLR('a')": (lambda: loose.schedule.ExponentialLR(sgd(), "a"), "gamma is a finite number from 0 up"),
    "SequentialLR(3)": (lambda: loose.schedule.SequentialLR(sgd(), 3, []), "schedulers is a list; got 3"),
    "SequentialLR([3])": (lambda: loose.schedule.SequentialLR(sgd(), [3], []), "a scheduler is a schedule; got 3"),
    "EarlyStopping('a')": (lambda: loose.EarlyStopping(patience="a"), "patience is a whole number"),
    "StopAt('a')": (lambda: loose.StopAt("a"), "goal is a finite number"),
    "Checkpoint(3)": (lambda: loose.Checkpoint(3), "path is the name of a file"),
    "metrics=3": (lambda: by_name(3), "metrics is a list; got 3"),
    "metrics=[3]": (lambda: by_name([3]), "no metric is called 3.*or give a function"),
    "save([1])": (lambda: loose.save([1], "a.json"), r"model is a module; got \[1\].*Write nn.save\(model, path\)"),
    "save(path, model)": (lambda: loose.save("a.json", MODEL), "model is a module; got 'a.json'"),
    "save(model, 3)": (lambda: loose.save(MODEL, 3), "path is the name of a file.*got 3"),
    "load(3)": (lambda: loose.load(3), "path is the name of a file, as text or a pathlib.Path; got 3"),
    "load(into=3)": (lambda: loose.load("a.json", into=3), "into is a module to fill; got 3"),
    "load(into=MLP)": (lambda: loose.load("a.json", into=nn.MLP), r"That is a class: write MLP\(...\)"),
    "summary(3)": (lambda: loose.summary(3), "model is a module; got 3"),
    "summary(depth='a')": (lambda: loose.summary(MODEL, depth="a"), "depth is a whole number from 1 up"),
    "diagnose(3)": (lambda: loose.diagnose(3, ([[1.0]], [1.0])), "model is a module; got 3"),
    "train('no')": (lambda: MODEL.train("no"), "mode is True or False; got 'no'"),
    "apply(3)": (lambda: MODEL.apply(3), "apply takes a function of a module; got 3"),
    "l1_penalty(strength='a')": (lambda: loose.l1_penalty(MODEL, "a"), "strength is a finite number from 0 up"),
    "l1_penalty(3)": (lambda: loose.l1_penalty(3), "parameters is a module, or a list of Values"),
    "clip_grad_norm_('a')": (lambda: loose.clip_grad_norm_([], "a"), "max_norm is a number from 0 up"),
    "clip_grad_value_(3)": (lambda: loose.clip_grad_value_(3, 1.0), "parameters is a list of Values"),
    "clip_grad_value_([3])": (lambda: loose.clip_grad_value_([3], 1.0), "a parameter is a Value; got 3"),
}  # fmt: skip

OUT_OF_RANGE: dict[str, tuple[Callable[[], Any], str]] = {
    "MLP(2, [])": (lambda: nn.MLP(2, []), r"nouts is a list.*, one at least; got \[\]. Write \[1\]"),
    "MLP(2, [-1])": (lambda: nn.MLP(2, [-1]), r"nouts\[0\] is a whole number from 1 up; got -1"),
    "MLP(0, [1])": (lambda: nn.MLP(0, [1]), "nin is a whole number from 1 up; got 0"),
    "Linear(0, 3)": (lambda: nn.Linear(0, 3), "in_features is a whole number from 1 up; got 0"),
    "Linear(3, -1)": (lambda: nn.Linear(3, -1), "out_features is a whole number from 1 up; got -1"),
    "Layer(2, 0)": (lambda: nn.Layer(2, 0), "nout is a whole number from 1 up; got 0"),
    "Neuron(-1)": (lambda: nn.Neuron(-1), "nin is a whole number from 1 up; got -1"),
    "Sequential('swish!')": (lambda: nn.Sequential("swish!"), "no activation is called 'swish!'"),
    "Dropout(1.5)": (lambda: nn.Dropout(1.5), "p is a probability, from 0 to 1; got 1.5"),
    "Dropout(-0.1)": (lambda: nn.Dropout(-0.1), "got -0.1"),
    "Dropout(nan)": (lambda: nn.Dropout(math.nan), "got nan"),
    "BatchNorm(-1)": (lambda: nn.BatchNorm(-1), "num_features is a whole number from 1 up; got -1"),
    "BatchNorm(eps=-1)": (lambda: nn.BatchNorm(2, eps=-1.0), "eps is a finite number from 0 up; got -1.0"),
    "BatchNorm(momentum=2)": (lambda: nn.BatchNorm(2, momentum=2.0), "momentum is a share, from 0 to 1, or None"),
    "LeakyReLU(nan)": (lambda: nn.LeakyReLU(math.nan), "negative_slope is a finite number; got nan"),
    "l2_penalty(inf)": (lambda: nn.l2_penalty(MODEL, math.inf), "strength is a finite number from 0 up; got inf"),
    "EarlyStopping(mode='up')": (lambda: nn.EarlyStopping(mode="up"), "mode is one of auto, min, max; got 'up'"),
}


@pytest.mark.parametrize("call", WRONG_KIND)
def test_an_argument_of_another_kind_is_a_type_error_in_words(call: str) -> None:
    make, said = WRONG_KIND[call]
    with pytest.raises(nn.OptionTypeError, match=said) as caught:
        make()
    assert isinstance(caught.value, AutogradError)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("call", OUT_OF_RANGE)
def test_an_argument_outside_its_range_is_a_value_error_in_words(call: str) -> None:
    make, said = OUT_OF_RANGE[call]
    with pytest.raises(nn.OptionError, match=said) as caught:
        make()
    assert isinstance(caught.value, AutogradError)
    assert isinstance(caught.value, ValueError)
    assert not isinstance(caught.value, TypeError)


def test_numpys_whole_numbers_are_sizes() -> None:
    numpy = requires("numpy")
    model = nn.MLP(numpy.int64(2), numpy.array([3, 1], dtype=numpy.uint8))
    assert repr(model) == repr(nn.MLP(2, [3, 1]))
    layer = nn.Linear(numpy.int32(2), numpy.int8(1))
    assert (type(layer.in_features), type(layer.out_features)) == (int, int)
    assert nn.BatchNorm(numpy.int64(3)).state_dict() == nn.BatchNorm(3).state_dict()


def test_numpys_numbers_and_bools_are_options() -> None:
    numpy = requires("numpy")
    assert repr(nn.Dropout(numpy.float32(0.5))) == "Dropout(p=0.5)"
    assert nn.Linear(1, 1, bias=numpy.bool_(False)).bias is None
    with pytest.raises(nn.OptionTypeError, match="nin is a whole number"):
        nn.Neuron(numpy.bool_(True))
    with pytest.raises(nn.OptionTypeError, match="nin is a whole number"):
        nn.Neuron(numpy.float64(2.0))


def test_sizes_may_stand_in_any_iterable() -> None:
    expected = repr(nn.MLP(2, [3, 1]))
    assert [repr(loose.MLP(2, sizes)) for sizes in ((3, 1), iter([3, 1]))] == [expected] * 2


def test_micrograds_own_calls_stay() -> None:
    assert repr(nn.Neuron(3, nonlin=False)) == "LinearNeuron(3)"
    assert repr(loose.Neuron(3, 0)) == "LinearNeuron(3)"
    assert repr(nn.Layer(2, 1, nonlin=True)) == "Layer of [ReLUNeuron(2)]"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: count("n", 0, 0), 0),
        (lambda: whole("n", -100), -100),
        (lambda: counts("n", range(1, 3), "things"), [1, 2]),
        (lambda: listed("n", (1.5, None)), [1.5, None]),
        (lambda: number("n", 2, "a number", lambda x: x > 1), 2.0),
        (lambda: flag("n", 1), True),
    ],
)
def test_what_is_right_comes_back_as_python_has_it(call: Callable[[], Any], expected: Any) -> None:
    found = call()
    assert found == expected
    assert type(found) is type(expected)


def test_a_long_argument_is_shown_in_one_line() -> None:
    with pytest.raises(nn.OptionTypeError) as caught:
        loose.MLP([[1.0] * 1000], [1])
    assert len(str(caught.value)) < 160
