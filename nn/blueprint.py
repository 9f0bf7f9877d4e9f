"""Blueprints: a module of ``nn``'s own as plain data, its class and arguments, and the module built from them again.

    blueprint(MLP(2, [3, 1]))       # {'class': 'MLP', 'arguments': {'nin': 2, 'nouts': [3, 1], 'activation': 'relu'}}

A blueprint holds no weights (``Module.state_dict`` has them) and no code: building one calls nothing but the
constructors of modules that ``nn`` itself defines.  What does not live here: files (``io.py``).
"""

import inspect
import random
from collections.abc import Iterator, Mapping
from typing import Any, Final

from autograd import AutogradError
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

    None stands for a class of one's own, a module that was changed after it was made, one that is used twice, and
    modules nested deeper than Python's recursion goes.

    >>> blueprint(Neuron(2, activation="tanh"))
    {'class': 'Neuron', 'arguments': {'nin': 2, 'nonlin': True, 'activation': 'tanh'}}
    """
    try:
        plan = _described(module)
        again = built(plan)
    except (AutogradError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
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


def difference(plan: Any, module: Module) -> str | None:
    """The first thing in which ``module`` is built otherwise than ``plan`` says, in words; None if there is none.

    What only nn's own constructors know can differ: a class or function of one's own, on either side, counts as alike,
    and so does how the first weights were drawn.

    >>> difference(blueprint(MLP(2, [3, 1], "tanh")), MLP(2, [3, 1]))
    "activation is 'tanh' in the file and 'relu' in the model"
    """
    try:
        return next(_differences(plan, module, ""), None)
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
        return None  # changed by hand beyond what can be described: its numbers' names must do


def _differences(said: Any, given: Any, path: str) -> Iterator[str]:
    """Every difference between a part of a blueprint and the part of a live module that stands at ``path``."""
    if isinstance(given, Module):
        name = type(given).__name__
        if own_classes().get(name) is not type(given) or not isinstance(said, Mapping):
            return
        if said["class"] != name:
            yield f"{path or 'it'} is of the class {said['class']} in the file and {name} in the model"
            return
        for key, entry in _arguments(given).items():
            if key not in _FOR_FRESH_WEIGHTS and key in said["arguments"]:
                inner = _name_of_positional(type(given)) if key == "*" else key
                yield from _differences(said["arguments"][key], entry, f"{path}{path and '.'}{inner}")
    elif isinstance(given, list | tuple) and isinstance(said, list):
        if len(given) != len(said):
            yield f"{path} has {len(said)} entries in the file and {len(given)} in the model"
        for place, (one, other) in enumerate(zip(said, given, strict=False)):
            yield from _differences(one, other, f"{path}[{place}]")
    elif not callable(given) and _synonym(said) != _synonym(given):
        yield f"{path} is {said!r} in the file and {given!r} in the model"


_FOR_FRESH_WEIGHTS: Final = ("init", "nonlin")  # a neuron without its non-linearity is one whose activation is linear


def _synonym(said: Any) -> Any:
    return "linear" if said == "identity" else said


def _name_of_positional(cls: type[Module]) -> str:
    return next(p.name for p in inspect.signature(cls).parameters.values() if p.kind is p.VAR_POSITIONAL)


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
        elif parameter.name == "bias":  # a list of parameters stands under the argument's name
            found["bias"] = getattr(module, "bias", None) is not None
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
        return [_plain(entry) for entry in argument]
    if _is_plain(argument):
        return argument
    raise ValueError(f"{argument!r} is neither a number nor text nor a module")


def _is_plain(argument: Any) -> bool:
    return argument is None or isinstance(argument, bool | int | float | str)


def _restored(argument: Any) -> Any:
    if isinstance(argument, Mapping):
        return built(argument)
    return [_restored(entry) for entry in argument] if isinstance(argument, list) else argument
