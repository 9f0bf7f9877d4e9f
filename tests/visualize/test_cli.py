"""The command ``chainrule``: exit statuses, help, and what each subcommand prints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from autograd import MissingExtraError, topological_order
from autograd.expression import parse
from tests.requires import requires
from visualize import Walk, cli, latex, walk
from visualize.page import page
from visualize.svg import to_svg


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    try:
        status = cli.main(arguments)
    except SystemExit as leaving:
        status = int(leaving.code or 0)
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_help_says_what_it_is_for_and_gives_examples(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "--help")
    assert (status, err) == (0, "")
    assert out.startswith("usage: chainrule")
    for command in ("demo moons", "step", "draw", "check", "latex"):
        assert f"\n  chainrule {command}" in out


def test_the_examples_of_the_help_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    examples = [shlex.split(line) for line in cli.EXAMPLES.splitlines() if line.startswith("  chainrule")]
    assert len(examples) == 6
    for example in examples[1:]:
        wanted = [argument.replace(".png", ".svg") for argument in example[1:]]
        status, out, err = run(capsys, *wanted)
        assert (status, err) == (0, ""), example
        assert out


def test_version_is_the_distributions(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: {"chainrule": "9.8.7"}[name])
    assert run(capsys, "--version") == (0, "chainrule 9.8.7\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("-x",),
        ("step",),
        ("step", "a", "--html"),
        ("demo", "suns"),
        ("demo", "moons", "--steps", "0"),
        ("demo", "moons", "--steps", "9" * 5000),
        ("demo", "moons", "--seed=-1"),
        ("demo", "moons", "--seed", "4294967296"),
        ("demo", "moons", "--depth", "1"),
    ],
)
def test_what_makes_no_sense_ends_with_2_and_one_line_of_reason(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert re.search(r"^chainrule.*: error: ", err, re.MULTILINE)


def test_a_missing_extra_names_the_command_that_installs_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*arguments: object) -> None:
        raise MissingExtraError('this needs sklearn: pip install "chainrule[data]"')

    monkeypatch.setattr("visualize.demo.moons", missing)
    status, out, err = run(capsys, "demo", "moons")
    assert (status, out, err) == (1, "", 'chainrule: this needs sklearn: pip install "chainrule[data]"\n')


def test_ctrl_c_ends_with_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("visualize.demo.moons", interrupted)
    assert run(capsys, "demo", "moons") == (130, "", "\nchainrule: interrupted\n")


# --- expressions ------------------------------------------------------------------------------------------------------

NEGATIVE = ("-a*b", "a=-2", "b=3")


@pytest.mark.parametrize(
    "arguments",
    [
        ("step", "-a*b", "a=-2", "b=3"), ("step", "-a*b", "a=-2", "--text", "b=3"), ("step", "--text", *NEGATIVE),
        ("step", "--text", "--", *NEGATIVE), ("step", "--", "-a*b", "a=-2", "b=3"), ("step", "- a*b", "a=-2", "b=3"),
        ("step", "--(-a*b)", "a=-2", "b= 3"),
    ],
)  # fmt: skip
def test_expressions_and_values_may_begin_with_a_minus_sign(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, err) == (0, "")
    assert out.endswith("gradients\n  a.grad = -3\n  b.grad = 2\n")


def test_step_prints_the_walk_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "step", "(a*b + c).tanh()", "a=2", "b=-3", "c=6.5")
    root = parse("(a*b + c).tanh()", a=2, b=-3, c=6.5)
    assert (status, out, err) == (0, f"{walk(root)}\n", "")


def test_step_writes_the_page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "out.html"
    status, out, _ = run(capsys, "step", "a*a", "a=3", "--html", str(path))
    assert (status, out) == (0, f"{path}\n")
    assert path.read_text(encoding="utf-8") == page(walk(parse("a*a", a=3)))


@pytest.fixture
def a_terminal(monkeypatch: pytest.MonkeyPatch) -> list[Walk]:
    """The list gets the walks that are shown in the terminal."""
    shown: list[Walk] = []
    monkeypatch.setattr(Walk, "terminal", lambda walk: shown.append(walk))
    return shown


def test_step_opens_the_app_on_a_terminal(a_terminal: list[Walk], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "step", "a*a", "a=3") == (0, "", "")
    assert [shown.root.data for shown in a_terminal] == [9.0]


def test_text_is_printed_on_a_terminal_when_asked_for(
    a_terminal: list[Walk], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "step", "a*a", "a=3", "--text")
    assert (status, a_terminal) == (0, [])
    assert out.startswith("forward\n")


def test_text_is_printed_where_the_apps_package_is_missing(
    a_terminal: list[Walk], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(walk: Walk) -> None:
        raise MissingExtraError('this needs textual: pip install "chainrule[terminal]"')

    monkeypatch.setattr(Walk, "terminal", missing)
    status, out, err = run(capsys, "step", "a*a", "a=3")
    assert status == 0
    assert 'pip install "chainrule[terminal]"' in err
    assert out.startswith("forward\n")


def test_check_holds_every_gradient_against_a_difference(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "check", "(a*b).tanh()", "a=0.5", "b=-1")
    header, *rows = (line.split() for line in out.splitlines())
    assert (status, err) == (0, "")
    assert header == ["node", "value", "gradient", "difference", "verdict"]
    assert [row[0] for row in rows] == ["a", "b", "v1", "v2"]
    assert all(row[2] == row[3] and row[4] == "agrees" for row in rows)


def test_check_ends_with_1_where_a_rule_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = parse("a.tanh()", a=0.5)
    root._dx *= 1 + 1e-5
    monkeypatch.setattr("visualize.commands.parse", lambda text, **values: root)
    status, out, err = run(capsys, "check", "a.tanh()", "a=0.5")
    assert status == 1
    assert "differs" in out
    assert re.match(r"chainrule: node tanh\(a=0.5\) .* parent a = 0.5: the partial should be 0.78\S+, found 0.78", err)


def test_latex_prints_the_expression_and_each_derivative(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "latex", "-a*b", "a=2", "b=-3")
    root = parse("-a*b", a=2, b=-3)
    a, b = (node for node in topological_order(root) if node.is_leaf)
    assert (status, err) == (0, "")
    assert out == f"{latex(root)}\n\n{latex(root, wrt=a)}\n\n{latex(root, wrt=b)}\n"
    assert r"\frac{\partial" in out


@pytest.mark.parametrize("command", ["step", "check", "draw", "latex"])
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("a +", "a=1"), "a value is missing here\n    a +\n       ^\n"),
        (("a",), "no value is given for `a`; give one as a=...\n    a\n    ^\n"),
        (("a", "a=1", "b=2"), "a value is given for `b`, which does not occur in the expression\n    a\n    ^\n"),
        (("a", "a"), "a value is written name=number, such as a=2; got `a`\n"),
        (("a", "a="), "the value of `a` is a number, such as 2 or -0.5; got ``\n"),
        (("a", "a=\x1b[31m"), "the value of `a` is a number, such as 2 or -0.5; got `⟨001B⟩[31m`\n"),
        (("a", "é=1"), "a value is written name=number, such as a=2; got `é=1`\n"),
        (("a", "a=1", "a=2"), "`a` is given twice\n"),
        (("a", "a=1", "--depth=2"), "there is no option `--depth=2` here; --help names those there are\n"),
        (("__import__('os')",), "text in quotes is not in the expression language\n"),
    ],
)
def test_an_expression_or_value_that_is_none_ends_with_2_and_says_why(
    command: str, arguments: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, command, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"chainrule: {reason}")


def test_a_file_that_cannot_be_written_ends_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, err = run(capsys, "step", "a", "a=1", "--html", str(tmp_path / "nowhere" / "out.html"))
    assert (status, out) == (1, "")
    assert re.match(r"chainrule: cannot write '.*out.html': there is no folder", err)


@pytest.mark.parametrize("suffix", ["svg", "dot", "html"])
def test_draw_writes_the_graph_with_its_gradients(
    suffix: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / f"graph.{suffix}"
    assert run(capsys, "draw", "-a*b", "a=2", "b=7.25", "--out", str(path)) == (0, f"{path}\n", "")
    assert "-7.25" in path.read_text(encoding="utf-8")


def test_draw_writes_svg_to_standard_output_for_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "draw", "a*a", "a=2", "--out", "-", "--theme", "dark")
    root = parse("a*a", a=2)
    root.backward()
    assert (status, out) == (0, to_svg(root, theme="dark") + "\n")


def test_draw_into_a_suffix_that_there_is_not_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "draw", "a", "a=2", "--out", "graph.doc")
    assert (status, out) == (2, "")
    assert err.startswith("chainrule: cannot draw into 'graph.doc'")


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    command = [sys.executable, "-m", "visualize.cli", "step", "+".join(["a*a"] * 400), "a=1"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert running.stdout is not None
    assert running.stderr is not None
    assert running.stdout.readline() == b"forward\n"
    running.stdout.close()
    assert running.stderr.read() == b""
    running.stderr.close()
    assert running.wait(timeout=30) == 141


def test_a_terminal_that_lacks_a_character_shows_another() -> None:
    command = [sys.executable, "-m", "visualize.cli", "step", "a*a", "a=3"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?v1/?a = a = 3;  1 ? 3 = 3;  a.grad: 0 + 3 = 3" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(("key", "status"), [(b"q", 0), (b"\x03", 0)], ids=["q", "Ctrl-C"])
def test_on_a_real_terminal_the_app_opens_and_a_key_leaves_it(key: bytes, status: int) -> None:
    requires("textual")
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (30, 100))
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, "-m", "visualize.cli", "step", "a*b", "a=2", "b=3"]
    running = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    screen = b""
    sent = False
    try:
        while True:
            try:
                screen += os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not sent and b"moment 0 of 4" in screen:
                os.write(ours, key)
                sent = True
        assert running.wait(timeout=30) == status
        assert sent
        assert b"Traceback" not in screen
    finally:
        running.kill()
        running.wait()
        os.close(ours)


def test_a_page_cannot_be_written_over_a_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, err = run(capsys, "step", "x*x", "x=1", "--html", str(tmp_path))
    assert (status, out) == (1, "")
    assert err == f"chainrule: cannot write {str(tmp_path)!r}: it is a folder; give the path of a file in it\n"


def test_a_walk_goes_one_way(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "step", "x*x", "x=1", "--html", "a.html", "--text")
    assert status == 2
    assert "not allowed with argument" in err
