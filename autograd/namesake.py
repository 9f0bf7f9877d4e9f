"""Refuses another package of the engine's name, found in its place or mixed with it; no more than that lives here.

HIPS/autograd installs the same import name. Run by the engine as it is imported, and, by their path, by the packages
that stand on it: where the other one is found, this module cannot be imported.
"""

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path


def refuse() -> None:
    """Look at what is installed, and at what is imported.

    Raises:
        ImportError: another distribution named autograd is installed, or another package of that name is found first.
    """
    ours = Path(__file__).with_name("__init__.py")
    found = getattr(find_spec("autograd"), "origin", None)
    beside = found is not None and Path(found).resolve() == ours.resolve()
    shadow = "" if beside else f"`import autograd` finds {found}. "
    try:
        version = metadata.version("autograd")
    except metadata.PackageNotFoundError:
        if shadow:
            raise ImportError(
                f"{shadow}Rename it: chainrule's engine is {ours}, and has the same import name"
            ) from None
        return
    raise ImportError(
        f"{shadow}The distribution 'autograd' {version} (HIPS/autograd) is installed here, and it has the same import "
        "name as chainrule's engine. Mend it with: python -m pip uninstall -y autograd && python -m pip install "
        "--force-reinstall --no-deps chainrule (in a checkout, -e . in place of chainrule); or use the two in separate "
        "virtual environments"
    )


refuse()
