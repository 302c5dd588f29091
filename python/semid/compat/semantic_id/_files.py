"""Directories in the package's form: each file is written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: The folder with the engine's own model, where the package's files cannot hold all of it.
EXACT = "semid"


def write(path: Path, body: Callable[[Path], object]) -> None:
    """Writes a file under another name in the same folder, then gives it its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(number)
    try:
        body(Path(name))
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, values: dict[str, Any]) -> None:
    text = json.dumps(values, indent=2)
    write(path, lambda file: file.write_text(text, encoding="utf-8"))


def read_json(path: Path, kind: str, keys: dict[str, type | tuple[type, ...]]) -> dict[str, Any]:
    """An object with these keys.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: it is not JSON, or a key is absent or of another type.
    """
    text = path.read_text(encoding="utf-8")
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON, found: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"{path}: expected an object, found {type(values).__name__}")
    for key, types in keys.items():
        if key not in values or not isinstance(values[key], types):
            raise ValueError(f"{path}: expected the metadata of {kind}, found {values.get(key, 'nothing')!r} for {key}")
    return values
