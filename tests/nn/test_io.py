"""Saving and loading: what comes back is what was saved, and nothing else is accepted."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import AutogradError, MissingExtraError, Value
from nn.tensors import flattened, gathered
from tests.requires import requires

FORMATS = ["json", "safetensors"]


@pytest.fixture(params=FORMATS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A place for a model file, once for each format."""
    if request.param == "safetensors":
        requires("safetensors")
        requires("numpy")
    return tmp_path / f"model.{request.param}"


class Own(nn.Module):
    """A module that nn does not know."""

    def __init__(self, start: float = 0.0) -> None:
        self.slope = Value(start)
        self.table = {"row": [Value(start), Value(start + 1)]}
        self.deep = nn.MLP(1, [2])


def mlp(seed: int = 0) -> nn.MLP:
    return nn.MLP(2, [3, 2], activation="tanh", rng=random.Random(seed))


# what comes back ------------------------------------------------------------------------------------------------------


def test_a_model_of_nn_is_rebuilt_with_every_number(file: Path) -> None:
    model = mlp()
    again = nn.load(nn.save(model, file))
    assert repr(again) == repr(model)
    assert again.state_dict() == model.state_dict()
    assert [y.data for y in again([0.3, -0.7])] == [y.data for y in model([0.3, -0.7])]


def test_numbers_are_exact_to_the_bit_and_special_ones_survive(file: Path) -> None:
    model = mlp()
    odd = [0.1, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 1 / 3]
    for parameter, number in zip(model.parameters(), odd, strict=False):
        parameter.data = number
    again = nn.load(nn.save(model, file))
    assert [p.data.hex() for p in again.parameters()] == [p.data.hex() for p in model.parameters()]


def test_any_module_can_be_filled(file: Path) -> None:
    nn.save(Own(2.5), file)
    other = Own()
    assert nn.load(file, into=other) is other
    assert other.slope.data == 2.5
    assert [value.data for value in other.table["row"]] == [2.5, 3.5]


def test_a_class_of_ones_own_is_not_built(file: Path) -> None:
    nn.save(Own(), file)
    with pytest.raises(nn.ModelFileError, match=r"Own, which nn cannot build.*into=model"):
        nn.load(file)


def test_a_model_changed_after_it_was_made_is_only_filled(file: Path) -> None:
    model = mlp()
    model.layers.append(nn.Layer(2, 1))
    nn.save(model, file)
    with pytest.raises(nn.ModelFileError, match="into=model"):
        nn.load(file)


def test_loading_leaves_the_random_numbers_alone(file: Path) -> None:
    nn.save(mlp(), file)
    random.seed(5)
    expected = random.random()
    random.seed(5)
    nn.load(file)
    assert random.random() == expected


def test_saving_replaces_the_file_and_keeps_its_permissions(file: Path) -> None:
    nn.save(mlp(0), file)
    file.chmod(0o640)
    nn.save(mlp(1), file)
    assert nn.load(file).state_dict() == mlp(1).state_dict()
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(file.parent) == [file.name]


def test_the_json_file_is_plain_to_read(tmp_path: Path) -> None:
    text = nn.save(nn.MLP(2, [1], rng=random.Random(0)), tmp_path / "a.json").read_text()
    contents = json.loads(text)
    assert contents["version"] == "1"
    assert contents["model"] == {"class": "MLP", "arguments": {"nin": 2, "nouts": [1], "activation": "relu"}}
    assert contents["tensors"]["layers[0].neurons[0].w"]["shape"] == [2]


def test_other_tools_read_the_safetensors_file(tmp_path: Path) -> None:
    numpy_files = requires("safetensors.numpy")
    model = mlp()
    arrays = numpy_files.load_file(nn.save(model, tmp_path / "a.safetensors"))
    assert arrays["layers[0].neurons[1].w"].tolist() == [w.data for w in model.layers[0].neurons[1].w]


# what is refused ------------------------------------------------------------------------------------------------------


def refused(file: Path, data: bytes, into: nn.Module | None = None) -> str:
    """The text of the refusal of `data` as a model file."""
    with pytest.MonkeyPatch.context() as patched:  # thousands of files would take their time on disk
        patched.setattr(Path, "read_bytes", lambda _: data)
        with pytest.raises(nn.ModelFileError) as caught:
            nn.load(file, into=into) if into is not None else nn.load(file)
    return str(caught.value)


def test_every_flipped_bit_is_refused_and_the_live_model_untouched(file: Path) -> None:
    model = nn.MLP(1, [1], rng=random.Random(0))
    data = nn.save(model, file).read_bytes()
    live = nn.MLP(1, [1], rng=random.Random(1))
    before = live.state_dict()
    for place in range(len(data)):
        for bit in range(8):
            refused(file, data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :], live)
    assert live.state_dict() == before
    file.write_bytes(data)
    assert nn.load(file, into=live).state_dict() == model.state_dict()


def test_every_truncation_is_refused(file: Path) -> None:
    data = nn.save(nn.MLP(1, [1]), file).read_bytes()
    for length in range(len(data)):
        refused(file, data[:length])


@pytest.mark.parametrize("more", [b"\n", b"\0", b" " * 1000, b"{}"])
def test_a_file_that_is_too_long_is_refused(file: Path, more: bytes) -> None:
    data = nn.save(mlp(), file).read_bytes()
    assert "too long" in (text := refused(file, data + more)) or "damaged" in text


@pytest.mark.parametrize("data", [b"", b"hello", b"{}", b"[]", b"\x80\x04K\x01.", b"\xff" * 100, b"[" * 100_000])
def test_a_foreign_file_is_refused(file: Path, data: bytes) -> None:
    assert str(file) in refused(file, data)


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    numpy, numpy_files = requires("numpy"), requires("safetensors.numpy")
    data = numpy_files.save({"weight": numpy.zeros(3)}, {"format": "pt"})
    assert "no model that nn.save wrote" in refused(tmp_path / "a.safetensors", data)


def test_a_cut_safetensors_file_says_how_long_it_should_be(tmp_path: Path) -> None:
    requires("safetensors.numpy")
    data = nn.save(mlp(), tmp_path / "a.safetensors").read_bytes()
    text = refused(tmp_path / "a.safetensors", data[:-8])
    assert f"speaks of {len(data)} bytes" in text
    assert f"it has {len(data) - 8}" in text


def forged(file: Path, change: Callable[[dict[str, Any]], None]) -> bytes:
    """A JSON file with `change` made to its contents and a digest that is right again."""
    contents = json.loads(nn.save(nn.MLP(1, [1]), file).read_text())
    contents["sha256"] = "0" * 64
    change(contents)
    data = json.dumps(contents).encode()
    return data.replace(b"0" * 64, hashlib.sha256(data).hexdigest().encode())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(version="2"), r"version '2'.*reads version 1"),
        (lambda c: c.update(format="other"), "other"),
        (lambda c: c.pop("tensors"), "tensors"),
        (lambda c: c["model"].update({"class": "Popen"}), "no module of the class 'Popen'"),
        (lambda c: c["model"]["arguments"].update(nin="many"), "cannot be built"),
        (lambda c: c["model"]["arguments"].update(other=1), "cannot be built"),
        (lambda c: c["model"]["arguments"].update(nin=2), "does not fit"),
        (lambda c: c["tensors"]["layers[0].neurons[0].w"].update(shape=[2]), "shape"),
        (lambda c: c["tensors"]["layers[0].neurons[0].w"].update(shape=["a"]), "no model that"),
        (lambda c: c["tensors"]["layers[0].neurons[0].w"].update(numbers=["one"]), "no model that"),
        (lambda c: c["tensors"].update({"layers[0].neurons[0].w[0]": {"shape": [], "numbers": [1]}}), "two tensors"),
    ],
)
def test_contents_that_make_no_sense_are_refused_though_the_digest_is_right(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    text = refused(tmp_path / "a.json", forged(tmp_path / "a.json", change))
    assert re.search(said, text), text


def test_a_file_of_another_shape_is_refused_and_the_live_model_untouched(file: Path) -> None:
    live = nn.MLP(2, [4, 2])
    before = live.state_dict()
    assert "does not fit" in refused(file, nn.save(mlp(), file).read_bytes(), live)
    assert live.state_dict() == before


def built(activation: str = "relu", **options: Any) -> nn.Sequential:
    norm = nn.BatchNorm(2, **options)
    return nn.Sequential(nn.Linear(2, 2, rng=random.Random(0)), norm, activation, nn.MLP(2, [1]))


@pytest.mark.parametrize(
    ("saved", "live", "said"),
    [
        (lambda: mlp(), lambda: nn.MLP(2, [3, 2]), "activation is 'tanh' in the file and 'relu' in the model"),
        (lambda: mlp(), lambda: nn.MLP(2, [3, 3]), r"nouts\[1\] is 2 in the file and 3 in the model"),
        (lambda: mlp(), lambda: nn.MLP(2, [3]), "nouts has 2 entries in the file and 1 in the model"),
        (lambda: mlp(), lambda: built(), "it is of the class MLP in the file and Sequential in the model"),
        (
            lambda: built("tanh"), lambda: built(),
            r"layers\[2\] is of the class Tanh in the file and ReLU in the model",
        ),
        (lambda: built(), lambda: built(eps=0.1), r"layers\[1\].eps is 1e-05 in the file and 0.1 in the model"),
        (
            lambda: nn.Layer(2, 2, activation="softmax"), lambda: nn.Layer(2, 2, nonlin=False),
            "activation is 'softmax' in the file and 'linear' in the model",
        ),
    ],
)  # fmt: skip
def test_numbers_of_another_architecture_are_refused_though_their_shapes_fit(
    file: Path, saved: Callable[[], nn.Module], live: Callable[[], nn.Module], said: str
) -> None:
    model = live()
    before = model.state_dict()
    text = refused(file, nn.save(saved(), file).read_bytes(), model)
    assert re.search(said, text), text
    assert "model.load_state_dict(nn.load(path).state_dict())" in text
    assert model.state_dict() == before


def test_the_numbers_alone_can_be_taken_over_by_hand(file: Path) -> None:
    model = nn.MLP(2, [3, 2])
    model.load_state_dict(nn.load(nn.save(mlp(), file)).state_dict())
    assert model.state_dict() == mlp().state_dict()


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Sequential(nn.Linear(2, 2, init="zeros"), nn.BatchNorm(2), "relu", nn.MLP(2, [1], init="he_normal")),
        lambda: nn.Sequential(nn.Linear(2, 2), nn.BatchNorm(2), lambda x: x, nn.MLP(2, [1], activation="tanh")),
    ],
)
def test_how_first_weights_were_drawn_and_functions_of_ones_own_are_no_difference(
    file: Path, make: Callable[[], nn.Module]
) -> None:
    saved = built()
    assert nn.load(nn.save(saved, file), into=make()).state_dict() == saved.state_dict()


def test_a_class_of_ones_own_with_the_same_names_takes_the_numbers(file: Path) -> None:
    class Mine(nn.MLP):
        pass

    model = Mine(2, [3, 2])
    assert nn.load(nn.save(mlp(), file), into=model).state_dict() == mlp().state_dict()


def test_a_neuron_without_its_non_linearity_is_one_with_the_linear_activation(file: Path) -> None:
    nn.save(nn.Layer(2, 1, nonlin=False), file)
    assert nn.load(file, into=nn.Layer(2, 1, activation="identity")).state_dict() == nn.load(file).state_dict()


def test_modules_nested_deeper_than_python_recurses_are_filled(file: Path) -> None:
    def nest(seed: int) -> nn.Module:
        model: nn.Module = nn.Linear(1, 1, rng=random.Random(seed))
        for _ in range(sys.getrecursionlimit() // 3):
            model = nn.Sequential(model)
        return model

    model = nest(0)
    assert nn.load(nn.save(model, file), into=nest(1)).state_dict() == model.state_dict()


def test_another_ending_is_refused(tmp_path: Path) -> None:
    for act in (lambda: nn.save(mlp(), tmp_path / "model.pkl"), lambda: nn.load(tmp_path / "model.pkl")):
        with pytest.raises(nn.ModelFileError, match=r"\.safetensors or \.json"):
            act()
    assert list(tmp_path.iterdir()) == []


def test_the_refusal_is_an_error_of_the_library_and_a_value_error() -> None:
    assert issubclass(nn.ModelFileError, AutogradError)
    assert issubclass(nn.ModelFileError, ValueError)


def test_a_missing_file_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "none.json")


def test_safetensors_missing_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(MissingExtraError, match=r'pip install "chainrule\[files\]"'):
        nn.save(mlp(), tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []


# atomic ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    nn.save(mlp(0), file)

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(os, step, fail)
        with pytest.raises(OSError, match="full"):
            nn.save(mlp(1), file)
    assert nn.load(file).state_dict() == mlp(0).state_dict()
    assert os.listdir(file.parent) == [file.name]


# tensors --------------------------------------------------------------------------------------------------------------


@given(
    st.dictionaries(st.from_regex(r"\A[a-z]{1,2}(\.[a-z])?(\[[0-3]\]){0,3}\Z"), st.floats(allow_nan=False), max_size=30)
)
def test_what_is_gathered_comes_back(state: dict[str, float]) -> None:
    assert flattened(gathered(state)) == state
