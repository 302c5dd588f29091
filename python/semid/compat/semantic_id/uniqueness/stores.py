"""What remembers which IDs are taken, and by which items.

A store of your own needs `next_suffix` alone. The two stores here also remember, for each item that has a name, the ID that
it was given, and never give an ID twice.
"""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
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


class _Ledger:
    """Counts, taken IDs and items' IDs, as far as one call needs them; and what the call added."""

    def __init__(self, counts: dict[str, int], owners: dict[str, str]) -> None:
        self.counts, self.owners = counts, owners
        self.new: list[tuple[str, str | None]] = []

    def is_taken(self, name: str) -> bool:
        raise NotImplementedError

    def take(self, name: str, item: str | None) -> None:
        raise NotImplementedError

    def assign(
        self, keys: Sequence[str], items: Sequence[str] | None, suffixes: Sequence[str] | None, sep: str
    ) -> list[str]:
        result = []
        for row, key in enumerate(keys):
            item = None if items is None else items[row]
            known = None if item is None else self.owners.get(item)
            if known is not None:
                result.append(known)
                continue
            count = self.counts.get(key, 0)
            name = key if count == 0 else key + sep + (str(count) if suffixes is None else suffixes[row])
            while self.is_taken(name):
                count += 1
                # With an item's own suffix, the number comes last.
                name = key + sep + (str(count) if suffixes is None else f"{suffixes[row]}{sep}{count}")
            self.counts[key] = count + 1
            self.take(name, item)
            if item is not None:
                self.owners[item] = name
            result.append(name)
        return result


class _MemoryLedger(_Ledger):
    def __init__(self, counts: dict[str, int], owners: dict[str, str], taken: set[str]) -> None:
        super().__init__(counts, owners)
        self.taken = taken

    def is_taken(self, name: str) -> bool:
        return name in self.taken

    def take(self, name: str, item: str | None) -> None:
        self.taken.add(name)


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
            return _MemoryLedger(self._counts, self._owners, self._taken).assign(keys, items, suffixes, sep)

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
        return sqlite3.connect(self.db_path, timeout=60, isolation_level=None)

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
            ledger = _FileLedger(counts, owners, connection)
            before = dict(counts)
            result = ledger.assign(keys, items, suffixes, sep)
            changed = [(key, count) for key, count in counts.items() if before.get(key) != count]
            self._insert(connection, changed, ledger.new)
            return result

    def _copy(self, path: str) -> None:
        """A copy of the whole file, also while others write to it."""
        with closing(self._open()) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)

    def __getstate__(self) -> dict[str, Any]:
        return {"db_path": self.db_path}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.db_path = state["db_path"]
        self._lock = threading.Lock()


class _FileLedger(_Ledger):
    def __init__(self, counts: dict[str, int], owners: dict[str, str], connection: sqlite3.Connection) -> None:
        super().__init__(counts, owners)
        self.connection = connection
        self.taken: set[str] = set()

    def is_taken(self, name: str) -> bool:
        return name in self.taken or (
            self.connection.execute("SELECT 1 FROM semid_ids WHERE id = ?", (name,)).fetchone() is not None
        )

    def take(self, name: str, item: str | None) -> None:
        self.taken.add(name)
        self.new.append((name, item))


def _found(connection: sqlite3.Connection, query: str, values: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The rows of all values, some hundreds a query."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), 500):
        part = distinct[start : start + 500]
        yield from connection.execute(f"{query} IN ({','.join('?' * len(part))})", part)
