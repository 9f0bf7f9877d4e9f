"""Train the digits network data-parallel over a mesh of eight devices, from one scalar graph.

    python -m examples.data_parallel

A student's graph, one sample's loss built from scalars, becomes a pure JAX function with ``to_jax``.  ``shard_map``
gives each device its share of a batch, and ``psum`` adds up the gradients: the sum is what one device finds for the
whole batch, to the last few bits.  Eight devices are imitated on one processor; on a machine that has them, nothing
changes but the first line.  Needs JAX and scikit-learn: ``pip install "chainrule[scale,data]"``.
"""

import os

DEVICES = 8
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={DEVICES}"

import random  # noqa: E402 (JAX counts its devices when it is first imported)
from functools import partial  # noqa: E402
from typing import Any  # noqa: E402

from autograd.extra import extra  # noqa: E402

extra("jax", "scale")  # where it is missing, this names the command

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax.sharding import Mesh, PartitionSpec  # noqa: E402

import autograd  # noqa: E402
from autograd import Value  # noqa: E402
from nn import MLP  # noqa: E402

jax.config.update("jax_enable_x64", True)


def one_sample_loss(model: MLP) -> tuple[Value, list[Value]]:
    """Cross-entropy of one picture, and the inputs: 64 pixels, then 1 for the right digit and 0 for the others."""
    pixels = [Value(0.5, requires_grad=False) for _ in range(64)]
    chosen = [Value(float(digit == 0), requires_grad=False) for digit in range(10)]
    logits = model(pixels)
    return autograd.logsumexp(logits) - autograd.dot(chosen, logits), [*pixels, *chosen]


def load() -> Any:
    """The digits as columns: 64 rows of pixels in [0, 1] and 10 rows that say which digit it is."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return np.concatenate([digits.data.T / 16.0, np.eye(10)[:, digits.target]])


def main(epochs: int = 3, batch: int = 64) -> float:
    """Train, compare every fifth step's gradient with one device's, and give the worst relative difference."""
    random.seed(0)
    model = MLP(64, [32, 10])
    loss, inputs = one_sample_loss(model)
    program = autograd.compile(loss, batch=inputs, backend="array", parameters=model.parameters())
    function = program.to_jax()
    print(f"{program!r}\n{program.rerolled}\n")

    def mean_loss(values: Any, columns: Any) -> Any:
        return jnp.mean(function(values, *columns))

    mesh = Mesh(np.array(jax.devices()[:DEVICES]), ("data",))
    everywhere, by_sample = PartitionSpec(), PartitionSpec(None, "data")

    @jax.jit
    @partial(shard_map, mesh=mesh, in_specs=(everywhere, by_sample), out_specs=(everywhere, everywhere))
    def spread(values: Any, columns: Any) -> Any:
        values = varying(values)
        value, gradient = jax.value_and_grad(mean_loss)(values, columns)
        return jax.lax.pmean(value, "data"), jax.lax.pmean(gradient, "data")

    alone = jax.jit(jax.value_and_grad(mean_loss))

    columns = load()
    values = 0.2 * jnp.asarray(program.values)
    order = np.arange(columns.shape[1])
    worst, step = 0.0, 0
    for epoch in range(epochs):
        np.random.default_rng(epoch).shuffle(order)
        losses = []
        for start in range(0, len(order) - batch + 1, batch):
            share = jnp.asarray(columns[:, order[start : start + batch]])
            value, gradient = spread(values, share)
            if step % 5 == 0:
                expected = alone(values, share)[1]
                worst = max(worst, float(jnp.max(jnp.abs(gradient - expected)) / jnp.max(jnp.abs(expected))))
            values = values - 0.5 * gradient
            losses.append(float(value))
            step += 1
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f} on {DEVICES} devices")
    print(f"largest difference from one device's gradient, relative: {worst:.1e}")
    return worst


def varying(values: Any) -> Any:
    """Tell JAX that each device goes its own way with these numbers, so that it adds up no gradient itself."""
    if hasattr(jax.lax, "pcast"):
        return jax.lax.pcast(values, "data", to="varying")
    return jax.lax.pvary(values, ("data",)) if hasattr(jax.lax, "pvary") else values


shard_map: Any = getattr(jax, "shard_map", None)
if shard_map is None:
    from jax.experimental.shard_map import shard_map

if __name__ == "__main__":
    main()
