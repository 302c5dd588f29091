"""What remembers which IDs are taken, and by which items.

A store of your own needs `next_suffix` alone. The two stores here also remember, for each item that has a name, the ID that
it was given, and never give an ID twice.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import urllib.parse
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

import semid

from ..exceptions import SemanticIdError

#: Between a key and the name of its item, in a file; a control character that no ID has.
_JOINT = "\x1f"


class CollisionStore(ABC):
    """Counts how often each ID was asked for."""

    @abstractmethod
    def next_suffix(self, key: str) -> int:
        """How often `key` was asked for before: 0 the first time."""


class Assigning(CollisionStore):
    """A store that gives IDs to many items in one step."""

    @abstractmethod
    def assign(
        self, keys: Sequence[str], items: Sequence[str] | None, suffixes: Sequence[str] | None, sep: str,
        known_as: Sequence[str] | None = None,
    ) -> list[str]:
        """An ID for each key that nothing else has: the key itself, or the key with a suffix.

        Args:
            keys: IDs before collisions were told apart.
            items: a name of each row's item; the same name with the same key gets the same ID. None: every row is an item of its
                own.
            suffixes: what is put behind a key that is taken; None: a number.
            sep: between the key and its suffix.
            known_as: the keys with which items are known; `keys` by default.
        """


def _give(
    keys: Sequence[str],
    items: Sequence[str] | None,
    suffixes: Sequence[str] | None,
    sep: str,
    counts: dict[str, int],
    owners: dict[str, str],
    taken: set[str],
    is_taken: Callable[[str], bool],
) -> Iterator[tuple[str, str | None, bool]]:
    """The ID of each row, the item that has it, and whether it is new. Keeps counts, owners and taken IDs up to date.

    Args:
        is_taken: asked for names that are not in `taken`.
    """
    for row, key in enumerate(keys):
        item = None if items is None else items[row]
        if item is not None and (known := owners.get(item)) is not None:
            yield known, item, False
            continue
        count = counts.get(key, 0)
        name = key if count == 0 else key + sep + (str(count) if suffixes is None else suffixes[row])
        while name in taken or is_taken(name):
            count += 1
            # With an item's own suffix, the number comes last.
            name = key + sep + (str(count) if suffixes is None else f"{suffixes[row]}{sep}{count}")
        counts[key] = count + 1
        taken.add(name)
        if item is not None:
            owners[item] = name
        yield name, item, True


class InMemoryCollisionStore(Assigning):
    """Holds everything in memory; `SemanticIdEngine.save` writes it out, and `load` brings it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: How often each key was asked for. The key itself is taken, as a name, from the first time on.
        self._counts: dict[str, int] = {}
        #: Names that are taken and no key.
        self._taken: set[str] = set()
        #: The first key that each item had, and the name that it got for it; and what it got for other keys.
        self._keys: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._others: dict[tuple[str, str], str] = {}

    def next_suffix(self, key: str) -> int:
        """How often `key` was asked for before: 0 the first time."""
        with self._lock:
            count = self._counts.get(key, 0)
            self._counts[key] = count + 1
            return count

    def assign(
        self, keys: Sequence[str], items: Sequence[str] | None, suffixes: Sequence[str] | None, sep: str,
        known_as: Sequence[str] | None = None,
    ) -> list[str]:
        """An ID for each key that nothing else has: see `Assigning.assign`, which says what `keys`, `items`, `suffixes`,
        `sep` and `known_as` are."""
        with self._lock:
            if items is None:
                return self._give(keys, suffixes, sep)
            own = keys if known_as is None else known_as
            fresh = dict(zip(items, own, strict=True))
            if len(fresh) == len(items) and self._keys.keys().isdisjoint(fresh.keys()):
                # All items are new: no row has to look for its own.
                names = self._give(keys, suffixes, sep)
                if self._keys:
                    self._keys.update(fresh)
                else:
                    self._keys = fresh
                self._names.update(zip(items, names, strict=True))
                return names
            names = []
            for row, (key, item) in enumerate(zip(own, items, strict=True)):
                known = self._known(key, item)
                if known is None:
                    (known,) = self._give([keys[row]], None if suffixes is None else [suffixes[row]], sep)
                    self._bind(key, item, known)
                names.append(known)
            return names

    def _known(self, key: str, item: str) -> str | None:
        """The name that the item has for this key."""
        return self._names[item] if self._keys.get(item) == key else self._others.get((key, item))

    def _bind(self, key: str, item: str, name: str) -> None:
        if item in self._keys:
            self._others[key, item] = name
        else:
            self._keys[item], self._names[item] = key, name

    def _give(self, keys: Sequence[str], suffixes: Sequence[str] | None, sep: str) -> list[str]:
        """A name for each row that nothing has, by the rule of `_give`."""
        counts, taken = self._counts, self._taken
        result: list[str] = []
        count_of, append, take = counts.get, result.append, taken.add
        parts: Iterable[Any] = repeat(None) if suffixes is None else suffixes
        for key, suffix in zip(keys, parts, strict=False):
            count = count_of(key, 0)
            if count == 0 and key not in taken:
                counts[key] = 1
                append(key)
                continue
            name = key + sep + (str(count) if suffix is None else suffix)
            # With an item's own suffix, the number comes last.
            while count == 0 or name in taken or name in counts:
                count += 1
                name = key + sep + (str(count) if suffix is None else f"{suffix}{sep}{count}")
            counts[key] = count + 1
            take(name)
            append(name)
        return result

    def _write(self, store: SQLiteCollisionStore) -> None:
        """Everything that is held, into a store that is empty."""
        with self._lock, store._changing() as connection:
            own = {name: self._keys[item] + _JOINT + item for item, name in self._names.items()}
            own.update((name, key + _JOINT + item) for (key, item), name in self._others.items())
            names = self._taken.union(self._counts)
            store._insert(connection, self._counts.items(), ((name, own.get(name)) for name in names))

    def _read(self, store: SQLiteCollisionStore) -> None:
        """Everything that a store holds, in place of what was held."""
        with self._lock, store._connected() as connection:
            self._counts = dict(connection.execute("SELECT key, count FROM collisions"))
            rows = connection.execute("SELECT id, item FROM semid_ids").fetchall()
            self._taken = {name for name, _ in rows if name not in self._counts}
            self._keys, self._names, self._others = {}, {}, {}
            for name, own in rows:
                if own is not None:
                    key, _, item = own.partition(_JOINT)
                    self._bind(key, item, name)

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return {name: value.copy() for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()


class StoreError(SemanticIdError, semid.InputError, sqlite3.DatabaseError):
    """A file of a store that is not there, damaged, or no store; with `source`, `expected`, `found` and `remedy`."""


class SQLiteCollisionStore(Assigning):
    """Holds everything in a SQLite file, which any number of processes may use at the same time.

    The table ``collisions`` is semantic-id's; the table ``semid_ids`` beside it holds the IDs that were given.
    A call is one transaction: all of its rows are in the file afterwards, or none.

    Args:
        db_path: the file; made where there is none.
    """

    def __init__(self, db_path: str = "collisions.db") -> None:
        self.db_path = db_path
        self._lock = threading.Lock()
        with self._changing(creates=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS collisions (key TEXT PRIMARY KEY, count INTEGER DEFAULT 0)")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS semid_ids (id TEXT PRIMARY KEY, item TEXT UNIQUE) WITHOUT ROWID"
            )
            # Of a table that another program made, the columns may be others.
            connection.execute("SELECT key, count FROM collisions LIMIT 1")
            connection.execute("SELECT id, item FROM semid_ids LIMIT 1")

    @classmethod
    def _existing(cls, db_path: str) -> SQLiteCollisionStore:
        """A store that is there already.

        Raises:
            StoreError: it is not. A new one in its place would give IDs a second time.
        """
        if not os.path.exists(db_path):
            raise _missing(db_path)
        return cls(db_path)

    @contextmanager
    def _connected(self, creates: bool = False) -> Iterator[sqlite3.Connection]:
        path = os.fspath(self.db_path)
        if not creates and not os.path.exists(path):
            raise _missing(path)
        try:
            # Transactions are begun by hand. Another process may hold the file for as long as its call takes.
            mode = "rwc" if creates else "rw"
            address = f"file:{urllib.parse.quote(os.path.abspath(path))}?mode={mode}"
            with closing(sqlite3.connect(address, timeout=60, isolation_level=None, uri=True)) as connection:
                connection.execute("PRAGMA cache_size = -65536")
                yield connection
        except sqlite3.Error as error:
            if isinstance(error, StoreError):
                raise
            raise _fault(path, error) from error

    @contextmanager
    def _changing(self, creates: bool = False) -> Iterator[sqlite3.Connection]:
        with self._connected(creates) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                # A damaged file may have ended the transaction already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _insert(
        self, connection: sqlite3.Connection, counts: Iterable[tuple[str, int]], names: Iterable[tuple[str, str | None]]
    ) -> None:
        connection.executemany(
            "INSERT INTO collisions (key, count) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET count = excluded.count",
            counts,
        )
        connection.executemany("INSERT INTO semid_ids (id, item) VALUES (?, ?)", names)

    def next_suffix(self, key: str) -> int:
        """How often `key` was asked for before: 0 the first time."""
        with self._lock, self._changing() as connection:
            row = connection.execute("SELECT count FROM collisions WHERE key = ?", (key,)).fetchone()
            count = 0 if row is None else int(row[0])
            self._insert(connection, [(key, count + 1)], [])
            return count

    def assign(
        self, keys: Sequence[str], items: Sequence[str] | None, suffixes: Sequence[str] | None, sep: str,
        known_as: Sequence[str] | None = None,
    ) -> list[str]:
        """An ID for each key that nothing else has: see `Assigning.assign`, which says what `keys`, `items`, `suffixes`,
        `sep` and `known_as` are."""
        if not keys:
            return []
        if items is not None:
            items = [key + _JOINT + item for key, item in zip(known_as or keys, items, strict=True)]
        with self._lock, self._changing() as connection:
            counts = dict(_found(connection, "SELECT key, count FROM collisions WHERE key", keys))
            owners = {} if items is None else dict(_found(connection, "SELECT item, id FROM semid_ids WHERE item", items))
            before = dict(counts)
            is_first = connection.execute("SELECT 1 FROM semid_ids LIMIT 1").fetchone() is None
            # All keys are looked up at once; other names, which are few, one by one.
            looked_up = set(keys)
            taken: set[str] = set()
            if not is_first:
                taken.update(name for name, _ in _found(connection, "SELECT id, 1 FROM semid_ids WHERE id", keys))

            def is_taken(name: str) -> bool:
                if is_first or name in looked_up:
                    return False
                return connection.execute("SELECT 1 FROM semid_ids WHERE id = ?", (name,)).fetchone() is not None

            given = list(_give(keys, items, suffixes, sep, counts, owners, taken, is_taken))
            changed = [(key, count) for key, count in counts.items() if before.get(key) != count]
            # In order of the key, a B-tree is filled from one side to the other.
            self._insert(connection, sorted(changed), sorted((name, item) for name, item, is_new in given if is_new))
            return [name for name, _, _ in given]

    def _copy(self, path: str) -> None:
        """A copy of the whole file, also while others write to it."""
        with self._connected() as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)

    def __getstate__(self) -> dict[str, Any]:
        return {"db_path": self.db_path}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.db_path = state["db_path"]
        self._lock = threading.Lock()


def _missing(path: str) -> StoreError:
    return StoreError(
        path, kind="missing", expected="the store of the IDs that were given", found="no such file",
        remedy="bring the file back: a new store would give IDs a second time. Where nothing was given yet, make one: "
        "SQLiteCollisionStore(path)",
    )


def _fault(path: str, error: sqlite3.Error) -> StoreError:
    """What SQLite found wrong, with the file and what to do."""
    text = str(error)
    if isinstance(error, sqlite3.OperationalError):
        if "locked" in text:
            return StoreError(
                path, kind="io", expected="a store that nobody holds for longer than a minute", found=text,
                remedy="look for a program that holds it, and try again",
            )
        if "unable to open" in text:
            what = "a folder" if Path(path).is_dir() else text
            return StoreError(
                path, kind="io", expected="a file that can be read and written, or made", found=what,
                remedy="name a file in a folder of yours",
            )
        if "readonly" in text:
            return StoreError(
                path, kind="io", expected="a file that can be written", found="one that can only be read",
                remedy="give yourself the right to write to it and to its folder",
            )
    return StoreError(
        path, kind="malformed", expected="a store of unique IDs: SQLite with the tables collisions and semid_ids",
        found=text, remedy="restore the file from a copy, or name another; a new store gives IDs anew",
    )


def _found(connection: sqlite3.Connection, query: str, values: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The rows of all values, some hundreds a query."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), 500):
        part = distinct[start : start + 500]
        yield from connection.execute(f"{query} IN ({','.join('?' * len(part))})", part)
