"""Writing a file whole or not at all: the one place where this project opens a file to write.

The content goes to a temporary file in the same folder, to the disk, and then under its name in one step; whoever
reads that name meanwhile, or after a crash, finds the old file or the new one and never half of one.
What does not live here: what is written.
"""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write ``content`` (text as UTF-8) to ``path`` atomically, and return the path.

    A file that stands there keeps its permissions, and a symbolic link stays one: its target is replaced.

    Raises:
        OSError: the folder does not exist, the disk is full, ...; ``path`` is then as it was.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder, "a.txt"), "∂").read_text(encoding="utf-8")
    '∂'
    """
    given = Path(path)
    target = Path(os.path.realpath(given))
    if target.is_dir():
        raise IsADirectoryError(f"cannot write {str(given)!r}: it is a folder; give the path of a file in it")
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=".part", dir=target.parent)
    except FileNotFoundError:
        raise FileNotFoundError(f"cannot write {str(given)!r}: there is no folder {str(target.parent)!r}") from None
    except OSError as error:
        error.filename = str(given)  # rather than the temporary name, of which nobody has heard
        raise
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, _permissions(target))
        os.replace(name, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(name)
        if isinstance(error, OSError) and error.filename is not None:
            raise type(error)(error.errno, error.strerror, str(given)) from None
        raise
    return given


def _permissions(target: Path) -> int:
    """Those of the file to be replaced, else those a new file gets."""
    with suppress(FileNotFoundError):
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
