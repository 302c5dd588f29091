"""Corpora that language models are trained on, as the verbs of ``semid corpus`` write them.

>>> semid.corpora.sequences("sequences", codes=codes, ids=ids, interactions=events, tokenizer=model)

A table is a dict of columns, a pandas or polars frame, an Arrow table, or the path of a file: .csv, .tsv, .jsonl, .json,
the same as .gz, or .parquet and folders of such, which pyarrow reads. Columns are found by the names that the command knows.

Options of all corpora:

- Interactions: `interactions`, a table with a user, an item and a time a row (``user_id``, ``item_id``, ``timestamp``), and
  `split` (``last``, ``time`` or ``none``), `valid_share`, `test_share`; or `train`, `valid` and `test`, tables that are split
  already; or `prepared`, a directory that ``semid prepare`` wrote. `user_column`, `item_column`, `time_column` (``none``: rows
  are in the order of time), `repeats` (``first`` or ``keep``).
- Items: `codes`, an array N × L with `ids`, or a table of them; `codes_columns`, `codes_ids`; `codebook_size`, a number or one
  a level, or `tokenizer`, the model or its path; `spelling` (``levels``, ``openonerec``, ``offset``, ``rectokens`` or a pattern),
  `begin`, `end`, `specials`.
- Windows, not of `lc_rec`: `max_history`, `min_history`, `stride`, `last_target_only`.
- Texts, not of `sequences`: `items`, a table of titles and more; `items_ids`, `items_titles`, `text_tokenizer` (whose special
  tokens are broken up in texts), `html_entities`.
- Rows, of `instructions` and `pretrain`: `tasks`, weights by task; `templates`, a path; `seed`, `shuffle`, `separator`,
  `title_separator`, `shard_rows`, `audit`, `hide_held_out_texts`.

Every function returns the manifest. Files are those of the command, byte by byte; the manifest names the files that were
read, and no tables in memory.
"""

from __future__ import annotations

import ctypes as c
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import _arrays as arrays
from . import _library as library
from ._library import Progress
from .errors import InputError
from .tokenizers import Tokenizer, load

__all__ = ["instructions", "lc_rec", "mini_onerec", "pretrain", "sequences"]

Table = Any

_INTERACTIONS = {
    "split": "split", "valid_share": "validShare", "test_share": "testShare", "user_column": "userColumn",
    "item_column": "itemColumn", "time_column": "timeColumn", "repeats": "repeats",
}
_ITEMS = {
    "codes_columns": "codesColumns", "codes_ids": "codesIDs", "spelling": "spelling", "begin": "begin", "end": "end",
    "specials": "specials",
}
_WINDOWS = {
    "max_history": "maxHistory", "min_history": "minHistory", "stride": "stride", "last_target_only": "lastTargetOnly",
}
_TEXTS = {"items_ids": "itemsIDs", "items_titles": "itemsTitles", "html_entities": "htmlEntities"}
_ROWS = {
    "tasks": "tasks", "seed": "seed", "shuffle": "shuffle", "separator": "separator", "title_separator": "titleSeparator",
    "shard_rows": "shardRows", "audit": "audit", "hide_held_out_texts": "hideHeldOutTexts",
}
#: Options that are tables or paths, by what they need of the groups below.
_SPECIAL = {
    "interactions": {"interactions", "train", "valid", "test", "prepared"},
    "items": {"codes", "ids", "codebook_size", "tokenizer"},
    "texts": {"items", "text_tokenizer"},
    "rows": {"templates"},
}
_GROUPS = {"interactions": _INTERACTIONS, "items": _ITEMS, "windows": _WINDOWS, "texts": _TEXTS, "rows": _ROWS}


def sequences(
    path: str | os.PathLike[str],
    *,
    form: str = "jsonl",
    held_out: str = "targets",
    separator: str = "",
    first_id: int = 0,
    shard_rows: int | None = None,
    audit: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Histories and the item that comes next, as ``semid corpus sequences`` writes them.

    Args:
        path: the directory, which is written whole or not at all.
        form: ``jsonl``, ``parquet`` (not in this package's engine), ``npz`` or ``bin``.
        held_out: of `bin`, what validation and test hold: ``targets`` or ``history``.
        separator: between the IDs of a history, in text.
        first_id: id of code 0 of level 0, in integers.
        shard_rows: the most rows of a file of text; None for one file a part.
        audit: hold training rows against held-out targets; a leak is an error.
        progress: called with a dict now and then. An exception that it raises ends the writing, and so does Ctrl-C.
        options: interactions, items and windows: see the module.
    """
    own = {
        "form": form, "heldOut": held_out, "separator": separator, "firstID": first_id, "shardRows": shard_rows, "audit": audit,
    }
    return _write("sequences", path, own, options, ("interactions", "items", "windows"), threads, progress)


def instructions(
    path: str | os.PathLike[str],
    *,
    form: str = "messages",
    system: str | None = None,
    name_rows: bool = False,
    keep_shared_titles: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Prompts and their completions, as ``semid corpus instructions`` writes them.

    Args:
        form: ``messages``, ``prompt-completion`` or ``conversation``.
        system: what the model is told before every prompt.
        name_rows: add task, user_id and item_id to every row.
        keep_shared_titles: keep rows from a title to an ID where items with other IDs have the same title.
        options: interactions, items, windows, texts and rows: see the module.
    """
    own = {"form": form, "system": system, "nameRows": name_rows, "keepSharedTitles": keep_shared_titles}
    groups = ("interactions", "items", "windows", "texts", "rows")
    return _write("instructions", path, own, options, groups, threads, progress)


def pretrain(
    path: str | os.PathLike[str],
    *,
    held_out: str = "targets",
    threads: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Documents of items and histories, as ``semid corpus pretrain`` writes them.

    Args:
        held_out: what documents of validation and test hold: ``targets`` or ``history``.
        options: interactions, items, windows, texts and rows: see the module.
    """
    groups = ("interactions", "items", "windows", "texts", "rows")
    return _write("pretrain", path, {"heldOut": held_out}, options, groups, threads, progress)


def mini_onerec(
    path: str | os.PathLike[str],
    *,
    category: str,
    any_levels: bool = False,
    audit: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> dict[str, Any]:
    """The files that MiniOneRec's trainers open, as ``semid corpus mini-onerec`` writes them.

    Args:
        category: names the files.
        any_levels: write IDs of other than three levels, too.
        options: interactions, items, windows and texts: see the module.
    """
    own = {"category": category, "anyLevels": any_levels, "audit": audit}
    return _write("mini-onerec", path, own, options, ("interactions", "items", "windows", "texts"), threads, progress)


def lc_rec(
    path: str | os.PathLike[str],
    *,
    name: str,
    any_levels: bool = False,
    audit: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> dict[str, Any]:
    """The files that LC-Rec opens, as ``semid corpus lc-rec`` writes them.

    Args:
        name: of the data set, which names the files.
        any_levels: write IDs that its tests cannot generate, too.
        options: interactions, items and texts: see the module.
    """
    own = {"name": name, "anyLevels": any_levels, "audit": audit}
    return _write("lc-rec", path, own, options, ("interactions", "items", "texts"), threads, progress)


def _write(
    kind: str, path: str | os.PathLike[str], own: Mapping[str, Any], options: dict[str, Any], groups: Sequence[str],
    threads: int | None, progress: Progress | None,
) -> dict[str, Any]:
    known = {name for group in groups for name in (*_GROUPS[group], *_SPECIAL.get(group, ()))}
    for name in options:
        if name not in known:
            raise TypeError(f"{kind}: unknown option {name!r}; it has {', '.join(sorted(known))} and its own")
    given = {name: value for name, value in options.items() if value is not None}
    sources = _Sources()
    settings: dict[str, Any] = {key: value for key, value in own.items() if value is not None}
    for group in groups:
        chosen = {key: given[name] for name, key in _GROUPS[group].items() if name in given}
        settings[group] = chosen
    settings["interactions"].update(_interactions(given, sources))
    settings["items"].update(_codes(given, sources))
    if "texts" in groups:
        items = given.get("items")
        if items is None and "prepared" in given:
            there = Path(os.fspath(given["prepared"])) / "items.parquet"
            items = _joined(given["prepared"], "items.parquet") if there.exists() else None
        if items is not None:
            settings["texts"]["items"] = sources.add("items", items)
        if "text_tokenizer" in given:
            settings["texts"]["tokenizer"] = _path(given["text_tokenizer"], "text_tokenizer")
    if "rows" in groups and "templates" in given:
        settings["rows"]["templates"] = _path(given["templates"], "templates")
    text, count, array = library.options(settings), library.thread_count(threads), sources.array()

    def work(watch: library.Watch) -> dict[str, Any]:
        with library.result(
            "semid_corpus_write", library.text(kind), library.path_text(path), text, array, len(array), count, watch
        ) as result:
            found: dict[str, Any] = result.json()
            return found

    return library.watched(work, progress)


class _Sources:
    """The tables of a corpus that are in memory, under the names that its options have for them."""

    def __init__(self) -> None:
        self._structs: list[library.Source] = []
        self._kept: list[arrays.TableColumns] = []

    def add(self, name: str, table: Table) -> str:
        """What the options call the table: a path, or `name`."""
        recorded = None
        if isinstance(table, (str, os.PathLike)):
            path = _path(table, name)
            if not path.lower().endswith(".parquet") and not os.path.isdir(path):
                return path
            name, recorded, table = path, path, _read_parquet(path)
        columns = arrays.TableColumns(table, name)
        self._kept.append(columns)
        self._structs.append(
            library.Source(library.text(name), columns.array, columns.count, library.text(recorded))
        )
        return name

    def array(self) -> Any:
        return (library.Source * len(self._structs))(*self._structs)


def _interactions(given: Mapping[str, Any], sources: _Sources) -> dict[str, Any]:
    if "prepared" in given:
        if {"interactions", "train", "valid", "test"} & set(given):
            raise InputError(
                "prepared", expected="no train, valid, test or interactions beside it", found="one of them"
            )
        folder = given["prepared"]
        parts = {part: _joined(folder, f"{part}.parquet") for part in ("train", "valid", "test")}
        if not os.path.exists(parts["train"]):
            raise InputError(
                os.fspath(folder), kind="missing", expected="a directory that semid prepare wrote, with train.parquet",
                found="none",
            )
        return {part: sources.add(part, path) for part, path in parts.items() if os.path.exists(path)}
    found = {part: sources.add(part, given[part]) for part in ("train", "valid", "test") if part in given}
    if "interactions" in given:
        found["all"] = sources.add("interactions", given["interactions"])
    return found


def _codes(given: Mapping[str, Any], sources: _Sources) -> dict[str, Any]:
    found: dict[str, Any] = {}
    codes, ids = given.get("codes"), given.get("ids")
    if codes is None:
        raise InputError("codes", expected="codes of the items: an array, a table or a path", found="none")
    if isinstance(codes, (str, os.PathLike)):
        found["codes"] = sources.add("codes", codes)
        if ids is not None:
            found["ids"] = _path(ids, "ids")
    elif isinstance(codes, Mapping) or hasattr(codes, "columns") or hasattr(codes, "column_names"):
        if ids is not None:
            raise InputError("ids", expected="none beside a table of codes, which has them in a column", found="ids")
        found["codes"] = sources.add("codes", codes)
    else:
        rows = arrays.codes(codes)
        names = arrays.texts(ids).texts if ids is not None else [str(row) for row in range(len(rows))]
        if names is None or len(names) != len(rows):
            raise InputError(
                "ids", kind="mismatch", expected=f"{len(rows)}, one an item", found=str(len(names or []))
            )
        table: dict[str, Any] = {"item_id": list(names)}
        table.update({f"c{level + 1}": rows[:, level] for level in range(rows.shape[1])})
        found["codes"] = sources.add("codes", table)
    size, tokenizer = given.get("codebook_size"), given.get("tokenizer")
    if size is not None:
        sizes = [size] if isinstance(size, (int, np.integer)) and not isinstance(size, bool) else size
        found["codebookSize"] = [library.whole(one, "codebook_size", 1, 65_536) for one in sizes]
    if tokenizer is not None:
        if isinstance(tokenizer, Tokenizer):
            found["modelSizes"] = tokenizer.level_sizes
        else:
            with load(tokenizer) as model:
                found["modelSizes"] = model.level_sizes
    return found


def _path(value: Any, name: str) -> str:
    if not isinstance(value, (str, os.PathLike)) or isinstance(os.fspath(value), bytes):
        raise InputError(name, expected="a path", found=type(value).__name__)
    return str(os.fspath(value))


def _joined(folder: Any, name: str) -> str:
    return _path(folder, "prepared") + "/" + name


def _read_parquet(path: str) -> Any:
    """The columns of a file, or of a folder of files in the order of their names, that a corpus can use."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            path, kind="unsupported", expected="pyarrow, which reads .parquet", found="none",
            remedy="pip install pyarrow, or give the table as .csv or .jsonl",
        ) from None
    if os.path.isdir(path):
        files = sorted(file for file in os.listdir(path) if file.lower().endswith(".parquet") and file[0] not in "._")
        parts = [os.path.join(path, file) for file in files]
    else:
        parts = [path]
    try:
        if not parts:
            raise FileNotFoundError("no .parquet file in it")
        tables = [pyarrow.parquet.ParquetFile(part).read() for part in parts]
        table = pyarrow.concat_tables(tables)
    except (OSError, pyarrow.ArrowException) as error:
        kind = "missing" if isinstance(error, FileNotFoundError) else "malformed"
        raise InputError(path, kind=kind, expected="a readable .parquet file", found=str(error).splitlines()[0]) from None
    return table.select([field.name for field in table.schema if _is_used(field.type)])


def _is_used(kind: Any) -> bool:
    """Texts, numbers, times and lists of texts and whole numbers: vectors and structures are none of a corpus."""
    import pyarrow.types as types

    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_list(kind) or types.is_large_list(kind):
        kind = kind.value_type
        return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind))
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind) or types.is_floating(kind)
        or types.is_boolean(kind) or types.is_timestamp(kind) or types.is_date(kind)
    )
