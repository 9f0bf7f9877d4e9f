"""``fit``, ``evaluate`` and ``predict``: the training loop that everybody writes, written once.

    history = nn.fit(model, (X, y), loss=nn.cross_entropy, optimizer=nn.optim.Adam(model.parameters(), lr=0.01),
                     epochs=20, batch_size=32, validation_data=(X_val, y_val), metrics=["accuracy"])

``fit`` does nothing that a loop by hand could not do: zero the gradients, predict, take the loss, ``backward()``, step.
What does not live here: how data are read (``data.py``), what may step in (``callbacks.py``), and the same step on a
compiled program (``compiled.py``).
"""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from autograd import Value, no_grad
from nn import optim
from nn.batchnorm import BatchNorm
from nn.callbacks import Run, as_callbacks
from nn.compiled import CompiledStep
from nn.data import Samples, batches, rows, samples
from nn.errors import OptionError
from nn.history import History
from nn.init import source
from nn.losses import loss_function
from nn.metrics import Metric, by_name
from nn.module import Module
from nn.optim import Optimizer
from nn.progress import Progress

Loss = Callable[[Any, Any], Any]
"""``(predictions, targets) -> Value``, over a batch: list[n] of what the model gives, list[n] of targets."""


def fit(
    model: Any, data: Any, *, loss: Loss | str, optimizer: Optimizer | Callable[[list[Value]], Optimizer] | str,
    epochs: int = 10, batch_size: int | None = 32, validation_data: Any = None, metrics: Sequence[str | Metric] = (),
    callbacks: Iterable[Any] = (), shuffle: bool = True, rng: random.Random | None = None, verbose: int = 1,
    compile: bool | str = False,
) -> History:  # fmt: skip
    """Train ``model`` on ``data`` and give the history of it.

    Args:
        model: a ``Module``; called with one sample at a time, or with a batch where it holds a ``BatchNorm``.
        data: a tuple (X, y) of n inputs and n targets, lists or arrays; or an iterable of n pairs (x, y).
        loss: a function of a batch's predictions and targets that gives a Value, a loss module, or a name in
            ``nn.losses`` such as ``"cross_entropy"``.
        optimizer: one made over ``model.parameters()``, a class of ``nn.optim``, or its name such as ``"adam"``.
        epochs: how often to go through the data at most, from 1 up.
        batch_size: samples a step, from 1 up; None for all of them.
        validation_data: data to evaluate after each epoch, in the same forms; nothing is trained on them.
        metrics: names such as ``"accuracy"`` (see ``nn.metrics``) and functions of predictions and targets.
        callbacks: see ``nn.callbacks``; a schedule of learning rates is one.
        shuffle: whether each epoch takes the samples in a new order.
        rng: where the order comes from; Python's ``random`` by default.
        verbose: 0 for silence, 1 for a progress bar.
        compile: train on a program compiled from one sample's graph, True or the name of a backend (see
            ``autograd.compile``); the model's Python code runs once, not once a sample, so it must not decide by the
            numbers it sees, and the loss must be a mean over samples.

    Returns:
        The history. After Ctrl-C as well: the model then is as the last step left it, and can be used and trained on;
        where the step itself was interrupted, some parameters may have taken it and others not.

    Raises:
        OptionError: a number outside its range, a name that does not exist, or an optimizer of another model.
        LengthError: the data have no samples, or not one target for each.

    >>> from nn import MLP
    >>> rng = random.Random(0)
    >>> model = MLP(1, [1], rng=rng)
    >>> data = ([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> history = fit(model, data, loss="mse_loss", optimizer="sgd", epochs=3, rng=rng, verbose=0)
    >>> history.epochs, history["loss"][0] > history["loss"][-1]
    (3, True)
    """
    if not _is_count(epochs) or not (batch_size is None or _is_count(batch_size)):
        raise OptionError(f"epochs and batch_size are whole numbers, at least 1; got {epochs!r} and {batch_size!r}")
    train = samples(data)
    held_out = None if validation_data is None else samples(validation_data)
    size = len(train.inputs) if batch_size is None else batch_size
    watchers = as_callbacks(callbacks)
    loss = loss_function(loss)
    named = by_name(metrics, _on_logits(loss))
    optimizer = _optimizer(optimizer, model)
    run = Run(model, optimizer, epochs)
    parts = partial(batches, train, size, source(rng) if shuffle else None, least=2 if needs_batch(model) else 1)
    backend = compile if isinstance(compile, str) else "auto"
    mode, started = getattr(model, "training", True), time.perf_counter()
    try:
        for watcher in watchers:
            watcher.on_train_begin(run)
        step = CompiledStep(model, loss, train, bool(named), backend) if compile else EagerStep(model, loss)
        with Progress(epochs, -(-len(train.inputs) // size), verbose) as progress:
            while run.epoch < epochs and not run.stopping:
                _set_mode(model, True)
                numbers = _epoch(step, optimizer, parts(), named, progress)
                if held_out is not None:
                    _set_mode(model, False)
                    found = _measured(*step.evaluated(held_out), held_out.targets, named)
                    numbers.update({f"val_{name}": number for name, number in found.items()})
                run.history.append(numbers)
                progress.epoch(run.epoch, numbers)
                for watcher in watchers:
                    watcher.on_epoch_end(run)
    except KeyboardInterrupt:
        run.stop("interrupted")
    finally:
        _set_mode(model, mode)
        run.history.seconds = time.perf_counter() - started
        run.history.stopped = run.stopping or "epochs"
        for watcher in watchers:
            watcher.on_train_end(run)
    return run.history


def evaluate(
    model: Any, data: Any, *, loss: Loss | str | None = None, metrics: Sequence[str | Metric] = ()
) -> dict[str, float]:
    """The loss and the metrics of ``model`` on ``data``; makes no graph and trains nothing.

    Args:
        model: as for ``fit``; it is in evaluation mode meanwhile.
        data: as for ``fit``.
        loss: as for ``fit``; None leaves it out.
        metrics: as for ``fit``.

    >>> from autograd import Value
    >>> evaluate(lambda x: x[0] * 2, [([1.0], 2.0), ([2.0], 5.0)], loss="mse_loss", metrics=["mae"])
    {'loss': 0.5, 'mae': 0.5}
    """
    given = samples(data)
    function = None if loss is None else loss_function(loss)
    named = by_name(metrics, _on_logits(function))
    with _Evaluation(model):
        found, predictions = EagerStep(model, function).evaluated(given)
    numbers = _measured(found, predictions, given.targets, named)
    if function is None:
        del numbers["loss"]
    return numbers


def predict(model: Any, X: Any) -> list[Any]:
    """What ``model`` gives for each input: list[n] of floats, or of lists of floats.

    Args:
        model: as for ``fit``; it is in evaluation mode meanwhile, and no graph is made.
        X: n inputs, a list, an array or another iterable.

    >>> predict(lambda x: [x[0], x[0] * 2], [[1.0], [2.0]])
    [[1.0, 2.0], [2.0, 4.0]]
    """
    with _Evaluation(model):
        return [_plain(output) for output in outputs(model, rows(X))]


def outputs(model: Any, inputs: list[Any]) -> list[Any]:
    """The model's output for every input: sample by sample, or all at once where it normalises over the batch."""
    return list(model(inputs)) if needs_batch(model) else [model(x) for x in inputs]


def needs_batch(model: Any) -> bool:
    """Whether what the model makes of a sample depends on the others of its batch."""
    return isinstance(model, Module) and any(isinstance(module, BatchNorm) for module in model.modules())


class EagerStep:
    """One step of training as a loop by hand has it: a fresh graph, backward, an update."""

    def __init__(self, model: Any, loss: Loss | None) -> None:
        self.model, self.loss = model, loss

    def __call__(self, batch: Samples, optimizer: Optimizer) -> tuple[float, list[Any]]:
        """Train on one batch; its loss and its predictions."""
        assert self.loss is not None
        optimizer.zero_grad()
        predictions = outputs(self.model, batch.inputs)
        loss = self.loss(predictions, batch.targets)
        if not isinstance(loss, Value):
            raise OptionError(
                f"the loss must give one Value for a batch; {getattr(self.loss, '__name__', self.loss)!r} gave "
                f"{loss!r:.80}. Losses with reduction='none' give one number a sample, and a loss of plain numbers has "
                "no gradient"
            )
        loss.backward()
        optimizer.step()
        return loss.data, _plain(predictions)  # what holds no graph, so that it is freed before the next one

    def evaluated(self, data: Samples) -> tuple[float, list[Any]]:
        """The loss of all of ``data`` and the predictions, as plain numbers."""
        with no_grad():
            predictions = outputs(self.model, data.inputs)
            loss = 0.0 if self.loss is None else self.loss(predictions, data.targets)
        return float(loss), _plain(predictions)


def _epoch(
    step: Any, optimizer: Optimizer, parts: Iterable[Samples], metrics: dict[str, Metric], progress: Progress
) -> dict[str, float]:
    """Train on every batch; the mean loss, and the metrics of the predictions as they were when trained on."""
    total, count = 0.0, 0
    predictions: list[Any] = []
    targets: list[Any] = []
    for part in parts:
        loss, found = step(part, optimizer)
        total += loss * len(part.targets)
        count += len(part.targets)
        if metrics:
            predictions += found
            targets += part.targets
        progress.batch(loss)
    return _measured(total / count, predictions, targets, metrics)


def _measured(loss: float, predictions: list[Any], targets: list[Any], metrics: dict[str, Metric]) -> dict[str, float]:
    return {"loss": loss, **{name: float(metric(predictions, targets)) for name, metric in metrics.items()}}


class _Evaluation:
    """A block without a graph, with the model in evaluation mode."""

    def __init__(self, model: Any) -> None:
        self.model, self.mode, self.block = model, getattr(model, "training", True), no_grad()

    def __enter__(self) -> None:
        _set_mode(self.model, False)
        self.block.__enter__()

    def __exit__(self, *error: Any) -> None:
        self.block.__exit__(*error)
        _set_mode(self.model, self.mode)


def _set_mode(model: Any, training: bool) -> None:
    if isinstance(model, Module):
        model.train(training)


def _plain(output: Any) -> Any:
    """Values as floats, in lists as they were."""
    return [_plain(entry) for entry in output] if isinstance(output, list | tuple) else float(output)


def _on_logits(loss: Any) -> bool:
    """Whether single scores are logits, by the loss that they are trained on."""
    name = getattr(loss, "__name__", type(loss).__name__).lower()
    return "withlogits" in name.replace("_", "")


def _optimizer(optimizer: Any, model: Any) -> Optimizer:
    if isinstance(optimizer, str):
        known = {name.lower(): getattr(optim, name) for name in optim.__all__ if name != "Optimizer"}
        if optimizer.lower() not in known:
            raise OptionError(f"no optimizer is called {optimizer!r}; there are {', '.join(known)}")
        optimizer = known[optimizer.lower()]
    if isinstance(optimizer, type) or not hasattr(optimizer, "step"):
        optimizer = optimizer(model.parameters())
    made: Optimizer = optimizer
    if isinstance(model, Module) and isinstance(made, Optimizer):
        changed = {p for group in made.param_groups for p in group["params"]}
        if changed.isdisjoint(model.parameters()):
            raise OptionError(
                "the optimizer was made for other parameters and would change none of this model's: make it over "
                "model.parameters() once the model is as it will be trained"
            )
    return made


def _is_count(number: Any) -> bool:
    """Whether it is a whole number from 1 up, Python's or NumPy's."""
    return hasattr(number, "__index__") and number >= 1
