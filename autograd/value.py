"""Value: a number that remembers how it was made.

    a = Value(2.0)
    b = Value(-3.0)
    loss = (a * b + 10).tanh()      # forward: each operation makes a node with its local derivatives
    loss.backward()                 # backward: the chain rule, from the loss to the leaves
    a.grad                          # ∂loss/∂a

The operators (``+``, ``*``, ...) and methods (``tanh``, ``exp``, ...) are not written here: each is made from its row
of the table in ``ops.py`` by ``bind.py``, at import.  What lives here is everything else that a Value is: its number,
gradient and label, comparison and conversion, ``backward()``, and how a graph is copied and pickled.
"""

import math
import threading
import weakref
from collections.abc import Callable, Iterable
from inspect import signature
from typing import TYPE_CHECKING, Any, Final, Self

from autograd.bind import VALUES, argument, as_float, install
from autograd.errors import FormulaError, OperandTypeError
from autograd.graph import Edges, Node, topological_order
from autograd.modes import Source
from autograd.ops import FLOATS, TABLE, Op, register
from autograd.sweep import accumulate, gradients, opaque, propagate


class Value(Node):
    """A scalar in a computation graph.

    Args:
        data: the number: int, float, bool or a real NumPy scalar; kept as a float.
        _children: parents of a node whose backward rule you are going to assign yourself.
        _op: the text that stands for such a node's operation.
        label: a name for drawings and error texts.
        requires_grad: False for a number that is to receive no gradient, a frozen parameter.

    Raises:
        OperandTypeError: ``data`` is no real number.
        NumberTooLargeError: ``data`` is an int that no float can hold.

    >>> a = Value(2.0, label="a")
    >>> b = a * a + 3
    >>> b.backward()
    >>> b, a.grad
    (Value(data=7.0, grad=1.0), 4.0)
    """

    __slots__ = ("_data", "_extra", "_grad")
    __array_ufunc__ = None  # so that `numpy.float64(2) * value` asks the Value

    _data: float
    _grad: Any
    _extra: dict[str, Any] | None

    def __init__(
        self, data: Any, _children: Iterable["Value"] = (), _op: str = "", label: str = "", requires_grad: bool = True
    ) -> None:
        self._data = data if data.__class__ is float else as_float(data)
        self._grad = 0.0
        self._extra = None
        self.op = self._dx = self._dy = None
        if label:
            self.label = label
        parents = tuple(_children)
        if parents or _op:
            self._adopt(parents, None)
            self.notes["op"] = _op
        if not requires_grad:
            self.requires_grad = False

    # the number and its gradient ---------------------------------------------------------------------------------

    @property
    def data(self) -> float:
        """The number.  Assigning a new one does not recompute what was made from the old one."""
        return self._data

    @data.setter
    def data(self, number: Any) -> None:
        self._data = number if number.__class__ is float else as_float(number, "data, a number,")

    @property
    def grad(self) -> Any:
        """∂root/∂self after ``root.backward()``: a float, and a Value after ``backward(create_graph=True)``."""
        return self._grad

    @grad.setter
    def grad(self, number: Any) -> None:
        self._grad = number if isinstance(number, Value) else as_float(number, "a gradient, a number,")

    @property
    def requires_grad(self) -> bool:
        """Whether backward adds to this node's gradient; set it False on a leaf to freeze a parameter."""
        return True

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if bool(wanted) is self.requires_grad:
            return
        if self.op is not None:
            raise OperandTypeError(
                f"requires_grad can be set on a leaf; this is the result of {self._op!r}. Use detach() for a leaf with its data"
            )
        self._grad = 0.0
        self.__class__ = Value if wanted else Frozen  # type: ignore[assignment]

    def item(self) -> float:
        """The number, as PyTorch calls it."""
        return self._data

    def detach(self) -> "Value":
        """A new leaf with this number and no history, which receives no gradient."""
        return Value(self._data, requires_grad=False)

    def zero_grad(self) -> None:
        """Set this node's gradient back to zero."""
        self._grad = 0.0

    # notes about the node ----------------------------------------------------------------------------------------

    @property
    def notes(self) -> dict[str, Any]:
        """What is known of this node beyond its numbers: label, source, scope; made when first asked for."""
        if self._extra is None:
            self._extra = {}
        return self._extra

    def _note(self, name: str, default: Any) -> Any:
        return default if self._extra is None else self._extra.get(name, default)

    @property
    def label(self) -> str:
        """The name shown in drawings and error texts; empty if there is none."""
        label: str = self._note("label", "")
        return label

    @label.setter
    def label(self, text: str) -> None:
        self.notes["label"] = str(text)

    @property
    def source(self) -> Source | None:
        """The line of code that made this node, if it was made under ``provenance()``."""
        source: Source | None = self._note("source", None)
        return source

    @property
    def scope(self) -> tuple[str, ...]:
        """The modules this node was made in, outermost first, if it was made under ``provenance()``."""
        scope: tuple[str, ...] = self._note("scope", ())
        return scope

    def forget(self) -> None:
        """Become a leaf without history that receives no gradient, as under ``no_grad()``."""
        self.op = self._x = self._y = self._dx = self._dy = None
        self.__class__ = Frozen  # type: ignore[assignment]

    # micrograd's names -------------------------------------------------------------------------------------------

    @property
    def _op(self) -> str:
        """The symbol of the operation; empty on a leaf; ``**2`` for a constant exponent."""
        if self.op is None or self.op is OPAQUE:
            name: str = self._note("op", "")
            return name
        if self.op.symbol == "**" and self._y.__class__ is float:
            return f"**{self._y:g}"
        return self.op.symbol or self.op.name

    @_op.setter
    def _op(self, symbol: str) -> None:
        self.notes["op"] = str(symbol)

    @property
    def _prev(self) -> set["Value"]:
        """The parents as a set, as micrograd has them; assign to change what ``backward()`` visits."""
        return set(self.parents)

    @_prev.setter
    def _prev(self, parents: Iterable["Value"]) -> None:
        self._adopt(tuple(parents), self._backward)

    @property
    def _backward(self) -> Callable[[], Any]:
        """A function that adds this node's contributions to its parents' gradients; does nothing on a leaf."""
        if self.op is None:
            return _nothing
        if self.is_opaque:
            rule: Callable[[], Any] = self._dy
            return rule
        return _Step(self)

    @_backward.setter
    def _backward(self, rule: Callable[[], Any]) -> None:
        if not callable(rule):
            raise OperandTypeError(f"_backward must be a function without arguments; got {rule!r}")
        self._adopt(self.parents, rule)

    def _adopt(self, parents: tuple["Value", ...], rule: Callable[[], Any] | None) -> None:
        """Take ``parents`` and a hand-written backward ``rule``; from now on the node is opaque."""
        for parent in parents:
            if not isinstance(parent, Node):
                raise OperandTypeError(f"parents are Values; got {parent!r} of type {type(parent).__name__}")
        symbol = self._op
        if isinstance(rule, _Step):
            rule = rule.frozen()
        self.op, self._x, self._dx = OPAQUE, None, None
        self._y = Edges((parents,), (parents,), (parents,))
        self._dy = _nothing if rule is None else rule
        if symbol:
            self.notes["op"] = symbol

    # backward ----------------------------------------------------------------------------------------------------

    def backward(self, gradient: Any = 1.0, create_graph: bool = False) -> None:
        """Fill ``.grad`` of every node under this one with ∂self/∂node · ``gradient``, by the chain rule.

        Nodes are visited in reverse topological order; each adds gradient × partial to each of its parents.  Leaves
        add to the gradient they have (call ``zero_grad()`` between steps), interior nodes start from zero each time.

        Args:
            gradient: the gradient this node starts from; 1 means plain derivatives.
            create_graph: record the computation of the gradients as a graph as well, so that they can be
                differentiated again; every ``.grad`` is then a Value.

        Raises:
            StaleGraphError: with ``create_graph``, data were changed after the forward pass.
            OpaqueNodeError: with ``create_graph``, a node's rule is only a Python function.

        >>> x = Value(3.0)
        >>> (x**3).backward(create_graph=True)
        >>> slope, x.grad = x.grad, 0.0
        >>> slope.backward()  # d(3x²)/dx = 6x
        >>> slope.data, x.grad
        (27.0, 18.0)
        """
        seed = gradient if isinstance(gradient, Value) else as_float(gradient, "a gradient, a number,")
        if not create_graph:
            accumulate(self, seed._data if isinstance(seed, Value) else seed)
            return
        found = gradients(self, seed, VALUES)
        for node in topological_order(self):
            total = found.get(node, 0.0)
            total = total if isinstance(total, Value) else Value(total)
            node._grad = (
                total
                if node.op is not None or (node._grad.__class__ is float and not node._grad)
                else node._grad + total
            )

    # comparison and conversion: by data; equality and hash by identity, since nodes live in sets -------------------

    def __lt__(self, other: Any) -> bool:
        return self._data < _compared(other)

    def __le__(self, other: Any) -> bool:
        return self._data <= _compared(other)

    def __gt__(self, other: Any) -> bool:
        return self._data > _compared(other)

    def __ge__(self, other: Any) -> bool:
        return self._data >= _compared(other)

    def __float__(self) -> float:
        return self._data

    def __int__(self) -> int:
        return int(self._data)

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __round__(self, digits: int | None = None) -> float | int:
        return round(self._data, digits)

    def __trunc__(self) -> int:
        return math.trunc(self._data)

    def __floor__(self) -> int:
        return math.floor(self._data)

    def __ceil__(self) -> int:
        return math.ceil(self._data)

    def __pos__(self) -> Self:
        return self

    def __format__(self, specification: str) -> str:
        return format(self._data, specification) if specification else repr(self)

    def __repr__(self) -> str:
        grad = self._grad._data if isinstance(self._grad, Value) else self._grad
        return f"Value(data={self._data}, grad={grad})"

    # copies and pickles: iterative, and a copied graph is whole -----------------------------------------------------

    def __copy__(self) -> "Value":
        return _restore(*_state(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        recorded = []
        for node in topological_order(self):
            if id(node) not in memo:
                if node.is_opaque:
                    raise opaque(node, "cannot be copied")
                memo[id(node)] = _restore(*_state(node, lambda parent: memo[id(parent)]))
                if isinstance(node._grad, Value):
                    recorded.append(node)
        for node in recorded:
            memo[id(node)]._grad = node._grad.__deepcopy__(memo)
        copied: Value = memo[id(self)]
        return copied

    def __reduce__(self) -> Any:
        """Ancestors are pickled first, in topological order: so no node meets an unknown parent and nothing recurses."""
        if self.is_opaque:
            raise opaque(self, "cannot be pickled")
        recorded = (self._grad,) if isinstance(self._grad, Value) else None
        if id(self) in _pickling.pending:
            _pickling.pending.discard(id(self))
            return _restore, _state(self), recorded
        return _last, (_pickling.start(topological_order(self)), *_state(self)), recorded

    def __setstate__(self, recorded: tuple["Value"]) -> None:
        """A gradient that is itself a graph, which may lead back to this node, arrives once the node is there."""
        (self._grad,) = recorded

    if TYPE_CHECKING:
        # Made from the table at import.  Python's operators are a closed set, so their types are spelt out; a method
        # such as `tanh` is any name the table has.
        def __add__(self, other: Any, /) -> "Value": ...
        def __radd__(self, other: Any, /) -> "Value": ...
        def __sub__(self, other: Any, /) -> "Value": ...
        def __rsub__(self, other: Any, /) -> "Value": ...
        def __mul__(self, other: Any, /) -> "Value": ...
        def __rmul__(self, other: Any, /) -> "Value": ...
        def __truediv__(self, other: Any, /) -> "Value": ...
        def __rtruediv__(self, other: Any, /) -> "Value": ...
        def __floordiv__(self, other: Any, /) -> "Value": ...
        def __rfloordiv__(self, other: Any, /) -> "Value": ...
        def __mod__(self, other: Any, /) -> "Value": ...
        def __rmod__(self, other: Any, /) -> "Value": ...
        def __pow__(self, other: Any, /) -> "Value": ...
        def __rpow__(self, other: Any, /) -> "Value": ...
        def __neg__(self) -> "Value": ...
        def __abs__(self) -> "Value": ...
        def __getattr__(self, name: str) -> Callable[..., "Value"]: ...


class Frozen(Value):
    """A Value with ``requires_grad=False``: an operand like any other, whose gradient stays 0.

    Freezing a Value changes its class, so the loops that add to ``_grad`` need not ask.
    """

    __slots__ = ()

    @property
    def _grad(self) -> float:  # type: ignore[override]
        return 0.0

    @_grad.setter
    def _grad(self, number: Any) -> None:
        """A frozen Value receives nothing."""

    @property
    def requires_grad(self) -> bool:
        """False; set it True to thaw the Value."""
        return False

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if wanted:
            self.__class__ = Value  # type: ignore[assignment]
            self._grad = 0.0


OPAQUE: Final = Op("opaque", ("xs",), "", ("",), python=(lambda xs: math.nan, lambda out, xs: ()))
"""Stands as the op of a node whose parents or backward rule were assigned by hand."""


class _Step:
    """What ``node._backward`` gives: one step of backward, when called."""

    __slots__ = ("node",)

    def __init__(self, node: Value) -> None:
        self.node = node

    def __call__(self) -> None:
        propagate(self.node)

    def frozen(self) -> Callable[[], None]:
        """The same step with the edges as they are now, for a node whose parents are about to be replaced."""
        node, edges = self.node, tuple(zip(self.node.parents, self.node.partials, strict=True))

        def step() -> None:
            for parent, partial in edges:
                if node._grad:
                    parent._grad += node._grad * partial

        return step


def _nothing() -> None:
    """The backward step of a leaf."""


def _compared(other: Any) -> float:
    number = argument(other)
    data: float = number._data if isinstance(number, Value) else number
    return data


# copies and pickles ------------------------------------------------------------------------------------------------


def _same(parent: Any) -> Any:
    return parent


def _state(node: Value, translate: Callable[[Any], Any] = _same) -> tuple[Any, ...]:
    """What makes a node, with ``translate`` applied to each operand that is a node."""

    def moved(operand: Any) -> Any:
        return translate(operand) if isinstance(operand, Node) else operand

    grad = 0.0 if isinstance(node._grad, Value) else node._grad
    extra = None if node._extra is None else dict(node._extra)
    if node.op is None:
        return None, node._data, grad, extra, isinstance(node, Frozen), None, None, None, None
    x = y = None
    if node._dx is None and node._y.__class__ is Edges:
        y = Edges(*(tuple(tuple(map(moved, group)) for group in groups) for groups in node._y))
    else:
        x = moved(node._x)
        y = moved(node._y) if len(node.op.operands) == 2 else None
    return node.op.name, node._data, grad, extra, isinstance(node, Frozen), x, y, node._dx, node._dy


def _restore(
    name: str | None, data: float, grad: float, extra: dict[str, Any] | None, frozen: bool,
    x: Any, y: Any, dx: Any, dy: Any,
) -> Value:  # fmt: skip
    """The node that ``_state`` took apart."""
    node = Value(data)
    node._grad, node._extra = grad, extra
    node.op = None if name is None else OPAQUE if name == OPAQUE.name else TABLE[name]
    node._x, node._y, node._dx, node._dy = x, y, dx, dy
    if frozen:
        node.__class__ = Frozen  # type: ignore[assignment]
    return node


def _last(batch: list[Value], *state: Any) -> Value:
    """The root of a pickled graph, whose ancestors came before it."""
    return _restore(*state)


class _Batch(list[Value]):
    """The ancestors of a root in topological order, alive for as long as one pickler works on them."""


class _Pickling(threading.local):
    """Which nodes a pickler of this thread is about to meet in an order that lets it go without recursion."""

    def __init__(self) -> None:
        self.pending: set[int] = set()
        self.batches: list[weakref.ref[_Batch]] = []

    def start(self, order: list[Value]) -> _Batch:
        batch = _Batch(order[:-1])
        self.pending.update(map(id, batch))
        self.batches.append(weakref.ref(batch, self._ended))
        return batch

    def _ended(self, reference: "weakref.ref[_Batch]") -> None:
        self.batches.remove(reference)
        if not self.batches:
            self.pending.clear()


_pickling: Final = _Pickling()


# the table's primitives ------------------------------------------------------------------------------------------------

functions: Final[dict[str, Callable[..., Any]]] = {}
"""Every primitive as a function of Values and numbers, by name; ``autograd`` shows them as its own."""


def install_primitive(op: Op) -> Callable[..., Any]:
    """Enter a row in the table and give Value its method; a row of the same name is replaced everywhere it is read."""
    register(op)
    methods, function = install(op, Value)
    for name, method in methods.items():
        setattr(Value, name, method)
    if op.name in functions:
        # Whoever imported the function holds this very object: give it the new row's code.
        known = functions[op.name]
        known.__globals__.update(function.__globals__)
        known.__code__ = function.__code__
        function = known
    functions[op.name] = VALUES.namespace[op.name] = function
    return function


def primitive(
    name: str, value: str | Callable[..., float], partials: Any, *, operands: Iterable[str] | None = None,
    symbol: str = "", latex: str = "", note: str = "", defaults: dict[str, float] | None = None,
) -> Callable[..., Any]:  # fmt: skip
    """Add a primitive of your own: a function, and a method of Value.

    Args:
        name: its name, a Python identifier that no primitive has yet.
        value: the formula of the value, such as ``"x / (1 + abs(x))"``, in which every primitive may be called; such
            a primitive serves every reader: backward, gradients of gradients, drawing, the compiler. Or a Python
            function of floats: then the primitive is opaque and eager only.
        partials: the formula of each ∂out/∂operand, where ``out`` is the value; one text, or a sequence of them. For
            a Python function: a function ``(out, x, ...)`` that gives a tuple of floats.
        operands: the operands' names; by default ``x``, or ``x`` and ``y`` if there are two partials.
        symbol: what drawings show; the name by default.
        latex: template with ``{0}``, ``{1}`` for the operands.
        note: a sentence on its behaviour at edges.
        defaults: numbers for operands that may be left out.

    Raises:
        FormulaError: the name is taken or no identifier, or a formula is not in the language.

    >>> softsign = primitive("softsign", "x / (1 + abs(x))", "1 / (1 + abs(x))**2")
    >>> x = Value(1.0)
    >>> y = softsign(x) * 8
    >>> y.backward()
    >>> y.data, x.grad
    (4.0, 2.0)
    """
    if not name.isidentifier() or name in TABLE or hasattr(Value, name):
        raise FormulaError(f"a primitive needs an identifier that is not taken yet as its name; got {name!r}")
    python = None
    rules: tuple[str, ...] = (partials,) if isinstance(partials, str) else ()
    if isinstance(value, str):
        rules = rules or tuple(partials)
    else:
        if not callable(partials):
            raise FormulaError(f"the primitive {name!r} has a Python function as its value, so `partials` must be a "
                               "function (out, x, ...) that gives a tuple of floats")  # fmt: skip
        python = (value, partials)
    if operands is None:
        operands = signature(value).parameters if callable(value) else ("x", "y")[: len(rules)]
    names = tuple(operands)
    text = value if isinstance(value, str) else ""
    return install_primitive(
        Op(name, names, text, rules or ("",) * len(names), symbol or name, latex, note, defaults or {}, python=python)
    )


def _choose(condition: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """``a if c else b`` over Values: a choice already decided builds only its own side."""
    if isinstance(condition, Node):
        return functions["where"](condition, yes(), no())
    return yes() if condition else no()


for _row in tuple(TABLE.values()):
    install_primitive(_row)
VALUES.namespace.update({
    "choose": _choose, "fabs": functions["abs"],
    **{name: FLOATS.namespace[name] for name in ("inf", "nan", "pi")},
})  # fmt: skip
