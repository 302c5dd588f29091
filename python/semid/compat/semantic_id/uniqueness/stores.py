"""How often each ID was given out."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import closing


class CollisionStore(ABC):
    """Counts by ID."""

    @abstractmethod
    def next_suffix(self, key: str) -> int:
        """How often the ID was given out before; this time counts from now on."""

    def next_suffixes(self, keys: Sequence[str]) -> list[int]:
        """The same for many, in order."""
        return [self.next_suffix(key) for key in keys]


class InMemoryCollisionStore(CollisionStore):
    """Counts that last as long as the object."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def next_suffix(self, key: str) -> int:
        count = self._counts.get(key, 0)
        self._counts[key] = count + 1
        return count


class SQLiteCollisionStore(CollisionStore):
    """Counts in a SQLite file: ``collisions(key TEXT PRIMARY KEY, count INTEGER)``. A batch is one transaction."""

    def __init__(self, db_path: str = "collisions.db") -> None:
        self.db_path = db_path
        self._init_db()

    def _init_db(self) -> None:
        with closing(sqlite3.connect(self.db_path)) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS collisions (key TEXT PRIMARY KEY, count INTEGER DEFAULT 0)")

    def next_suffix(self, key: str) -> int:
        return self.next_suffixes([key])[0]

    def next_suffixes(self, keys: Sequence[str]) -> list[int]:
        distinct = list(dict.fromkeys(keys))
        with closing(sqlite3.connect(self.db_path, timeout=120, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                counts: dict[str, int] = {}
                for start in range(0, len(distinct), 500):
                    part = distinct[start : start + 500]
                    places = ",".join("?" * len(part))
                    counts.update(database.execute(f"SELECT key, count FROM collisions WHERE key IN ({places})", part))
                found = []
                for key in keys:
                    count = counts.get(key, 0)
                    found.append(count)
                    counts[key] = count + 1
                database.executemany(
                    "INSERT INTO collisions (key, count) VALUES (?, ?) "
                    "ON CONFLICT (key) DO UPDATE SET count = excluded.count",
                    [(key, counts[key]) for key in distinct],
                )
                database.execute("COMMIT")
            except BaseException:
                database.execute("ROLLBACK")
                raise
        return found
