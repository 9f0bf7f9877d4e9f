"""Value: a number that remembers how it was made.

    a = Value(2.0)
    b = Value(-3.0)
    loss = (a * b + 10).tanh()      # forward: each operation makes a node with its local derivatives
    loss.backward()                 # backward: the chain rule, from the loss to the leaves
    a.grad                          # ∂loss/∂a

The operators (``+``, ``*``, ...) and methods (``tanh``, ``exp``, ...) are not written here: each is made from its row
of the table in ``ops.py``, at import, by ``bind.py`` and ``primitives.py``.  What lives here is everything else that a
Value is: its number, gradient and label, ``backward()``, copying and pickling.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from autograd.bind import VALUES
from autograd.copying import added, complete, finish, last, led_to, pickling, restore, state
from autograd.derivatives import gradients, opaque
from autograd.errors import OperandTypeError
from autograd.graph import OPAQUE, adopt
from autograd.modes import recording
from autograd.operand import as_float, clock
from autograd.order import topological_order
from autograd.scalar import Scalar
from autograd.sweep import Step, accumulate


class Value(Scalar):
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

    __slots__ = ("_grad", "_sent")
    __array_ufunc__ = None  # so that `numpy.float64(2) * value` asks the Value

    _grad: Any
    """A leaf's gradient; of a result, what its consumers have sent so far: None but while backward is under way."""
    _sent: Any
    """The gradient that a result has sent on last; not there before it has."""

    def __init__(
        self, data: Any, _children: Iterable["Value"] = (), _op: str = "", label: str = "", requires_grad: bool = True
    ) -> None:
        self._data = data if data.__class__ is float else as_float(data)
        self._grad = 0.0
        self._depth = 0
        self.op = self._dx = self._dy = None
        if label:
            self.label = label
        parents = tuple(_children)
        if parents:
            self._adopt(parents, None, late=False)
        if parents or _op:
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
        clock[0] += 1

    @property
    def grad(self) -> Any:
        """∂root/∂self after ``root.backward()``: a float, and a Value after ``backward(create_graph=True)``."""
        return self._grad if self.op is None else getattr(self, "_sent", 0.0)

    @grad.setter
    def grad(self, number: Any) -> None:
        if number.__class__ is not float and not isinstance(number, Value):
            number = as_float(number, "a gradient, a number,")
        if self.op is None:
            self._grad = number
        else:
            self._sent = number

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
                f"requires_grad can be set on a leaf; this is the result of {self._op!r}. "
                "Use detach() for a leaf with its data"
            )
        if self.__class__ is not Value:
            raise OperandTypeError(
                f"a {type(self).__name__}, of a class of its own, cannot be frozen, for a frozen Value is of the class "
                "Frozen; use detach() for a plain Value with its data that takes no gradient"
            )
        self._grad = 0.0
        self.__class__ = Frozen

    def item(self) -> float:
        """The number, as PyTorch calls it."""
        return self._data

    def detach(self) -> "Value":
        """A new leaf with this number and no history, which receives no gradient."""
        return Value(self._data, requires_grad=False)

    def zero_grad(self) -> None:
        """Set this node's gradient back to zero."""
        self.grad = 0.0

    def forget(self) -> None:
        """Become a leaf without history that receives no gradient, as under ``no_grad()``."""
        self.op = self._x = self._y = self._dx = self._dy = None
        self._depth = 0
        self.__class__ = Frozen

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
        return Step(self)

    @_backward.setter
    def _backward(self, rule: Callable[[], Any]) -> None:
        if not callable(rule):
            raise OperandTypeError(f"_backward must be a function without arguments; got {rule!r}")
        self._adopt(self.parents, rule)

    def _adopt(self, parents: tuple["Value", ...], rule: Callable[[], Any] | None, late: bool = True) -> None:
        """Take ``parents`` and a hand-written backward ``rule``; from now on the node is opaque."""
        symbol, grad = self._op, self.grad
        adopt(self, parents, _nothing if rule is None else rule, late)
        self._grad, self._sent = None, grad
        clock[0] += 1
        if symbol:
            self.notes["op"] = symbol

    # backward ----------------------------------------------------------------------------------------------------

    def backward(self, gradient: Any = 1.0, create_graph: bool = False) -> None:
        """Fill ``.grad`` of every node under this one with ∂self/∂node · ``gradient``, by the chain rule.

        Nodes are visited in reverse topological order; each adds gradient × partial to each of its parents.  Leaves
        add to the gradient they have (call ``zero_grad()`` between steps), interior nodes start from zero each time.
        Two threads may not do so at once in graphs that share nodes: their gradients would mix.

        Args:
            gradient: the gradient this node starts from; 1 means plain derivatives.
            create_graph: record the computation of the gradients as a graph as well, so that they can be
                differentiated again; every ``.grad`` is then a Value.  Nodes and their gradients then refer to each
                other: a cycle, which Python's collector frees, or ``zero_grad()`` on each node breaks.  ``grad`` of a
                function gives the same numbers and leaves no cycle.

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
        with recording():
            found = gradients(self, seed, VALUES)
        for node in topological_order(self):
            total = g if isinstance(g := found.get(node, 0.0), Value) else Value(g)
            empty = node.op is not None or (node._grad.__class__ is float and not node._grad)
            node.grad = total if empty else node._grad + total

    def __repr__(self) -> str:
        grad = self.grad._data if isinstance(self.grad, Value) else self.grad
        return f"Value(data={self._data}, grad={grad})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the text, and a drawing of the graph where ``visualize`` is installed."""
        try:
            from visualize.display import mimebundle
        except ImportError:
            return {"text/plain": repr(self)}
        return mimebundle(self)

    # copies and pickles: iterative, and a copied graph is whole -----------------------------------------------------

    def __copy__(self) -> "Value":
        copied: Value = restore(*state(self))
        copied.grad = self.grad
        complete(copied, added(self, Value))
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        new = led_to([self], lambda node: id(node) in memo)
        for node in new:
            if node.is_opaque:
                raise opaque(node, "cannot be copied")
            memo[id(node)] = restore(*state(node, lambda parent: memo[id(parent)]))
        for node in new:  # what may lead back to them
            if node.grad.__class__ is not float:
                memo[id(node)].grad = deepcopy(node.grad, memo)
            if own := added(node, Value):
                complete(memo[id(node)], deepcopy(own, memo))
        copied: Value = memo[id(self)]
        return copied

    def __reduce__(self) -> Any:
        """Ancestors are pickled first, in topological order: no node meets an unknown parent and nothing recurses.

        Gradients that are graphs are pickled with all that they lead to, see ``Recorded``.
        """
        if self.is_opaque:
            raise opaque(self, "cannot be pickled")
        known, recorded = pickling.known, None
        if id(self) in known.pending:
            known.pending.discard(id(self))
            made: tuple[Any, ...] = (restore, state(self))
            if self.grad.__class__ is not float:
                recorded = known.leads_to(self, [self])
        else:
            order = topological_order(self)
            made = (last, (known.start(order[:-1]), *state(self)))
            recorded = known.leads_to(self, order)
        own = added(self, Value)
        if recorded is None:
            return (*made, own, None, None, complete) if own else made
        recorded.met.add(id(self))
        return (*made, (recorded, own), None, None, finish)

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
    def _grad(self) -> float:
        return 0.0

    @_grad.setter
    def _grad(self, number: Any) -> None:
        """A frozen Value receives nothing."""

    _sent = _grad  # should it have been given parents by hand

    @property
    def requires_grad(self) -> bool:
        """False; set it True to thaw the Value."""
        return False

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if wanted:
            self.__class__ = Value  # type: ignore[assignment]
            self._grad = 0.0 if self.op is None else None


def _constant(operand: Any) -> Any:
    """An operand of a formula, or a list of them, each number a Value without a gradient."""
    if isinstance(operand, Value):
        return operand
    return Value(operand, requires_grad=False) if operand.__class__ is float else tuple(map(_constant, operand))


VALUES.namespace["constant"] = _constant


def _nothing() -> None:
    """The backward step of a leaf."""
