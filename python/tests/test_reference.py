"""Every public name has a docstring, and every parameter of it is described."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import semid

#: Modules whose public names users call. Those of semantic-id's interface follow that package's names.
MODULES = ["semid", "semid.torch", "semid.transformers", "semid.compat.semantic_id", "semid.compat.semantic_id.utils.metrics"]


def public(module: str) -> Iterator[tuple[str, Any, str]]:
    """Names, what they are, and the docstring of the class around them."""
    try:
        found = importlib.import_module(module)
    except ImportError:
        pytest.skip(f"{module} needs what is not installed")
    names = getattr(found, "__all__", None) or [name for name in vars(found) if not name.startswith("_")]
    for name in names:
        value = getattr(found, name)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        # What a module has of others is theirs.
        own = getattr(value, "__module__", "")
        if not own.startswith("semid") or (module.endswith("metrics") and own != module):
            continue
        yield f"{module}.{name}", value, ""
        if inspect.isclass(value):
            yield from members(f"{module}.{name}", value)


def members(place: str, kind: type) -> Iterator[tuple[str, Any, str]]:
    for base in reversed(kind.__mro__):
        if not base.__module__.startswith("semid"):
            continue
        for name, value in vars(base).items():
            inner = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
            if isinstance(inner, property):
                if not name.startswith("_"):
                    yield f"{place}.{name}", inner, ""
            elif inspect.isfunction(inner) and (name == "__init__" or not name.startswith("_")):
                # Objects that calls return are made by nobody else; the members of dataclasses have comments of their own.
                if name == "__init__" and (dataclasses.is_dataclass(kind) or kind in (semid.Filter, semid.Index)):
                    continue
                if base is kind or name != "__init__":
                    yield f"{place}.{name}", inner, inspect.getdoc(kind) or ""


def described(doc: str) -> set[str]:
    """Parameters that a docstring describes: in its list of arguments, or by their name in backticks."""
    found = set(re.findall(r"`(\w+)`", doc))
    for section in re.findall(r"^(?:Args|Keyword arguments|Attributes):\n((?:[ \t]+.*\n?|\n)+)", doc, re.MULTILINE):
        lines = section.split("\n")
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        for line in lines:
            if line.strip() and len(line) - len(line.lstrip()) == indent:
                names = line.split(":", 1)[0]
                found.update(name.strip().lstrip("*") for name in names.split(","))
    return found


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_is_described(module: str) -> None:
    missing = []
    seen = 0
    # The package's docstring describes what means the same everywhere.
    root = "semid.compat.semantic_id" if "compat" in module else "semid"
    common = described(importlib.import_module(root).__doc__ or "")
    for place, value, around in public(module):
        seen += 1
        doc = inspect.getdoc(value) or ""
        is_init = place.endswith(".__init__")
        if not doc.strip() and not is_init:
            missing.append(f"{place}: no docstring")
            continue
        if inspect.isclass(value) or isinstance(value, property):
            continue
        # A class says what its methods have in common.
        known = described(doc) | common | described(around)
        for name in inspect.signature(value).parameters:
            if name not in {"self", "cls"} | known:
                missing.append(f"{place}: {name} is not described")
    assert seen > 1
    assert not missing, "\n" + "\n".join(sorted(set(missing)))


def test_the_check_sees_what_is_missing() -> None:
    assert described("Does it.\n\nArgs:\n    one: this.\n        two: no name, but a line of it.\n    three, four: both.\n\nReturns:\n    five: not this.\n") == {"one", "three", "four"}
    assert described("Takes `six` as it is.") == {"six"}


def test_all_that_is_exported_is_there() -> None:
    for module in MODULES[:1]:
        for name in importlib.import_module(module).__all__:
            assert hasattr(semid, name)
