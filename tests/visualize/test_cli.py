"""The command ``chainrule``: exit statuses, help, and what each subcommand prints."""

from __future__ import annotations

import re
from importlib import metadata

import pytest

from autograd import MissingExtraError
from visualize import cli


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
    assert "chainrule demo moons" in out


def test_version_is_the_distributions(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: {"chainrule": "9.8.7"}[name])
    assert run(capsys, "--version") == (0, "chainrule 9.8.7\n", "")


@pytest.mark.parametrize(
    "arguments",
    [(), ("dance",), ("demo", "suns"), ("demo", "moons", "--steps", "0"), ("demo", "moons", "--depth", "1")],
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
