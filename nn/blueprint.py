"""Blueprints: a module of ``nn``'s own as plain data, its class and arguments, and the module built from them again.

    blueprint(MLP(2, [3, 1]))       # {'class': 'MLP', 'arguments': {'nin': 2, 'nouts': [3, 1], 'activation': 'relu'}}

A blueprint holds no weights (``Module.state_dict`` has them) and no code: building one calls nothing but the
constructors of modules that ``nn`` itself defines.  What does not live here: files (``io.py``).
"""

import inspect
import random
from collections.abc import Mapping
from typing import Any

from autograd import AutogradError, Value
from nn.module import Module
from nn.neuron import MLP, Layer, Neuron

Blueprint = dict[str, Any]
"""``{"class": name, "arguments": {...}}``, where an argument may hold further blueprints."""


def own_classes() -> dict[str, type[Module]]:
    """Every module class that ``nn`` itself defines, by name."""
    found: dict[str, type[Module]] = {}
    waiting: list[type[Module]] = [Module]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if cls.__module__.partition(".")[0] == __name__.partition(".")[0]:
                found[cls.__name__] = cls
    return found


def blueprint(module: Module) -> Blueprint | None:
    """What ``module`` would be built from, or None where that would not give the same module.

    None stands for a class of one's own, a module that was changed after it was made, and one that is used twice.

    >>> blueprint(Neuron(2, activation="tanh"))
    {'class': 'Neuron', 'arguments': {'nin': 2, 'nonlin': True, 'activation': 'tanh'}}
    """
    try:
        plan = _described(module)
        again = built(plan)
    except (AutogradError, ValueError, TypeError, AttributeError, LookupError):
        return None
    same = repr(again) == repr(module) and again.state_dict().keys() == module.state_dict().keys()
    return plan if same else None


def built(plan: Any) -> Module:
    """The module that a blueprint describes, with weights of its own.

    Raises:
        ValueError: it names no class of ``nn``, or is no blueprint.
        TypeError: the arguments are not those of the class.
    """
    if not isinstance(plan, Mapping) or not isinstance(plan.get("arguments"), Mapping):
        raise ValueError(f"{plan!r} describes no module")
    classes = own_classes()
    if plan.get("class") not in classes:
        raise ValueError(f"nn has no module of the class {plan.get('class')!r}; it has {', '.join(sorted(classes))}")
    cls = classes[plan["class"]]
    arguments = {name: _restored(argument) for name, argument in plan["arguments"].items()}
    positional = arguments.pop("*", [])
    before = random.getstate()
    try:
        return cls(*positional, **arguments)
    finally:
        random.setstate(before)  # weights that are about to be replaced must not change what the caller draws next


def _described(module: Module) -> Blueprint:
    name = type(module).__name__
    if own_classes().get(name) is not type(module):
        raise ValueError(f"{name} is no class of nn")
    return {"class": name, "arguments": {key: _plain(entry) for key, entry in _arguments(module).items()}}


def _arguments(module: Module) -> dict[str, Any]:
    """What the constructor was given; the classes with micrograd's signatures do not keep it by name."""
    match module:
        case Neuron():
            return {"nin": len(module.w), "nonlin": module.nonlin, "activation": module.activation}
        case Layer():
            neuron = module.neurons[0]
            activation = "softmax" if module.softmax else neuron.activation
            kwargs = {"nonlin": neuron.nonlin, "activation": activation}
            return {"nin": len(neuron.w), "nout": len(module.neurons), **kwargs}
        case MLP():
            sizes = [len(layer.neurons) for layer in module.layers]
            first = module.layers[0]
            name = "softmax" if first.softmax else first.neurons[0].activation
            activation = name if len(sizes) > 1 else "relu"
            return {"nin": len(module.layers[0].neurons[0].w), "nouts": sizes, "activation": activation}
    found: dict[str, Any] = {}
    for parameter in inspect.signature(type(module)).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            found["*"] = getattr(module, parameter.name)
        elif parameter.name == "init":
            init = getattr(module, "init", None)  # the weights are kept anyway; a function of one's own is not
            found["init"] = init if isinstance(init, str) else parameter.default
        elif parameter.name != "rng" and hasattr(module, parameter.name):
            found[parameter.name] = getattr(module, parameter.name)
        elif parameter.default is parameter.empty:
            raise ValueError(f"{type(module).__name__} does not keep its argument {parameter.name!r}")
    return found


def _plain(argument: Any) -> Any:
    """An argument as JSON has it: numbers, text, lists, and blueprints of modules."""
    if isinstance(argument, Module):
        return _described(argument)
    if isinstance(argument, list | tuple):
        if argument and isinstance(argument[0], Value):
            return True  # `bias=True` makes a list of parameters under the argument's name
        return [_plain(entry) for entry in argument]
    if argument is None or isinstance(argument, bool | int | float | str):
        return argument
    raise ValueError(f"{argument!r} is neither a number nor text nor a module")


def _restored(argument: Any) -> Any:
    if isinstance(argument, Mapping):
        return built(argument)
    return [_restored(entry) for entry in argument] if isinstance(argument, list) else argument
