"""``to_torch`` and ``from_torch``: the same network in PyTorch, with the same weights, and back.

    theirs = nn.to_torch(model)         # a torch.nn.Module in float64
    ours = nn.from_torch(theirs)        # Linear, Sequential, ... of this library

Losses as modules go along: ``nn.to_torch(nn.CrossEntropyLoss(weight=[1.0, 5.0]))``.  A class of one's own does not, for
what its ``forward`` does is Python; its parts do, one by one.
What does not live here: files (``io.py``), optimisers; PyTorch is imported only when one of these two is called.
"""

from collections.abc import Callable
from typing import Any

from autograd.extra import extra
from nn import activations, criteria
from nn.batchnorm import BatchNorm
from nn.errors import OptionError, OptionTypeError
from nn.layers import Dropout, Linear, Sequential
from nn.module import Module
from nn.neuron import MLP, Layer, Neuron
from nn.options import instance, shown

PLAIN = ("Identity", "ReLU", "SiLU", "Tanh", "Sigmoid")
"""Activations without options, which go by one name in both libraries."""
LOSSES = (
    "MSELoss", "L1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "NLLLoss", "KLDivLoss",
)  # fmt: skip
"""Losses that both libraries have, with the same options under the same names."""
_EXACT = 40.0  # from here on ln(1 + eˣ) is x in float64; PyTorch's own threshold of 20 gives away 2e-9


def to_torch(model: Module) -> Any:
    """The equivalent ``torch.nn.Module`` in float64, each module in its mode, with weights of its own.

    It takes arrays of shape (n, inputs) or (inputs,) and keeps the last axis also where ``MLP`` and ``Layer`` give a
    bare number.  Outputs agree to 1e-12.  Weights that two of our modules share are two tensors afterwards.

    Args:
        model: ``Neuron``, ``Layer``, ``MLP``, ``Linear``, ``Sequential``, ``BatchNorm``, ``Dropout``, an activation,
            or a loss but for ``HingeLoss``, which PyTorch does not have.

    Raises:
        OptionError: there is another module in it, or a plain function, or it is no module.
        MissingExtraError: PyTorch is not installed.

    ``MLP(2, [3, 1])`` becomes ``Sequential(Linear(2, 3), ReLU(), Linear(3, 1))``.
    """
    instance("model", model, Module, "a module")
    return _ToTorch(extra("torch", "oracle")).module(model)


def from_torch(model: Any) -> Module:
    """The equivalent module of this library, in the same mode, with weights of its own.

    Outputs agree to 1e-12 where ``model`` is in float64, but for ``Softplus`` beyond its threshold, where PyTorch
    takes x for ln(1 + eˣ).

    Args:
        model: ``torch.nn`` ``Linear``, ``Sequential``, ``BatchNorm1d``, ``Dropout``, an activation or a loss.

    Raises:
        OptionError: there is another module in it, or an option that this library does not have, or it is no module.
        MissingExtraError: PyTorch is not installed.
    """
    torch = extra("torch", "oracle")
    instance("model", model, torch.nn.Module, "a torch.nn.Module")
    return _FromTorch(torch).module(model)


class _ToTorch:
    """One conversion; a module that stands in several places stays one."""

    def __init__(self, torch: Any) -> None:
        self.torch, self.nn = torch, torch.nn
        self.made: dict[Any, Any] = {}

    def module(self, module: Any) -> Any:
        if not isinstance(module, Module):
            raise OptionTypeError(
                f"to_torch converts modules, and {shown(module)} is a plain function: leave it out of the model, or "
                "put an activation of nn in its place"
            )
        if module not in self.made:
            made = self._module(module)
            if type(module) is Sequential:
                made.training = module.training  # what is inside has its own mode already
            else:
                made.train(module.training)
            self.made[module] = made
        return self.made[module]

    def _module(self, module: Module) -> Any:
        name = type(module).__name__
        if type(module) is MLP:
            parts = [part for layer in module.layers for part in self._layer(layer)]
            return self.nn.Sequential(*parts)
        if type(module) is Layer:
            return self.nn.Sequential(*self._layer(module))
        if type(module) is Neuron:
            return self.nn.Sequential(*self._neurons([module]))
        if type(module) is Sequential:
            return self.nn.Sequential(*[self.module(layer) for layer in module])
        if type(module) is Linear:
            return self._linear(module.weight, module.bias)
        if type(module) is BatchNorm:
            return self._batch_norm(module)
        if type(module) is Dropout:
            return self.nn.Dropout(module.p)
        if isinstance(module, criteria.Loss) and type(module) is getattr(criteria, name, None) and name in LOSSES:
            return getattr(self.nn, name)(**{option: self._option(module, option) for option in module.options})
        return self._activation(module, name)

    def _option(self, module: criteria.Loss, option: str) -> Any:
        """An option of a loss as PyTorch has it: weights are tensors."""
        found = getattr(module, option)
        if found is None or not option.endswith("weight"):
            return found
        return self.torch.tensor(found, dtype=self.torch.float64)

    def _layer(self, layer: Layer) -> list[Any]:
        return [*self._neurons(layer.neurons), *([self.nn.Softmax(dim=-1)] if layer.softmax else [])]

    def _neurons(self, neurons: list[Neuron]) -> list[Any]:
        names = {neuron.activation for neuron in neurons}
        if len(names) != 1:
            raise OptionError(
                f"a layer in PyTorch has one activation; this one's neurons have {', '.join(sorted(names))}"
            )
        linear = self._linear([neuron.w for neuron in neurons], [neuron.b for neuron in neurons])
        (name,) = names
        if name in ("linear", "identity"):
            return [linear]
        made = activations.activation(name)
        return [linear, self._activation(made, type(made).__name__)]

    def _linear(self, weight: Any, bias: Any) -> Any:
        linear = self.nn.Linear(
            len(weight[0]) if weight else 0, len(weight), bias=bias is not None, dtype=self.torch.float64
        )
        self._fill(linear.weight, [value for row in weight for value in row])
        if bias is not None:
            self._fill(linear.bias, bias)
        return linear

    def _batch_norm(self, module: BatchNorm) -> Any:
        options = {"affine": module.affine, "track_running_stats": module.track_running_stats}
        made = self.nn.BatchNorm1d(
            module.num_features, eps=module.eps, momentum=module.momentum, dtype=self.torch.float64, **options
        )
        if module.weight is not None and module.bias is not None:
            self._fill(made.weight, module.weight)
            self._fill(made.bias, module.bias)
        if module.running_mean is not None:
            made.running_mean.copy_(self.torch.tensor(module.running_mean, dtype=self.torch.float64))
            made.running_var.copy_(self.torch.tensor(module.running_var, dtype=self.torch.float64))
            made.num_batches_tracked.fill_(module.num_batches_tracked)
        return made

    def _fill(self, tensor: Any, values: list[Any]) -> None:
        """Numbers into a parameter, which is frozen if all of them are."""
        with self.torch.no_grad():
            numbers = [value.data for value in values]
            tensor.copy_(self.torch.tensor(numbers, dtype=self.torch.float64).reshape(tensor.shape))
        learned = {value.requires_grad for value in values}
        if len(learned) > 1:
            raise OptionError("PyTorch freezes whole tensors; this layer has frozen weights beside others")
        tensor.requires_grad_(learned != {False})

    def _activation(self, module: Any, name: str) -> Any:
        options: dict[str, Callable[[], Any]] = {
            **{plain: getattr(self.nn, plain) for plain in PLAIN},
            "LeakyReLU": lambda: self.nn.LeakyReLU(module.negative_slope),
            "ELU": lambda: self.nn.ELU(module.alpha),
            "GELU": self.nn.GELU,
            "Softplus": lambda: self.nn.Softplus(threshold=_EXACT),
            "Softmax": lambda: self.nn.Softmax(dim=-1),
            "LogSoftmax": lambda: self.nn.LogSoftmax(dim=-1),
            "Sine": lambda: sine(self.torch),
        }
        if type(module) is not getattr(activations, name, None) or name not in options:
            raise OptionError(
                f"to_torch has no counterpart for {name}; it converts Neuron, Layer, MLP, Linear, Sequential, "
                f"BatchNorm, Dropout, {', '.join((*options, *LOSSES))}. Convert the parts of a class of your own one "
                f"by one with nn.to_torch, and put them together in a torch.nn.Module whose forward does what {name}'s "
                "does"
            )
        return options[name]()


class _FromTorch:
    """One conversion back; a module that stands in several places stays one."""

    def __init__(self, torch: Any) -> None:
        self.torch, self.nn = torch, torch.nn
        self.made: dict[Any, Module] = {}

    def module(self, module: Any) -> Module:
        if module not in self.made:
            self.made[module] = self._module(module)
            self.made[module].training = bool(module.training)
        return self.made[module]

    def _module(self, module: Any) -> Module:
        name = type(module).__name__
        if type(module) is self.nn.Sequential:
            return Sequential(*[self.module(layer) for layer in module])
        if type(module) is self.nn.Linear:
            return self._linear(module)
        if type(module) is self.nn.BatchNorm1d:
            return self._batch_norm(module)
        if type(module) is self.nn.Dropout:
            return Dropout(module.p)
        if type(module) is getattr(self.nn, name, None) and (made := self._activation(module, name)) is not None:
            return made
        if name in LOSSES and type(module) is getattr(self.nn, name):
            cls: type[criteria.Loss] = getattr(criteria, name)
            return cls(**{option: _untorched(getattr(module, option)) for option in cls.options})
        if name == "Sine" and type(module).__module__ == __name__:
            return activations.Sine()
        raise OptionError(
            f"from_torch has no counterpart for {module!r}; it converts Linear, Sequential, BatchNorm1d, Dropout, "
            f"{', '.join(PLAIN)}, LeakyReLU, ELU, GELU, Softplus, Softmax and LogSoftmax over the last axis, "
            f"{', '.join(LOSSES)}. Convert the parts of another class one by one with nn.from_torch, and put them "
            "together in an nn.Module whose forward does the same"
        )

    def _linear(self, module: Any) -> Linear:
        bias = module.bias is not None
        made = Linear(module.in_features, module.out_features, bias=bias, init="zeros")
        self._fill([value for row in made.weight for value in row], module.weight)
        if made.bias is not None:
            self._fill(made.bias, module.bias)
        return made

    def _batch_norm(self, module: Any) -> BatchNorm:
        made = BatchNorm(module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats)
        if made.weight is not None and made.bias is not None:
            self._fill(made.weight, module.weight)
            self._fill(made.bias, module.bias)
        if made.running_mean is not None:
            made.running_mean, made.running_var = module.running_mean.tolist(), module.running_var.tolist()
            made.num_batches_tracked = int(module.num_batches_tracked)
        return made

    def _fill(self, values: list[Any], tensor: Any) -> None:
        for value, number in zip(values, tensor.detach().reshape(-1).tolist(), strict=True):
            value.data = number
            value.requires_grad = tensor.requires_grad

    def _activation(self, module: Any, name: str) -> Module | None:
        if name in PLAIN:
            plain: Module = getattr(activations, name)()
            return plain
        if name == "LeakyReLU":
            return activations.LeakyReLU(module.negative_slope)
        if name == "ELU":
            return activations.ELU(module.alpha)
        if name == "GELU" and module.approximate == "none":
            return activations.GELU()
        if name == "Softplus" and module.beta == 1:
            return activations.Softplus()
        if name in ("Softmax", "LogSoftmax") and module.dim in (-1, 1):
            made: Module = getattr(activations, name)()
            return made
        return None


def _untorched(option: Any) -> Any:
    return option.tolist() if hasattr(option, "tolist") else option


def sine(torch: Any) -> Any:
    """PyTorch has no module for sin(x); this is one."""

    class Sine(torch.nn.Module):  # type: ignore[misc]  # torch is not known to mypy
        """sin(x), x in radians."""

        def forward(self, x: Any) -> Any:
            return torch.sin(x)

    return Sine()
