"""Two interleaved half moons, told apart with a margin: micrograd's demo, with its network and its loss.

You learn: the max-margin loss of support vector machines, an L2 penalty on all weights, a learning rate that shrinks,
and a decision boundary.  The loop is written out; ``nn.fit`` would do the same.
"""

import random
from collections.abc import Sequence

import nn
from examples.lesson import extra, options, picture, run

MIN_ACCURACY = 0.98  # success: of the 100 points, on the right side at the end

STEPS = 80


def main(argv: Sequence[str] | None = None) -> None:
    """Train on all points at once."""
    given = options(__doc__, argv, lr=1.0, seed=1337)
    points, sides = extra("sklearn.datasets", "data").make_moons(n_samples=100, noise=0.1, random_state=given.seed)
    X, y = points.tolist(), [2 * side - 1 for side in sides.tolist()]
    model = nn.MLP(2, [16, 16, 1], rng=random.Random(given.seed))
    optimizer = nn.optim.SGD(model.parameters(), lr=given.lr)
    schedule = nn.schedule.LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=STEPS)
    history = nn.History()
    for step in range(STEPS):
        scores = [model(x) for x in X]
        loss = nn.hinge_loss(scores, y) + nn.l2_penalty(model, 1e-4)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        history.append({"loss": loss.data, "accuracy": nn.metrics.accuracy(scores, y)})
        if step % 10 == 0 or step == STEPS - 1:
            print(f"step {step:3}  loss {loss.data:.4f}  accuracy {history['accuracy'][-1]:.0%}")
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            plots.curves({"loss": history["loss"], "share that is right": history["accuracy"]}, ax=left)
            left.set(title="training", xlabel="step", ylabel="margin loss, and accuracy")
            plots.decision_boundary(model, X, y, ax=right)
            right.set_title("▲ upper moon   ● lower moon")
    accuracy = nn.evaluate(model, (X, y), metrics=["accuracy"])["accuracy"]
    assert accuracy >= MIN_ACCURACY, f"the accuracy is {accuracy:.0%}, not at least {MIN_ACCURACY:.0%}"


if __name__ == "__main__":
    run(main)
