"""Refuses HIPS/autograd, where that is what ``import autograd`` finds; no more than that lives here.

Beside an editable installation it stands before the engine on the path, and the engine's own refusal never runs.
"""

try:
    from autograd import AutogradError
except ImportError as error:
    if error.name != "autograd" or isinstance(error, ModuleNotFoundError):
        raise
    raise ImportError(
        "nn stands on chainrule's engine, but another package has its import name, HIPS/autograd most likely "
        f"({error}). Mend it with: python -m pip uninstall -y autograd && python -m pip install --force-reinstall "
        "--no-deps chainrule (in a checkout, -e . in place of chainrule); or use the two in separate virtual "
        "environments"
    ) from error

ENGINE = AutogradError.__module__
"""Where the engine was found."""
