"""A program as a pure JAX function.

The value is what the array program computes on JAX arrays, and its derivative is the array program's own backward,
registered with ``jax.custom_vjp``: so ``jax.grad`` gives the table's partials at kinks as well (0 for relu at 0).
What does not live here: the computation (``backends/xp.py``).
"""

from collections.abc import Callable
from typing import Any

from autograd.extra import extra
from autograd.program.backends.library import Library
from autograd.program.backends.xp import Executor, rerun


def to_jax(program: Any) -> Callable[..., Any]:
    """See ``Program.to_jax``."""
    jax = extra("jax", "scale")
    jnp = jax.numpy
    arrays = program.arrays(i for i, leaf in enumerate(program.traced.leaves) if leaf.requires_grad)
    library = Library("jax")

    def executor(dtype: Any) -> Executor:
        return Executor(arrays, library, str(jnp.dtype(dtype)))

    @jax.custom_vjp  # type: ignore[untyped-decorator] # jax comes as Any
    def value(values: Any, *batch: Any) -> Any:
        return executor(values.dtype).forward(values, batch).outputs()[0]

    def forward(values: Any, *batch: Any) -> Any:
        run = executor(values.dtype).forward(values, batch)
        return run.outputs()[0], run.arrays()

    def backward(residuals: Any, seed: Any) -> Any:
        run = rerun(executor(seed.dtype), residuals)
        leaves, columns = run.backward(seed)
        return (leaves, *columns)

    value.defvjp(forward, backward)

    def function(values: Any, *batch: Any) -> Any:
        floating = jnp.result_type(float)
        return value(jnp.asarray(values, floating), *(jnp.asarray(column, floating) for column in batch))

    function.__doc__ = f"{program!r} as a function (values, *batch) -> value, to be differentiated by jax.grad."
    return function
