"""A step of training on a compiled program: the graph of one sample, run for a whole batch at once.

The loss of the first sample is built with a leaf for each number of the input and of the target, and compiled with
those as the batch; from then on neither the model's nor the loss's Python code runs.  A step is one run, which gives
loss, outputs and gradient, and one update of the vector of all parameters (``optim/flat.py``).  The Values hear of it
when somebody is about to look: a callback, or whoever has the model after the training.

What does not live here: the same step on fresh graphs (``eager.py``), whether a program may stand in for the model at
all (``trial.py``), programs (``autograd.compile``).
"""

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Any

import autograd
from autograd import Program, ProgramError, Value
from nn import trial
from nn.data import Samples
from nn.eager import EagerStep, Loss, Outcome, refuse_no_loss
from nn.module import Module
from nn.nested import LISTS, flat, is_sequence
from nn.optim.flat import flattened
from nn.optim.rows import FLOATS, arrays
from nn.trial import UnfitError, leaves_of


class CompiledStep:
    """Steps on a program compiled from the loss of one sample; a ``Step`` as in ``eager.py``.

    Args:
        model: called with one sample.
        loss: a mean over samples of what each contributes.
        data: the samples to be trained on; the program is made from the first.
        optimizer: what updates the parameters.
        predictions: whether the model's outputs are asked for at each step.
        size: samples a batch.
        backend: what runs the program, as ``autograd.compile`` names it.
        held_out: samples to be evaluated on.

    Raises:
        UnfitError: a program would train to something else than the model's and the loss's own code.
        TargetError: a target that the loss refuses.
    """

    @autograd.without_collector()
    def __init__(
        self, model: Any, loss: Loss, data: Samples, optimizer: Any, *, predictions: bool = False, size: int = 32,
        backend: str = "auto", held_out: Samples | None = None,
    ) -> None:  # fmt: skip
        trial.hold_layers(model)
        self.model, self.loss, self.data, self.optimizer = model, loss, data, optimizer
        self.predictions, self.size, self.backend = predictions, size, backend
        self.held_out = held_out
        self.stands_in: bool | None = None
        with autograd.no_grad():
            first = model(data.inputs[0])
        targets = [*data.targets, *(held_out.targets if held_out else ())]
        wanted = trial.losses_of_targets(loss, first, targets)
        for self.classes in _classes(first, targets):
            try:
                self._build()
                trial.hold_gradient(self, data)
                self._hold(trial.LOOKED_AT)
                trial.hold_targets(wanted, self._losses_of([target for target, _ in wanted.values()]))
                break
            except UnfitError:
                if not self.classes:
                    raise

    # the program ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        """The program, the vector of its leaves' numbers, and the data as it takes them."""
        groups = getattr(self.optimizer, "param_groups", ())
        parameters = [p for group in groups for p in group["params"]]  # so that each group is a run of the vector
        try:
            columns, self.form, root = self.graph(self.data.inputs[0], self.data.targets[0])
            self.used, found = list(range(len(columns))), [root, flat(self.form), parameters]
            try:
                self.program = self._compiled(columns, *found)
            except ProgramError:  # a number of the data that nothing is made of
                within = set(autograd.topological_order(root))
                self.used = [i for i, leaf in enumerate(columns) if leaf in within]
                self.program = self._compiled([columns[i] for i in self.used], *found)
        except Exception as error:  # whatever stops the code from being traced does not stop it from running
            raise UnfitError(f"{type(error).__name__}: {error}") from error
        if not self.used:
            raise UnfitError("the loss depends on no number of the data")
        self.lists = self.program.backend == "python" or arrays() is None
        rows = FLOATS if self.lists else arrays(fused=self.program.backend == "native") or FLOATS
        self.flat = flattened(self.optimizer, self.program.leaves, rows, self._home())
        self.kinds = list(map(type, self.program.leaves))
        self.parameters = self._parameters()
        self.table = self._table(self.data)
        self.held_table = self._table(self.held_out) if self.held_out else None

    def _parameters(self) -> list[Value]:
        """Those that the model has now: somebody may put others in their place."""
        return self.model.parameters() if isinstance(self.model, Module) else []

    def _home(self) -> Any:
        """Where the vector of the leaves' numbers lies best: where the program reads them."""
        return None if self.lists else self.program.memory(min(self.size, len(self.data.inputs)))

    def _compiled(self, batch: list[Value], root: Value, outputs: list[Any], parameters: list[Value]) -> Program:
        return autograd.compile(root, batch=batch, outputs=outputs, parameters=parameters, backend=self.backend)

    def graph(self, x: Any, y: Any) -> tuple[list[Value], Any, Any]:
        """The leaves of one sample's input and target, the model's output and the loss."""
        inputs, target = leaves_of(x), leaves_of(self._target(y))
        output = self.model(inputs)
        root = self.loss([output], [target])
        refuse_no_loss(self.loss, root)
        return [*flat(inputs), *flat(target)], output, root

    def _target(self, y: Any) -> Any:
        """A class index as a distribution: a program cannot look up a place by a number, but it can multiply."""
        return y if not self.classes or is_sequence(y) else [float(k == y) for k in range(self.classes)]

    # data -----------------------------------------------------------------------------------------------------------

    def _table(self, data: Samples) -> Any:
        """The samples as the program takes them, a row of numbers each: lists, or one array."""
        pairs = [
            (x.numbers if isinstance(x, autograd.Operands) else flat(x), flat(self._target(y)))
            for x, y in zip(data.inputs, data.targets, strict=True)
        ]
        width = len(pairs[0][0]) + len(pairs[0][1])
        if any(len(x) + len(y) != width for x, y in pairs):
            raise UnfitError("some samples have more numbers than others")
        if self.lists:
            rows = [[*x, *y] for x, y in pairs]
            return rows if len(self.used) == width else [[row[i] for i in self.used] for row in rows]
        import numpy

        table, packed = numpy.empty((len(pairs), width)), Struct(f"{width}d")
        for i, (x, y) in enumerate(pairs):
            packed.pack_into(table.data, 8 * width * i, *x, *y)  # half the time that NumPy takes for lists of floats
        return table if len(self.used) == width else numpy.ascontiguousarray(table[:, self.used])

    def _columns(self, table: Any, places: Sequence[int]) -> Sequence[Any]:
        """The batch of these samples as ``Program`` takes it, one column a leaf."""
        return list(zip(*(table[i] for i in places), strict=True)) if self.lists else [table[places].T]

    def _predictions(self, columns: list[Any], n: int) -> list[Any]:
        """What the program gives, one column an output, as the model gives it, one prediction a sample."""
        if not is_sequence(self.form):
            return _spread(columns[0], n)
        rows = zip(*(_spread(column, n) for column in columns), strict=True)
        if not any(map(is_sequence, self.form)):
            return list(map(list, rows))
        return [_shaped(self.form, iter(row)) for row in rows]

    # steps ----------------------------------------------------------------------------------------------------------

    def __call__(self, places: Sequence[int]) -> Outcome:
        """Train on the samples at these places; their loss, and the predictions from before the update."""
        batch, n = self._columns(self.table, places), len(places)
        if self.predictions:
            (losses, *outputs), gradient = self.program.outputs_and_grad(self.flat.numbers, *batch)
            found = self._predictions(outputs, n)
        else:
            losses, gradient = self.program.value_and_grad(self.flat.numbers, *batch)
            found = []
        loss = _mean(losses)
        self.flat.step(gradient, n)
        return loss, found

    def evaluated(self, data: Samples) -> Outcome:
        """The loss of all of ``data`` and the predictions; by the model's own code where that, evaluating, differs."""
        if data is self.held_out and self.stands_in is None:
            self.show()
            try:
                trial.hold_outputs(self, data, lambda places: self._run(self.held_table, places)[1])
                self.stands_in = True
            except UnfitError:
                self.stands_in = False
        if data is self.held_out and self.stands_in:
            return self._run(self.held_table, range(len(data.inputs)))
        self.show()
        return EagerStep(self.model, self.loss).evaluated(data)

    def _run(self, table: Any, places: Sequence[int]) -> Outcome:
        total, found = 0.0, []
        for start in range(0, len(places), self.size):
            part = places[start : start + self.size]
            losses, *outputs = self.program.forward(self.flat.numbers, *self._columns(table, part))
            total += _mean(losses) * len(part)
            found += self._predictions(outputs, len(part))
        return total / len(places), found

    def show(self) -> None:
        """Bring model and optimiser to where the last finished step left them."""
        self.flat.write()

    def look(self) -> None:
        """Take in what somebody may have done: new numbers, other rates, a frozen layer, another activation.

        Raises:
            UnfitError: a program no longer does.
        """
        if self.kinds == list(map(type, self.program.leaves)) and self.parameters == self._parameters():
            if self.flat.fits():
                self.flat.read()
            else:
                self.flat = flattened(self.optimizer, self.program.leaves, self.flat.m, self._home())
            try:
                return self._hold(1)
            except UnfitError:
                pass
        self._build()
        self._hold(trial.LOOKED_AT)

    def _hold(self, count: int) -> None:
        trial.hold_outputs(self, self.data, lambda places: self._run(self.table, places)[1], count)

    # for the trial --------------------------------------------------------------------------------------------------

    def loss_and_gradient(self, places: Sequence[int]) -> tuple[float, list[float]]:
        """The mean loss of these samples, and its gradient with respect to the program's leaves."""
        losses, gradient = self.program.value_and_grad(self.flat.numbers, *self._columns(self.table, places))
        return _mean(losses), [g / len(places) for g in _listed(gradient)]

    def _losses_of(self, targets: list[Any]) -> list[float]:
        """The first sample's loss, were each of these its target."""
        data = Samples([self.data.inputs[0]] * len(targets), targets)
        table, found = self._table(data), []
        for start in range(0, len(targets), self.size):
            places = range(start, min(start + self.size, len(targets)))
            found += _spread(self.program.forward(self.flat.numbers, *self._columns(table, places))[0], len(places))
        return found


def _classes(output: Any, targets: Sequence[Any]) -> list[int]:
    """What to try: how many classes the targets are indices of, if they may be; and 0, that they are numbers."""
    count = len(output) if is_sequence(output) else 1
    indices = all(isinstance(y, int | float) and y in range(count) for y in targets if not is_sequence(y))
    return [count, 0] if count > 1 and indices and not is_sequence(targets[0]) else [0]


def _shaped(form: Any, numbers: Iterator[float]) -> Any:
    """Numbers in lists as those of ``form``."""
    return [_shaped(entry, numbers) for entry in form] if isinstance(form, LISTS) else next(numbers)


def _listed(numbers: Any) -> list[float]:
    found: list[float] = numbers.tolist() if hasattr(numbers, "tolist") else list(numbers)
    return found


def _spread(column: Any, n: int) -> list[float]:
    """A column of n numbers; an output that no batch leaf reaches is one number, the same for every sample."""
    return [column] * n if isinstance(column, float) else _listed(column)


def _mean(losses: Any) -> float:
    return float(losses.mean()) if hasattr(losses, "mean") else autograd.sum(losses) / len(losses)
