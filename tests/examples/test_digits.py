"""What the tests of all lessons leave out of the digits: the data, the whole run's plan, the run without a compiler."""

from __future__ import annotations

import re

import pytest

from examples.digits import enlarged, handwritten, main, plan
from tests.requires import requires


def losses(printed: str) -> list[float]:
    return [float(number) for number in re.findall(r"\bloss (\S+)", printed)]


def test_enlarging_a_picture_interpolates_between_the_centres_of_pixels() -> None:
    numpy, ndimage = requires("numpy"), requires("scipy.ndimage")
    images = numpy.random.default_rng(0).random((2, 8, 8))
    expected = ndimage.zoom(images, (1, 3.5, 3.5), order=1, mode="nearest", grid_mode=True)
    assert numpy.allclose(enlarged(numpy, images, 28), expected, atol=1e-12)


def test_the_data_are_the_real_digits_at_28_by_28() -> None:
    requires("sklearn")
    X, y = handwritten()
    assert len(X) == len(y) == 1797
    assert {len(row) for row in X} == {784}
    assert min(map(min, X)) == -1.0
    assert max(map(max, X)) <= 1.0
    assert set(y) == set(range(10))


def test_the_whole_run_is_all_digits_ten_times_to_96_percent() -> None:
    assert plan(True) == (1797, 10, 0.96)


def test_the_whole_run_goes_its_way_to_its_own_goal(capsys: pytest.CaptureFixture[str]) -> None:
    requires("sklearn")
    with pytest.raises(AssertionError, match="not at least 96%"):
        main(["--full", "--samples", "50", "--epochs", "1"])
    assert "40 digits to learn from, 10 held out" in capsys.readouterr().out


def test_all_digits_ten_times_come_to_96_percent_on_digits_it_has_not_seen(capsys: pytest.CaptureFixture[str]) -> None:
    requires("sklearn")
    main(["--full"])
    (reached,) = re.findall(r"validation accuracy ([\d.]+)%", capsys.readouterr().out)
    assert float(reached) >= 96.0


def test_it_learns_the_same_with_and_without_the_compiler(capsys: pytest.CaptureFixture[str]) -> None:
    requires("sklearn")
    found = []
    for switches in (["--eager"], []):
        with pytest.raises(AssertionError, match="not at least 85%"):
            main([*switches, "--samples", "50", "--epochs", "2"])
        found.append(losses(capsys.readouterr().out))
    assert len(found[0]) == 2
    assert found[0] == pytest.approx(found[1], abs=2e-4)  # of the four places that are printed
