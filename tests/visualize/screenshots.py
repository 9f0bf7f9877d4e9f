"""A page of screenshots of everything a learner sees: ``python -m tests.visualize.screenshots FOLDER``.

    page-light.png, page-dark.png    the stepping page, half way through a neuron's backward pass
    terminal.svg                     the stepping view in the terminal, at the same moment
    mlp-layers.svg, mlp-neurons.svg, mlp-nodes.svg    one network drawn at three depths
    index.html                       all of them, to be looked at after a change

Needs the extras ``terminal`` and ``test`` and Chromium.  The README shows two of them, which stand in ``.assets``.
"""

from __future__ import annotations

import asyncio
import io
import random
import shutil
import sys
from pathlib import Path

from autograd import Value
from autograd.expression import parse
from autograd.files import write
from nn import MLP
from tests.requires import PROGRAMS
from visualize import Walk, save, to_svg, walk

NEURON = "(x1*w1 + x2*w2 + b).tanh()"
PRESSES = 12
"""How many times → is pressed before a picture is taken."""
DEPTHS = {"layers": 0, "neurons": 1, "nodes": None}


def neuron() -> Walk:
    """The walk of a neuron of two inputs."""
    return walk(parse(NEURON, x1=2, x2=0.5, w1=-3, w2=1, b=6.7))


def network() -> Value:
    """The score of one point by a small network, after its backward pass."""
    model = MLP(2, [4, 3, 1], activation="tanh", rng=random.Random(1337))
    score: Value = model([Value(0.5, label="x[0]"), Value(-1.0, label="x[1]")])
    score.label = "score"
    score.backward()
    return score


def pages(folder: Path) -> list[str]:
    """The stepping page, light and dark."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, PROGRAMS["chromium"])), None)
    if chromium is None:
        raise SystemExit("screenshots need Chromium on the PATH: apt-get install chromium")
    document = neuron().to_html()
    names = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": 1180, "height": 760}, color_scheme=scheme
            )  # fmt: skip
            page = context.new_page()
            page.set_content(document)
            for _ in range(PRESSES):
                page.keyboard.press("ArrowRight")
            page.wait_for_timeout(600)  # for what moves to have arrived
            names.append(f"page-{scheme}.png")
            write(folder / names[-1], small(page.screenshot()))
            context.close()
        browser.close()
    return names


def small(png: bytes) -> bytes:
    """The same picture in 128 colours."""
    from PIL import Image

    content = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(
        content, "PNG", optimize=True
    )
    return content.getvalue()


def terminal(folder: Path) -> list[str]:
    """The stepping view in the terminal."""
    from visualize.terminal import StepApp

    async def session() -> str:
        app = StepApp(neuron())
        async with app.run_test(size=(104, 28)) as pilot:
            await pilot.pause()
            for _ in range(PRESSES):
                await pilot.press("right")
            await pilot.pause()
            return app.export_screenshot(title="chainrule step")

    write(folder / "terminal.svg", asyncio.run(session()))
    return ["terminal.svg"]


def drawings(folder: Path) -> list[str]:
    """One network at three depths."""
    score = network()
    for name, depth in DEPTHS.items():
        save(score, folder / f"mlp-{name}.svg", depth=depth, layout="builtin")
    write(folder / "mlp-layers-dark.svg", to_svg(score, depth=0, theme="dark"))
    return [*(f"mlp-{name}.svg" for name in DEPTHS), "mlp-layers-dark.svg"]


def main(folder: Path) -> None:
    """Make all of them, and the page that shows them."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [*pages(folder), *terminal(folder), *drawings(folder)]
    figures = "\n".join(f'<figure><figcaption>{name}</figcaption><img src="{name}"></figure>' for name in names)
    style = "body{font-family:sans-serif;background:#ddd} img{max-width:100%;border:1px solid #888;background:#fff}"
    write(
        folder / "index.html",
        f"<!doctype html><meta charset=utf-8><title>chainrule</title><style>{style}</style>{figures}\n",
    )
    for name in (*names, "index.html"):
        print(folder / name)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
