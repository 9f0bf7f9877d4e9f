"""Module: what holds parameters and other modules, and finds them by looking at its attributes.

A subclass assigns Values, modules, and lists, tuples or dicts of them to attributes, in any order and under any name,
and defines ``forward``, or ``__call__`` as in micrograd.  ``named_parameters()`` walks the attributes and names each
parameter by its path, ``layers[0].neurons[2].w[1]``.  Attributes whose name starts with ``_`` are not looked at, and
the result of an operation is no parameter: that is a leaf.  Numbers that belong to a model but are not trained (the
running statistics of ``BatchNorm``) are *buffers*; a class names them in ``buffers``.

What does not live here: the look into an attribute (``attributes.py``), any arithmetic (``neuron.py`` is the next file
to read), tables for the eye (``overview.py``).
"""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, Self

from autograd import Value
from nn.attributes import NOTHING_INSIDE, K, gather, public, walk_attributes
from nn.errors import OptionTypeError, StateDictError
from nn.options import flag, shown
from nn.weights import Contents


class Loaded(NamedTuple):
    """What ``load_state_dict(strict=False)`` could not match."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """Base of everything with parameters.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.intercept = Value(2.0), Value(1.0)
    ...
    ...     def forward(self, x):
    ...         return self.slope * x + self.intercept
    >>> line = Line()
    >>> line(3.0).data, line.state_dict()
    (7.0, {'slope': 2.0, 'intercept': 1.0})
    """

    training: bool = True
    """Whether layers that behave differently while training (``Dropout``, ``BatchNorm``) do so."""

    _scope_path: tuple[str, ...] | None = None

    buffers: ClassVar[tuple[str, ...]] = ()
    """Names of attributes that hold a number or a list of numbers which belong to the state but are not trained."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """``forward`` of the same arguments."""
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What calling the module computes; a subclass defines it (or ``__call__``, as micrograd does)."""
        raise NotImplementedError(f"{type(self).__name__} computes nothing: define forward(self, x) in it")

    # what is inside -------------------------------------------------------------------------------------------------

    def _members(self, kind: type[K]) -> Iterator[tuple[str, K]]:
        for name, attribute in public(self):
            yield from walk_attributes(attribute, name, kind)

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """Every module directly inside this one with its path from here, each once, in the order of assignment."""
        seen: set[Module] = {self}
        for path, member in self._members(Module):
            if member not in seen:
                seen.add(member)
                yield path, member

    def children(self) -> list["Module"]:
        """Every module directly inside this one."""
        return [child for _, child in self.named_children()]

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, "Module"]]:
        """This module and every one inside it, at any depth, with its path from here; this one's path is ``prefix``."""
        for path, _, module in self._placed(prefix):
            yield path, module

    def _placed(self, prefix: str = "") -> Iterator[tuple[str, tuple[str, ...], "Module"]]:
        """``named_modules`` with the names along each path as well; every module comes before what is inside it."""
        seen: set[Module] = set()
        stack: list[tuple[str, tuple[str, ...], Module]] = [(prefix, (), self)]
        while stack:
            path, names, module = stack.pop()
            if module not in seen:
                seen.add(module)
                yield path, names, module
                inside = [
                    (f"{path}.{name}" if path else name, (*names, name), child)
                    for name, child in module._members(Module)
                    if child not in seen
                ]
                stack += reversed(inside)

    def modules(self) -> list["Module"]:
        """This module and every one inside it, at any depth, each once."""
        return self._inside(None)

    def _inside(self, values: list[Value] | None) -> list["Module"]:
        """Every module at any depth, as ``named_modules`` has them; the Values in their attributes go to ``values``."""
        modules: dict[Module, None] = {}
        stack: list[Module] = [self]
        while stack:
            module = stack.pop()
            if module not in modules:
                modules[module] = None
                own, children = module._contents()
                if values is not None:
                    values += own
                stack += reversed(children)
        return list(modules)

    def _contents(self) -> Contents:
        """The Values and the modules in this module's own attributes, those in its modules left out."""
        values: list[Value] = []
        modules: list[Module] = []
        for name, attribute in vars(self).items():
            if attribute.__class__ not in NOTHING_INSIDE and name[:1] != "_":
                gather(attribute, Module, values, modules)
        return tuple(values), tuple(modules)

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Value]]:
        """Every parameter with its path from here, each once; ``prefix`` stands before every path."""
        seen: set[Value] = set()
        for path, module in self.named_modules():
            for name, member in module._members(Value):
                if member.is_leaf and member not in seen:
                    seen.add(member)
                    yield f"{prefix}{path}{'.' if path else ''}{name}", member

    def parameters(self) -> list[Value]:
        """Every parameter, each once; frozen ones (``requires_grad=False``) among them."""
        found: list[Value] = []
        self._inside(found)
        return [parameter for parameter in dict.fromkeys(found) if parameter.op is None]

    def named_buffers(self) -> Iterator[tuple[str, float]]:
        """Every number that belongs to the state but is not trained, with its path from here."""
        for path, module in self.named_modules():
            start = f"{path}." if path else ""
            for name in module.buffers:
                numbers = getattr(module, name)
                if isinstance(numbers, list):
                    yield from ((f"{start}{name}[{index}]", number) for index, number in enumerate(numbers))
                elif numbers is not None:
                    yield f"{start}{name}", numbers

    # modes ----------------------------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Tell this module and all inside it that training is on (or off); gives the module back.

        A module inside whose class has a ``train`` of its own is told by that one: a frozen ``BatchNorm`` may stay in
        evaluation mode.
        """
        mode = flag("mode", mode)
        modules = self.modules()
        for module in modules:
            module.training = mode
        for module in reversed(modules[1:]):  # what is inside first, as in PyTorch
            if type(module).train is not Module.train:
                module.train(mode)
        return self

    def eval(self) -> Self:
        """Tell this module and all inside it that training is over: nothing is dropped, statistics stand still."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze every parameter, or thaw it: a frozen one gets no gradient, and optimisers leave it alone."""
        requires_grad = flag("requires_grad", requires_grad)
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def apply(self, function: Callable[["Module"], Any]) -> Self:
        """Call ``function`` with every module inside this one and at last with this one; gives the module back."""
        if not callable(function):
            raise OptionTypeError(f"apply takes a function of a module; got {shown(function)}")
        for module in reversed(self.modules()):
            function(module)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradient of every parameter back to zero.

        Args:
            set_to_none: for calls written for PyTorch. A Value's gradient is always a number, so it is 0.0 afterwards
                either way.
        """
        flag("set_to_none", set_to_none)
        for parameter in self.parameters():
            parameter.zero_grad()

    def reset_parameters(self, init: Any = None, rng: random.Random | None = None) -> None:
        """Draw the weights of every layer inside afresh; Values in attributes of a class of your own stay.

        Args:
            init: how (see ``nn.init``); None means each layer's own default.
            rng: where the weights come from; Python's ``random`` by default.
        """
        for child in self.children():
            if init is None:
                child.reset_parameters(rng=rng)
            else:
                child.reset_parameters(init, rng)

    @property
    def scope_path(self) -> tuple[str, ...] | None:
        """The names along the path to this module, which ``autograd.provenance()`` notes; None before any labelling."""
        return self._scope_path

    def label_parameters(self) -> None:
        """Label every parameter and module with its path, for drawings, error texts and ``autograd.provenance()``."""
        self.label_below("")

    def label_below(self, prefix: str) -> None:
        """``label_parameters`` with paths that begin with ``prefix``, this module's own name in another."""
        seen: set[Value] = set()
        for path, names, module in self._placed(prefix):
            module._scope_path = (prefix, *names) if prefix else names
            start = f"{path}." if path else ""
            for name, member in module._members(Value):
                if member.is_leaf and member not in seen:
                    seen.add(member)
                    member.label = f"{start}{name}"

    # state ----------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, float]:
        """Every parameter's and every buffer's number by its path: a copy, which training does not change.

        Raises:
            StateDictError: two of them have one path, for they stand in a dict under keys that look alike.
        """
        state: dict[str, float] = {}
        numbers = ((name, parameter.data) for name, parameter in self.named_parameters())
        for name, number in itertools.chain(numbers, self.named_buffers()):
            if name in state:
                raise StateDictError(f"two numbers are called {name}: give them keys in the dict that look different")
            state[name] = number
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Loaded:
        """Take over the numbers of ``state_dict``: all of them or, where something is wrong, none.

        Args:
            state_dict: number by path, as ``state_dict()`` gives it.
            strict: whether paths must match exactly; with False the ones on one side only are returned.

        Raises:
            StateDictError: paths are missing or unknown (with ``strict``), an entry is no number, or it is no dict.
            OptionError: ``strict`` is no bool.
        """
        strict = flag("strict", strict)
        if not isinstance(state_dict, Mapping):
            raise StateDictError(f"a state is a dict, as state_dict() gives it; got {state_dict!r:.80}")
        parameters = dict(self.named_parameters())
        known = dict.fromkeys((*parameters, *(name for name, _ in self.named_buffers())))
        missing = [name for name in known if name not in state_dict]
        unexpected = [name for name in state_dict if name not in known]
        if strict and (missing or unexpected):
            raise StateDictError(
                f"the state does not fit this {type(self).__name__} of {len(known)} numbers: "
                f"{_some('missing', missing)}{' and ' if missing and unexpected else ''}"
                f"{_some('not known here', unexpected)}. Build the model with the same arguments as the one saved, "
                "or pass strict=False to load what fits"
            )
        numbers = {name: self._number(name, state_dict[name]) for name in known if name in state_dict}
        buffers = self._with_buffers(numbers)  # all that can fail is behind us before the first number changes
        for name, parameter in parameters.items():
            if name in numbers:
                parameter.data = numbers[name]
        for module, name, found in buffers:
            setattr(module, name, found)
        return Loaded(missing, unexpected)

    def _number(self, name: str, thing: Any) -> float:
        try:
            return Value(thing.data if isinstance(thing, Value) else thing).data
        except (TypeError, OverflowError) as error:
            raise StateDictError(f"the state's entry {name!r} is no number: {error}") from None

    def _with_buffers(self, numbers: Mapping[str, float]) -> list[tuple["Module", str, Any]]:
        """What every buffer will be: (module, name, number or list of numbers)."""
        buffers: list[tuple[Module, str, Any]] = []
        for path, module in self.named_modules():
            start = f"{path}." if path else ""
            for name in module.buffers:
                before = getattr(module, name)
                if isinstance(before, list):
                    found = [numbers.get(f"{start}{name}[{index}]", entry) for index, entry in enumerate(before)]
                    buffers.append((module, name, found))
                elif before is not None:
                    number = numbers.get(f"{start}{name}", before)
                    if isinstance(before, int) and not float(number).is_integer():
                        raise StateDictError(f"the state's entry {start + name!r} counts something; got {number!r}")
                    buffers.append((module, name, type(before)(number)))
        return buffers

    # for the eye ----------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the brackets of this module's ``repr`` besides its children: its options."""
        return ""

    def __repr__(self) -> str:
        return _shown(self, set())


def _shown(module: Module, above: set[Module]) -> str:
    if module in above:
        return f"{type(module).__name__}(...)"
    inner = []
    for name, child in module.named_children():
        own = type(child).__repr__ is Module.__repr__
        text = _shown(child, {*above, module}) if own else repr(child)
        inner.append(f"  ({name}): " + text.replace("\n", "\n  "))
    options = module.extra_repr()
    if not inner:
        return f"{type(module).__name__}({options})"
    first = [f"  {options}"] if options else []
    return "\n".join([f"{type(module).__name__}(", *first, *inner, ")"])


def _some(what: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{what} {'are' if len(names) > 1 else 'is'} {', '.join(map(str, names[:5]))}{more}"
