"""Who may import whom, and what the repository may hold: read from the source, not from the running code.

The engine is a stack of layers and a layer uses only those below it. `nn` and `visualize` stand beside each other on
top of it and see nothing but its public names. That is what lets a newcomer read the files in one order, from the
first to the last, without ever needing the next one; a module that is in no layer yet fails here, so that its writer
decides where it belongs.
"""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.requires import missing

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("autograd", "nn", "visualize")

# The engine from the bottom up. Modules on one line may import each other as long as no cycle comes of it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("namesake",),
    ("errors",),
    ("collector", "extra", "files"),
    ("machine_code",),
    ("ieee",),
    ("formula",),
    ("world",),
    ("unrolled",),
    ("ops",),
    ("graph",),
    ("order",),
    ("modes", "copying"),
    ("notes", "blank"),
    ("operand",),
    ("scalar", "bulk"),
    ("fuse", "sweep", "derivatives"),
    ("bind",),
    ("value",),
    ("primitives", "trees"),
    ("functional", "gradcheck", "expression", "scan"),
    ("program",),
)

# Modules of the engine that `nn` and `visualize` may import by path; from `autograd` itself they take what it exports.
PUBLIC_MODULES = frozenset({"errors", "expression", "extra", "files", "machine_code"})

# The two imports that go against the direction: module -> package. Each must stand inside a function.
LAZY_EXCEPTIONS = {
    "autograd.value": "visualize",  # a Value shows itself in a notebook
    "visualize.demo": "nn",  # `chainrule demo` trains a network
}

ALLOWED_AT_TOP = frozenset(
    {
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "autograd",
        "examples",
        "nn",
        "pyproject.toml",
        "tests",
        "visualize",
    }
)

MACHINE_PATH = re.compile(
    r"(?<![\w.:/~*-])/(?:home|Users|root|work|opt|tmp|mnt|media)/\w|\b[A-Z]:\\{1,2}Users\\", re.ASCII
)


class Import(NamedTuple):
    """One name that one module takes from another, `name` being empty for a plain `import target`."""

    source: str
    target: str
    name: str
    line: int
    lazy: bool

    def __str__(self) -> str:
        return f"{self.source}, line {self.line}: {self.target}{self.name and ': ' + self.name}"


# --- reading the source -----------------------------------------------------------------------------------------------


@functools.cache
def modules() -> dict[str, Path]:
    """Every module of the three packages by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def imports() -> tuple[Import, ...]:
    """Every import of a module of ours by a module of ours, those inside functions and for types alone included."""
    return tuple(found for module, path in modules().items() for found in imports_of(module, path))


def imports_of(module: str, path: Path) -> Iterator[Import]:
    """The imports of one module; `from package import submodule` counts as an import of the submodule."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    inside = {
        inner
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(function)
    }
    for node in ast.walk(tree):
        lazy = node in inside
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in PACKAGES:
                    yield Import(module, alias.name, "", node.lineno, lazy)
        elif isinstance(node, ast.ImportFrom):
            target = node.module or ""
            if node.level:
                ancestors = package.split(".")
                base = ".".join(ancestors[: len(ancestors) - node.level + 1])
                target = f"{base}.{target}" if target else base
            if target.partition(".")[0] not in PACKAGES:
                continue
            for alias in node.names:
                submodule = f"{target}.{alias.name}"
                if submodule in modules():
                    yield Import(module, submodule, "", node.lineno, lazy)
                else:
                    yield Import(module, target, alias.name, node.lineno, lazy)


def package_of(module: str) -> str:
    """`autograd` for `autograd.program.ir`."""
    return module.partition(".")[0]


def part_of(module: str) -> str:
    """`program` for `autograd.program.ir`, and nothing for `autograd` itself."""
    return module.split(".")[1] if "." in module else ""


def is_excepted(found: Import) -> bool:
    """Whether this is one of the two imports that may go against the direction."""
    return LAZY_EXCEPTIONS.get(found.source) == package_of(found.target)


# --- directions -------------------------------------------------------------------------------------------------------


def test_every_module_of_the_engine_stands_in_one_layer() -> None:
    placed = [part for layer in LAYERS for part in layer]
    assert len(placed) == len(set(placed)), "a module stands in two layers"
    homeless = {part_of(module) for module in modules() if package_of(module) == "autograd"} - {""} - set(placed)
    assert not homeless, f"give these modules a place in LAYERS: {sorted(homeless)}"


def test_no_layer_imports_a_higher_one() -> None:
    height = {part: level for level, layer in enumerate(LAYERS) for part in layer}
    upward = [
        str(found)
        for found in imports()
        if package_of(found.source) == package_of(found.target) == "autograd"
        and part_of(found.source)  # the package's own __init__ gathers all of them
        and height.get(part_of(found.target), len(LAYERS)) > height.get(part_of(found.source), -1)
    ]
    assert not upward, upward


def test_the_engine_imports_neither_nn_nor_visualize() -> None:
    upward = [
        str(found)
        for found in imports()
        if package_of(found.source) == "autograd" != package_of(found.target) and not is_excepted(found)
    ]
    assert not upward, upward


def test_nn_and_visualize_never_import_each_other() -> None:
    sideways = [
        str(found)
        for found in imports()
        if {package_of(found.source), package_of(found.target)} == {"nn", "visualize"} and not is_excepted(found)
    ]
    assert not sideways, sideways


def test_nn_and_visualize_use_only_public_names_of_the_engine() -> None:
    import autograd

    def is_public(found: Import) -> bool:
        part = part_of(found.target)
        if part:
            return part in PUBLIC_MODULES and not found.name.startswith("_")
        return not found.name or found.name in autograd.__all__

    private = [
        str(found)
        for found in imports()
        if package_of(found.source) != "autograd" == package_of(found.target) and not is_public(found)
    ]
    assert not private, private


def test_attributes_taken_from_the_engine_are_public_too() -> None:
    import autograd

    public = {*autograd.__all__, *PUBLIC_MODULES, "__all__", "__doc__", "__name__", "__version__"}
    private = [
        f"{module}, line {node.lineno}: autograd.{node.attr}"
        for module, path in modules().items()
        if package_of(module) != "autograd"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "autograd"
        and node.attr not in public
    ]
    assert not private, private


def test_the_exceptions_are_lazy() -> None:
    eager = [str(found) for found in imports() if is_excepted(found) and not found.lazy]
    assert not eager, eager


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for found in imports():
        if not is_excepted(found) and found.source != found.target:
            graph[found.source].add(found.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]), pytrace=False)


# --- what an import pulls in ------------------------------------------------------------------------------------------

LOADED = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
for name in sys.argv[2:]:
    __import__(name)
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))
"""


def loaded_by(*names: str, flags: tuple[str, ...] = ("-I",)) -> set[str]:
    """The top-level modules outside the standard library that a fresh interpreter loads for these imports."""
    command = [sys.executable, *flags, "-W", "error", "-c", LOADED, str(ROOT), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_engine_loads_only_the_standard_library() -> None:
    assert loaded_by("autograd") == {"autograd"}


def test_the_engine_loads_where_nothing_is_installed() -> None:
    assert loaded_by("autograd", flags=("-I", "-S")) == {"autograd"}


def test_nn_and_visualize_load_no_extra() -> None:
    assert loaded_by("nn", "visualize") <= {*PACKAGES, "graphviz", "tqdm"}


# --- what the repository holds ----------------------------------------------------------------------------------------


def tracked_files() -> list[Path]:
    """What git tracks, relative to the root; a source archive without its history skips these tests."""
    if not (ROOT / ".git").exists():
        missing("git", "this is no git checkout")
    listing = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True).stdout
    return [Path(name) for name in listing.decode().split("\0") if name and (ROOT / name).is_file()]


def test_the_top_level_holds_only_what_is_allowed() -> None:
    tops = {path.parts[0] for path in tracked_files()}
    assert {top for top in tops if not top.startswith(".")} <= ALLOWED_AT_TOP


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    found = []
    for path in tracked_files():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [
            f"{path}, line {n}: {line.strip()[:100]}"
            for n, line in enumerate(text.splitlines(), 1)
            if MACHINE_PATH.search(line)
        ]
    assert not found, found


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("open('{}home/someone/x')", True),
        ("see {}tmp/a.svg", True),
        ("C:{1}Users{1}someone", True),
        ("https://example.org/home/x", False),
        ("src/tmp/x and a/b", False),
    ],
)
def test_the_pattern_tells_a_machine_path_from_others(text: str, caught: bool) -> None:
    assert bool(MACHINE_PATH.search(text.format("/", "\\"))) is caught
