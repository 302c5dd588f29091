"""What remembers which IDs are taken, and by which items.

A store of your own needs `next_suffix` alone. The two stores here also remember, for each item that has a name, the ID that
it was given, and never give an ID twice.
"""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any


class CollisionStore(ABC):
    """Counts how often each ID was asked for."""

    @abstractmethod
    def next_suffix(self, key: str) -> int:
        """How often `key` was asked for before: 0 the first time."""


class Assigning(CollisionStore):
    """A store that gives IDs to many items in one step."""

    @abstractmethod
    def assign(
        self, keys: Sequence[str], items: Sequence[str] | None, suffixes: Sequence[str] | None, sep: str
    ) -> list[str]:
        """An ID for each key that nothing else has: the key itself, or the key with a suffix.

        Args:
            keys: IDs before collisions were told apart.
            items: a name of each row's item; the same name gets the same ID. None: every row is an item of its own.
            suffixes: what is put behind a key that is taken; None: a number.
            sep: between the key and its suffix.
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
        self._counts: dict[str, int] = {}
        self._owners: dict[str, str] = {}
        self._taken: set[str] = set()

    def next_suffix(self, key: str) -> int:
        with self._lock:
            count = self._counts.get(key, 0)
            self._counts[key] = count + 1
            return count

    def assign(
        self, keys: Sequence[str], items: Sequence[str] | None, suffixes: Sequence[str] | None, sep: str
    ) -> list[str]:
        with self._lock:
            given = _give(keys, items, suffixes, sep, self._counts, self._owners, self._taken, lambda _: False)
            return [name for name, _, _ in given]

    def _write(self, store: SQLiteCollisionStore) -> None:
        """Everything that is held, into a store that is empty."""
        with self._lock, store._changing() as connection:
            named = {name: item for item, name in self._owners.items()}
            store._insert(connection, self._counts.items(), ((name, named.get(name)) for name in self._taken))

    def _read(self, store: SQLiteCollisionStore) -> None:
        with self._lock, closing(store._open()) as connection:
            self._counts = dict(connection.execute("SELECT key, count FROM collisions"))
            rows = connection.execute("SELECT id, item FROM semid_ids").fetchall()
            self._taken = {name for name, _ in rows}
            self._owners = {item: name for name, item in rows if item is not None}

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return {name: value.copy() for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()


class SQLiteCollisionStore(Assigning):
    """Holds everything in a SQLite file, which any number of processes may use at the same time.

    The table ``collisions`` is semantic-id's; the table ``semid_ids`` beside it holds the IDs that were given.
    A call is one transaction: all of its rows are in the file afterwards, or none.
    """

    def __init__(self, db_path: str = "collisions.db") -> None:
        self.db_path = db_path
        self._lock = threading.Lock()
        self._init_db()

    def _init_db(self) -> None:
        with self._changing() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS collisions (key TEXT PRIMARY KEY, count INTEGER DEFAULT 0)")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS semid_ids (id TEXT PRIMARY KEY, item TEXT UNIQUE) WITHOUT ROWID"
            )

    def _open(self) -> sqlite3.Connection:
        # Transactions are begun by hand. Another process may hold the file for as long as its call takes.
        connection = sqlite3.connect(self.db_path, timeout=60, isolation_level=None)
        connection.execute("PRAGMA cache_size = -65536")
        return connection

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with closing(self._open()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
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
        with self._lock, self._changing() as connection:
            row = connection.execute("SELECT count FROM collisions WHERE key = ?", (key,)).fetchone()
            count = 0 if row is None else int(row[0])
            self._insert(connection, [(key, count + 1)], [])
            return count

    def assign(
        self, keys: Sequence[str], items: Sequence[str] | None, suffixes: Sequence[str] | None, sep: str
    ) -> list[str]:
        if not keys:
            return []
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
        with closing(self._open()) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)

    def __getstate__(self) -> dict[str, Any]:
        return {"db_path": self.db_path}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.db_path = state["db_path"]
        self._lock = threading.Lock()


def _found(connection: sqlite3.Connection, query: str, values: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The rows of all values, some hundreds a query."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), 500):
        part = distinct[start : start + 500]
        yield from connection.execute(f"{query} IN ({','.join('?' * len(part))})", part)
