"""``fit``, ``evaluate`` and ``predict``: the training loop that everybody writes, written once.

    history = nn.fit(model, (X, y), loss=nn.cross_entropy, optimizer=nn.optim.Adam(model.parameters(), lr=0.01),
                     epochs=20, batch_size=32, validation_data=(X_val, y_val), metrics=["accuracy"])

``fit`` does nothing that a loop by hand could not do: zero the gradients, predict, take the loss, ``backward()``, step.
What does not live here: that step itself (``eager.py``, and on a program ``compiled.py``), what ``fit`` is told
(``arguments.py``), how data are read (``data.py``), what may step in (``callbacks.py``).
"""

import random
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any

from autograd import Value, no_grad
from nn.arguments import Arguments, as_metrics, as_model
from nn.callbacks import Callback, Run
from nn.compiled import CompiledStep
from nn.data import batches, rows, samples
from nn.eager import EagerStep, Loss, Step, outputs, plain
from nn.errors import OptionTypeError
from nn.history import History
from nn.losses import loss_function
from nn.metrics import Metric
from nn.module import Module
from nn.optim import Optimizer
from nn.options import shown
from nn.progress import Progress
from nn.trial import UnfitError

__all__ = ["evaluate", "fit", "outputs", "predict"]


def fit(
    model: Any, data: Any, *, loss: Loss | str, optimizer: Optimizer | Callable[[list[Value]], Optimizer] | str,
    epochs: int = 10, batch_size: int | None = 32, validation_data: Any = None, metrics: Sequence[str | Metric] = (),
    callbacks: Iterable[Any] = (), shuffle: bool = True, rng: random.Random | None = None, verbose: int = 1,
    compile: bool | str = False,
) -> History:  # fmt: skip
    """Train ``model`` on ``data`` and give the history of it.

    Args:
        model: a ``Module``; called with one sample at a time, or with a batch where it holds a ``BatchNorm``. It is in
            training mode meanwhile, all that is inside it as well, and each module in its own mode again afterwards.
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
        verbose: 0 for silence, 1 or more for a progress bar.
        compile: train on a program compiled from one sample's graph, True or the name of a backend (see
            ``autograd.compile``).  The model's Python code then runs once, not once a sample.  Where it decides by
            the numbers it sees, draws at random (``Dropout``) or needs the whole batch (``BatchNorm``), or the loss
            is no mean over samples, ``fit`` warns and trains without compiling.  It finds that out by trying the
            program on some samples first, spread over the data and with different targets where there are; code
            that does something else for very few samples may slip through.

    Returns:
        The history. After Ctrl-C as well: the model then is as the last finished step left it, and can be used and
        trained on; only without ``compile``, and where the update itself was interrupted, some parameters may have
        taken it and others not.

    Raises:
        OptionError: a number outside its range, a name that does not exist, or an optimizer of another model.
        LengthError: the data have no samples, or not one target for each.
        ProgramError, MissingExtraError: there is no backend of that name, or the package it needs is missing.

    >>> from nn import MLP
    >>> rng = random.Random(0)
    >>> model = MLP(1, [1], rng=rng)
    >>> data = ([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> history = fit(model, data, loss="mse_loss", optimizer="sgd", epochs=3, rng=rng, verbose=0)
    >>> history.epochs, history["loss"][0] > history["loss"][-1]
    (3, True)
    """
    asked = Arguments(
        model, data, loss, optimizer, epochs, batch_size, validation_data, metrics, callbacks, shuffle, rng, verbose,
        compile,
    )  # fmt: skip
    run = Run(model, asked.optimizer, asked.epochs)
    modes, started = _modes(model), time.perf_counter()
    step: Step | None = None
    begun: list[Callback] = []

    def train() -> None:
        nonlocal step
        for watcher in asked.watchers:
            watcher.on_train_begin(run)
            begun.append(watcher)
        _set_mode(model, True)
        step = _step(asked)
        with Progress(asked.epochs, -(-len(asked.train.inputs) // asked.size), asked.verbose) as progress:
            while run.epoch < asked.epochs and not run.stopping:
                _set_mode(model, True)
                step = _looked(step, asked) if run.epoch and asked.watchers else step
                numbers = _epoch(step, asked, progress)
                if asked.held_out is not None:
                    _set_mode(model, False)
                    found = _measured(*step.evaluated(asked.held_out), asked.held_out.targets, asked.metrics)
                    numbers.update({f"val_{name}": number for name, number in found.items()})
                run.history.append(numbers)
                progress.epoch(run.epoch, numbers)
                if asked.watchers:
                    step.show()
                for watcher in asked.watchers:
                    watcher.on_epoch_end(run)

    try:
        copy_context().run(train)  # where an interrupt keeps a block such as no_grad() from being left, this leaves it
    except KeyboardInterrupt:
        run.stop("interrupted")
    finally:
        if step is not None:
            _finish(run, step.show)
        _finish(run, partial(_restore, modes))
        run.history.seconds = time.perf_counter() - started
        run.history.stopped = run.stopping or "epochs"
        for watcher in begun:
            _finish(run, partial(watcher.on_train_end, run))
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
    as_model(model)
    given = samples(data)
    function = None if loss is None else loss_function(loss)
    named = as_metrics(metrics, function)
    with no_grad(), _Evaluation(model):
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
    as_model(model)
    with no_grad(), _Evaluation(model):
        return [plain(output) for output in outputs(model, rows(X))]


def _step(asked: Arguments) -> Step:
    """Steps on a program, where that is asked for and does; else on fresh graphs."""
    if asked.compile:
        try:
            return CompiledStep(
                asked.model, asked.loss, asked.train, asked.optimizer, predictions=bool(asked.metrics),
                size=asked.size, backend=asked.backend, held_out=asked.held_out,
            )  # fmt: skip
        except UnfitError as error:
            _warn(error)
    return EagerStep(asked.model, asked.loss, asked.train, asked.optimizer)


def _looked(step: Step, asked: Arguments) -> Step:
    """The same steps after callbacks, which may have changed what a program cannot follow."""
    try:
        step.look()
    except UnfitError as error:
        _warn(error)
        return EagerStep(asked.model, asked.loss, asked.train, asked.optimizer)
    return step


def _warn(error: UnfitError) -> None:
    warnings.warn(f"fit trains without compiling: {error}", stacklevel=5)


def _finish(run: Run, action: Callable[[], Any]) -> None:
    """Do what must be done at the end; where it is interrupted, once more from its beginning."""
    try:
        action()
    except KeyboardInterrupt:
        run.stop("interrupted")
        run.history.stopped = run.stopping
        action()


def _epoch(step: Step, asked: Arguments, progress: Progress) -> dict[str, float]:
    """Train on every batch; the mean loss, and the metrics of the predictions as they were when trained on."""
    total, count = 0.0, 0
    predictions: list[Any] = []
    targets: list[Any] = []
    for places in batches(len(asked.train.inputs), asked.size, asked.rng, asked.least):
        loss, found = step(places)
        total += loss * len(places)
        count += len(places)
        if asked.metrics:
            predictions += found
            targets += [asked.train.targets[i] for i in places]
        progress.batch(loss)
    return _measured(total / count, predictions, targets, asked.metrics)


def _measured(loss: float, predictions: list[Any], targets: list[Any], metrics: dict[str, Metric]) -> dict[str, float]:
    return {"loss": loss, **{name: _number(name, metric(predictions, targets)) for name, metric in metrics.items()}}


def _number(name: str, found: Any) -> float:
    try:
        return float(found)
    except (TypeError, ValueError):
        raise OptionTypeError(f"a metric gives one number for all predictions; {name!r} gave {shown(found)}") from None


class _Evaluation:
    """A block with the model in evaluation mode."""

    def __init__(self, model: Any) -> None:
        self.model, self.modes = model, _modes(model)

    def __enter__(self) -> None:
        try:
            _set_mode(self.model, False)
        except BaseException:
            _restore(self.modes)
            raise

    def __exit__(self, *error: Any) -> None:
        _restore(self.modes)


def _modes(model: Any) -> list[tuple[Module, bool]]:
    """Every module and whether it is told that training is on."""
    return [(module, module.training) for module in model.modules()] if isinstance(model, Module) else []


def _restore(modes: list[tuple[Module, bool]]) -> None:
    for module, training in modes:
        module.training = training


def _set_mode(model: Any, training: bool) -> None:
    if isinstance(model, Module):
        model.train(training)
