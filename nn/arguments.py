"""What ``fit`` is told, checked before anything is trained: an error here has changed nothing.

What does not live here: options of layers and optimisers (``options.py``), the training (``training.py``).
"""

import random
from collections.abc import Iterable, Sequence
from typing import Any

import autograd
from autograd import Value
from nn import optim
from nn.callbacks import Callback, as_callbacks
from nn.data import Samples, samples
from nn.eager import Loss, needs_batch
from nn.errors import OptionError, OptionTypeError
from nn.init import source
from nn.losses import loss_function, underlying
from nn.metrics import Metric, by_name
from nn.module import Module
from nn.optim import Optimizer
from nn.options import count, flag, listed, named, shown


class Arguments:
    """The arguments of one call of ``fit``, as the training takes them.

    Raises:
        OptionError: one of them is out of its range, of another kind, or does not fit the others.
        LengthError, StructureError: the data are none.
    """

    train: Samples
    held_out: Samples | None
    loss: Loss
    metrics: dict[str, Metric]
    optimizer: Optimizer
    watchers: list[Callback]

    def __init__(
        self, model: Any, data: Any, loss: Any, optimizer: Any, epochs: Any, batch_size: Any, validation_data: Any,
        metrics: Any, callbacks: Any, shuffle: Any, rng: Any, verbose: Any, compile: Any,
    ) -> None:  # fmt: skip
        self.model = as_model(model)
        self.epochs = count("epochs", epochs)
        self.train = samples(data)
        self.held_out = None if validation_data is None else samples(validation_data)
        self.size = len(self.train.inputs) if batch_size is None else count("batch_size", batch_size)
        self.least = 2 if needs_batch(model) else 1
        self.loss = loss_function(loss)
        self.metrics = as_metrics(metrics, self.loss)
        self.optimizer = as_optimizer(optimizer, model)
        given = listed("callbacks", callbacks, "a list: write callbacks=[...] around one")
        self.watchers = as_callbacks(given)
        _refuse_foreign_schedules(given, self.optimizer)
        rng = source(rng)
        self.rng: random.Random | Any = rng if flag("shuffle", shuffle) else None
        self.verbose = int(verbose) if isinstance(verbose, bool) else count("verbose", verbose, 0)
        self.backend = compile if isinstance(compile, str) else "auto"
        self.compile = bool(compile) if isinstance(compile, str) else flag("compile", compile, "Or name a backend")
        if self.compile:
            autograd.compile(Value(0.0), backend=self.backend)  # no such backend, or a package that it needs is missing


def as_model(model: Any) -> Any:
    """The model itself.

    Raises:
        OptionTypeError: it cannot be called with a sample, or is a class.
    """
    if isinstance(model, type):
        raise OptionTypeError(f"a model is an object, and {model.__name__} is a class: write {model.__name__}(...)")
    if not callable(model):
        raise OptionTypeError(f"a model is a Module or a function of one sample; got {shown(model)}")
    return model


def as_metrics(metrics: Iterable[str | Metric] | Any, loss: Any) -> dict[str, Metric]:
    """The metrics by the names that a history will have them under.

    Raises:
        OptionError: there is none of that name, or two have the same one.
    """
    found: dict[str, Metric] = {}
    for entry in listed("metrics", metrics):
        ((name, metric),) = by_name([entry], on_logits(loss)).items()
        if name == "loss" or found.setdefault(name, metric) is not metric:
            raise OptionError(
                f"two columns of the history would be called {name!r}; give your function a __name__ of its own"
            )
    return found


def on_logits(loss: Any) -> bool:
    """Whether single scores are logits or margins, above 0 for the class 1, by the loss that they are trained on."""
    name = getattr(underlying(loss), "__name__", type(loss).__name__).lower().replace("_", "")
    return "withlogits" in name or "hinge" in name


def as_optimizer(optimizer: Any, model: Any) -> Optimizer:
    """The optimiser given, named, or made by the class or function given over the model's parameters.

    Raises:
        OptionError: there is none of that name, it is none, or it was made for another model.
    """
    if isinstance(optimizer, str):
        known = {name.lower(): getattr(optim, name) for name in optim.__all__ if name != "Optimizer"}
        optimizer = named("optimizer", optimizer.lower(), known)
    if isinstance(optimizer, type) or (callable(optimizer) and not hasattr(optimizer, "step")):
        if not hasattr(model, "parameters"):
            raise OptionTypeError(
                f"{shown(model)} has no parameters() to make an optimizer over: give one that is made, such as "
                "nn.optim.SGD([w, b], lr=0.1)"
            )
        optimizer = optimizer(model.parameters())
    if not all(callable(getattr(optimizer, name, None)) for name in ("step", "zero_grad")):
        raise OptionTypeError(
            f"an optimizer has step() and zero_grad(), is a class of nn.optim or its name; got {shown(optimizer)}"
        )
    groups: Sequence[Any] = getattr(optimizer, "param_groups", ())
    changed = {id(p) for group in groups for p in group["params"]}
    if isinstance(model, Module) and changed and not any(id(p) in changed for _, p in model.named_parameters()):
        raise OptionError(
            "the optimizer was made for other parameters and would change none of this model's: make it over "
            "model.parameters() once the model is as it will be trained"
        )
    made: Optimizer = optimizer
    return made


def _refuse_foreign_schedules(callbacks: Iterable[Any], optimizer: Optimizer) -> None:
    for schedule in callbacks:
        own = getattr(schedule, "optimizer", optimizer)
        if callable(getattr(schedule, "step", None)) and own is not optimizer:
            raise OptionError(
                f"the {type(schedule).__name__} among the callbacks was made for another optimizer than this "
                "training's: make one optimizer, and give it to both"
            )
