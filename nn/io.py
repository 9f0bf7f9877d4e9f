"""``save`` and ``load``: a model as a file, in safetensors or in JSON, never as a pickle.

    nn.save(model, "xor.safetensors")       # or "xor.json", which a person can read
    model = nn.load("xor.safetensors")      # rebuilds nn's own classes
    nn.load("xor.safetensors", into=model)  # fills any module, one of your own classes as well
    model.load_state_dict(nn.load("xor.safetensors").state_dict())  # the numbers alone, whatever computes with them

Both formats hold the same: a version, the blueprint of the model (``blueprint.py``), the numbers of its
``state_dict()`` gathered into tensors, and a SHA-256 over the whole file with the digest's own 64 characters taken as
zeros, so that no bit can flip unseen.  It guards against accidents; it is no signature.  A file is written beside its
place and then renamed, so that a name never stands for half a file.

What does not live here: how names become tensors and back (``tensors.py``).
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar, overload

from autograd.extra import extra
from autograd.files import write
from nn.blueprint import Blueprint, blueprint, built, difference
from nn.errors import ModelFileError, OptionTypeError
from nn.module import Module
from nn.options import instance, shown
from nn.tensors import Tensor, flattened, gathered

M = TypeVar("M", bound=Module)

FORMAT: Final = "chainrule model"
VERSION: Final = 1
SUFFIXES: Final = (".safetensors", ".json")

_NO_DIGEST: Final = "0" * 64
_DIGEST: Final = re.compile(rb'"sha256": ?"([0-9a-f]{64})"')
_SPECIAL: Final = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


class Contents(NamedTuple):
    """What a model file holds."""

    model: Blueprint | None
    """What to build, or None for a class of the user's own."""
    name: str
    """The name of the model's class."""
    state: dict[str, float]
    """Number by path, as ``Module.load_state_dict`` takes it."""


def save(model: Module, path: str | os.PathLike[str]) -> Path:
    """Write ``model`` to ``path``, as safetensors or JSON by the ending of its name; gives the path.

    Args:
        model: any module; ``load`` rebuilds nn's own classes, and fills others with ``into=``. Its numbers are kept,
            not its mode, and not what is frozen.
        path: ends in ``.safetensors`` (float64, exact) or ``.json`` (decimal, exact as well).

    Raises:
        ModelFileError: the name ends in something else.
        OptionError: that is no module, or no name of a file.
        MissingExtraError: safetensors is not installed.
        OSError: the folder does not exist, the disk is full, ...; a file that was there is as it was.

    >>> import tempfile
    >>> from nn import MLP
    >>> model = MLP(2, [3, 1])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = load(save(model, f"{folder}/model.json"))
    >>> again.state_dict() == model.state_dict()
    True
    """
    instance("model", model, Module, "a module", "Write nn.save(model, path)")
    target = model_path(path)
    head = {
        "format": FORMAT, "version": str(VERSION), "sha256": _NO_DIGEST, "class": type(model).__name__,
        "model": blueprint(model),
    }  # fmt: skip
    tensors = gathered(model.state_dict())
    data = _to_safetensors(head, tensors) if target.suffix == ".safetensors" else _to_json(head, tensors)
    found = _DIGEST.search(data)
    assert found is not None
    digest = hashlib.sha256(data).hexdigest().encode()
    write(target, data[: found.start(1)] + digest + data[found.end(1) :])
    return target


@overload
def load(path: str | os.PathLike[str]) -> Module: ...
@overload
def load(path: str | os.PathLike[str], into: M) -> M: ...
def load(path: str | os.PathLike[str], into: Module | None = None) -> Module:
    """The model saved at ``path``.

    Args:
        path: a file that ``save`` wrote.
        into: a module to fill with the file's numbers; without it, one is built. It is filled whole or not at all.
            What nn knows of both must be built alike: no ReLU where the file has a tanh.

    Raises:
        ModelFileError: the file is cut short, damaged, too long, of another kind or version, or does not fit ``into``.
        OptionError: that is no name of a file, or ``into`` no module.
        MissingExtraError: safetensors is not installed.
        OSError: there is no such file, or it cannot be read.
    """
    if into is not None:
        instance("into", into, Module, "a module to fill")
    file = model_path(path)
    contents = _read(file)
    if into is not None:
        _refuse_other_architecture(file, contents, into)
    else:
        if contents.model is None:
            raise ModelFileError(
                f"{file} holds a {contents.name}, which nn cannot build, for it has a class or a function of your own "
                "in it, a layer that stands in two places or too deep, or was changed by hand: make the model "
                "yourself, and use nn.load(path, into=model)"
            )
        try:
            into = built(contents.model)
        except (ValueError, TypeError, LookupError, RecursionError, MemoryError) as error:
            raise ModelFileError(f"{file} describes a model that cannot be built: {error}") from error
    try:
        into.load_state_dict(contents.state)
    except ValueError as error:
        raise ModelFileError(
            f"{file} holds a {contents.name} of {len(contents.state)} numbers, which does not fit: {error}"
        ) from error
    return into


# reading --------------------------------------------------------------------------------------------------------------


def _read(file: Path) -> Contents:
    """What the file holds, once its digest, its format and its version are known to be right."""
    data = file.read_bytes()
    if file.suffix == ".safetensors":
        _refuse_wrong_length(file, data)
    found = _DIGEST.search(data)
    if found is None:
        raise ModelFileError(f"{file} is no model that nn.save wrote, or only a part of one: it holds no SHA-256")
    digest = hashlib.sha256(data[: found.start(1)] + _NO_DIGEST.encode() + data[found.end(1) :]).hexdigest()
    if digest != found[1].decode():
        raise ModelFileError(
            f"{file} is damaged, cut short or was changed by hand: its contents have the SHA-256 {digest[:12]}..., and "
            f"it says {found[1].decode()[:12]}.... Take it from a backup or save the model again"
        )
    try:
        head, tensors = _from_safetensors(data) if file.suffix == ".safetensors" else _from_json(data)
        if head["format"] != FORMAT:
            raise ValueError(f"its format is {head['format']!r}")
        if head["version"] != str(VERSION):
            raise ModelFileError(
                f"{file} is of version {head['version']!r}; this chainrule reads version {VERSION}. Update it "
                "(pip install -U chainrule), or save the model with the version you have here"
            )
        return Contents(head["model"], str(head["class"]), flattened(tensors))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(f"{file} is no model that nn.save wrote: {error!r}") from error


def model_path(path: str | os.PathLike[str]) -> Path:
    """The path of a model file, whose ending says its format.

    Raises:
        OptionTypeError: it is no name of a file.
        ModelFileError: its ending is none of ``SUFFIXES``.
    """
    if not isinstance(path, str | os.PathLike):
        raise OptionTypeError(f"path is the name of a file, as text or a pathlib.Path; got {shown(path)}")
    file = Path(path)
    if file.suffix not in SUFFIXES:
        raise ModelFileError(f"the name of a model file ends in {' or '.join(SUFFIXES)}; got {str(file)!r}")
    return file


def _refuse_other_architecture(file: Path, contents: Contents, into: Module) -> None:
    """Numbers of one shape fit many networks: where both are nn's own, they must compute the same with them."""
    found = None if contents.model is None else difference(contents.model, into)
    if found is not None:
        raise ModelFileError(
            f"{file} holds a {contents.name} which does not fit, for it is built otherwise than the model to be "
            f"filled: {found}. Make the model alike, or take the file's own with nn.load(path); to take over its "
            "numbers all the same, model.load_state_dict(nn.load(path).state_dict())"
        )


def _refuse_wrong_length(file: Path, data: bytes) -> None:
    """A safetensors file says how long it is; that makes a plainer message than a digest that differs."""
    try:
        start = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:start])
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise ModelFileError(
            f"{file} is no safetensors file, or its beginning is damaged: no header can be read from its {len(data)} "
            "bytes"
        ) from None
    expected = start + max(ends, default=0)
    if len(data) != expected:
        what = "cut short" if len(data) < expected else "too long"
        raise ModelFileError(f"{file} is {what}: its header speaks of {expected} bytes, and it has {len(data)}")


# the two formats: a head and tensors, to bytes and back ---------------------------------------------------------------


def _to_safetensors(head: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> bytes:
    numpy = extra("numpy", "files")
    metadata = {key: entry if isinstance(entry, str) else json.dumps(entry) for key, entry in head.items()}
    arrays = {
        name: numpy.array(tensor.numbers, dtype=numpy.float64).reshape(tensor.shape) for name, tensor in tensors.items()
    }
    data: bytes = extra("safetensors.numpy", "files").save(arrays, metadata)
    return data


def _from_safetensors(data: bytes) -> tuple[dict[str, Any], dict[str, Tensor]]:
    safetensors = extra("safetensors", "files")
    try:
        arrays = extra("safetensors.numpy", "files").load(data)
    except safetensors.SafetensorError as error:
        raise ValueError(str(error)) from error
    head = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    head["model"] = json.loads(head["model"])
    for name, array in arrays.items():
        if array.dtype != "float64":
            raise ValueError(f"the tensor {name!r} is of type {array.dtype}, not float64")
    return head, {name: Tensor(array.shape, array.ravel().tolist()) for name, array in arrays.items()}


def _to_json(head: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> bytes:
    """One line for each tensor, and numbers that JSON does not have as text."""
    lines = [f" {json.dumps(key)}: {json.dumps(entry)}," for key, entry in head.items()]
    entries = [
        f"  {json.dumps(name)}: {json.dumps({'shape': tensor.shape, 'numbers': list(map(_spelt, tensor.numbers))})}"
        for name, tensor in tensors.items()
    ]
    return "\n".join(["{", *lines, ' "tensors": {', ",\n".join(entries), " }", "}", ""]).encode()


def _from_json(data: bytes) -> tuple[dict[str, Any], dict[str, Tensor]]:
    head = json.loads(data)
    tensors = head["tensors"].items()
    return head, {
        name: Tensor(
            tuple(tensor["shape"]), [_SPECIAL[x] if isinstance(x, str) else float(x) for x in tensor["numbers"]]
        )
        for name, tensor in tensors
    }


def _spelt(number: float) -> float | str:
    return number if number - number == 0 else str(number)
