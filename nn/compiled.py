"""A step of training on a compiled program: the graph of one sample, run for a whole batch at once.

The loss of the first sample is built with a leaf for each number of the input and of the target, and compiled with
those as the batch; from then on neither the model's nor the loss's Python code runs.  Before that, the program is
held against fresh graphs of some other samples, so that code that decides by the numbers it sees is found out.
What does not live here: the same step without a program (``training.py``), programs (``autograd.compile``).
"""

from collections.abc import Callable, Sequence
from typing import Any

import autograd
from autograd import Value
from nn.batchnorm import BatchNorm
from nn.data import Samples
from nn.errors import OptionError
from nn.layers import Dropout
from nn.module import Module
from nn.nested import flat, is_sequence
from nn.optim import Optimizer

CHECKED = 3
"""How many samples the program is held against fresh graphs on."""


class CompiledStep:
    """One step of training, like ``EagerStep``, on a program compiled from the loss of one sample.

    Args:
        model: called with one sample.
        loss: a mean over samples of what each contributes.
        data: the samples to be trained on; the program is made from the first.
        predictions: whether the model's outputs are asked for at each step.
        backend: what runs the program, as ``autograd.compile`` names it.

    Raises:
        OptionError: the model does something new at each call, or needs the whole batch.
        ProgramMismatchError: model or loss decide by the numbers they see.
    """

    def __init__(
        self, model: Any, loss: Callable[[Any, Any], Any], data: Samples, predictions: bool, backend: str = "auto"
    ) -> None:
        _refuse_unfit(model)
        self.model, self.loss, self.predictions = model, loss, predictions
        with autograd.no_grad():
            first = model(data.inputs[0])
        self.classes = len(first) if is_sequence(first) and len(first) > 1 and isinstance(data.targets[0], int) else 0
        columns, output, root = self._graph(data.inputs[0], data.targets[0])
        within = set(autograd.topological_order(root))
        self.used = [i for i, leaf in enumerate(columns) if leaf in within]
        self.bare = not is_sequence(output)
        self.program = autograd.compile(
            root,
            batch=[columns[i] for i in self.used],
            outputs=flat(output),
            parameters=model.parameters(),
            backend=backend,
        )
        apart = range(0, len(data.inputs), max(1, len(data.inputs) // CHECKED))
        self.program.check(
            lambda x, y: self._graph(x, y)[2], [(data.inputs[i], data.targets[i]) for i in list(apart)[:CHECKED]]
        )

    def __call__(self, batch: Samples, optimizer: Optimizer) -> tuple[float, list[Any]]:
        """Train on one batch; its loss and its predictions."""
        columns, n = self._columns(batch), len(batch.inputs)
        values = self.program.values
        found = self._outputs(self.program.forward(values, *columns)[1:], n) if self.predictions else []
        losses, gradient = self.program.value_and_grad(values, *columns)
        optimizer.zero_grad()
        for leaf, total in zip(self.program.leaves, _list(gradient), strict=True):
            leaf.grad = total / n
        optimizer.step()
        return autograd.sum(_list(losses)) / n, found

    def evaluated(self, data: Samples) -> tuple[float, list[Any]]:
        """The loss of all of ``data`` and the predictions, as plain numbers."""
        losses, *outputs = self.program.forward(self.program.values, *self._columns(data))
        n = len(data.inputs)
        return autograd.sum(_spread(losses, n)) / n, self._outputs(outputs, n)

    def _graph(self, x: Any, y: Any) -> tuple[list[Value], Any, Any]:
        """The leaves of one sample's input and target, the model's output and the loss."""
        inputs, target = _leaves(x), _leaves(self._target(y))
        output = self.model(inputs)
        root = self.loss([output], [target])
        if not isinstance(root, Value):
            raise OptionError(f"the loss must give one Value; it gave {root!r:.80}")
        return [*flat(inputs), *flat(target)], output, root

    def _target(self, y: Any) -> Any:
        """A class index as a distribution: a program cannot look up a place by a number, but it can multiply."""
        if not self.classes:
            return y
        if not 0 <= y < self.classes:
            raise OptionError(f"the model has {self.classes} outputs, and a target is the class {y!r}")
        return [1.0 if k == y else 0.0 for k in range(self.classes)]

    def _columns(self, batch: Samples) -> list[Sequence[float]]:
        rows = [[*_row(x), *flat(self._target(y))] for x, y in zip(batch.inputs, batch.targets, strict=True)]
        columns = list(zip(*rows, strict=True))
        return [columns[i] for i in self.used]

    def _outputs(self, columns: list[Any], n: int) -> list[Any]:
        """What the program gives, one column an output, as the model gives it, one prediction a sample."""
        lists = [_spread(column, n) for column in columns]
        return lists[0] if self.bare else list(map(list, zip(*lists, strict=True)))


def _refuse_unfit(model: Any) -> None:
    for module in model.modules() if isinstance(model, Module) else ():
        if isinstance(module, BatchNorm) or (isinstance(module, Dropout) and module.p > 0):
            raise OptionError(
                f"compile=True repeats the steps of one sample's graph, and {module!r} takes others at each call; "
                "leave compile out, or the layer"
            )


def _leaves(x: Any) -> Any:
    """A leaf for each number, in lists as they were."""
    return [_leaves(entry) for entry in x] if isinstance(x, list | tuple) else Value(x, requires_grad=False)


def _row(x: Any) -> Sequence[Any]:
    """A sample's numbers, which ``autograd.operands`` has in a flat list already."""
    return x if isinstance(x, autograd.Operands) else flat(x)


def _list(numbers: Any) -> list[float]:
    found: list[float] = numbers.tolist() if hasattr(numbers, "tolist") else list(numbers)
    return found


def _spread(column: Any, n: int) -> list[float]:
    """A column of n numbers; an output that no batch leaf reaches is one number, the same for every sample."""
    return [column] * n if isinstance(column, float) else _list(column)
