"""What a server answers, as values. Fields that a later server adds are passed over."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from .errors import ServerError

Value = TypeVar("Value")
Float32 = npt.NDArray[np.float32]
#: The values of an item's attributes: text, a number, a truth value, a time as text, or a list of texts.
Attributes = dict[str, Any]


@dataclass(frozen=True)
class BareItem:
    """An item by its id."""

    item: str
    #: Where the server was given titles.
    title: str | None = None
    #: Where they were asked for.
    attributes: Attributes | None = None


@dataclass(frozen=True)
class Hit:
    """An item that was found."""

    item: str
    #: Such as ``<a_12><b_4><c_9>``.
    semantic_id: str
    codes: tuple[int, ...]
    #: Squared distance, 1 − cosine, or the negative inner product. Of a rule that goes by codewords, the squared distance
    #: of the codewords. None where nothing was compared.
    distance: float | None = None
    title: str | None = None
    attributes: Attributes | None = None
    #: Where vectors were asked for.
    vector: Float32 | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Explanation:
    """What a search did."""

    #: ``scan``, ``direct``, ``exact``, ``lookup`` or ``expansion``.
    path: str
    #: Items whose distance was estimated, whose vector in bytes was compared, and whose vector was compared exactly.
    scanned: int | None = None
    sifted: int | None = None
    reranked: int | None = None
    #: Whether the scan ended before it had met every item.
    budget_exhausted: bool | None = None
    #: Items that the filter allows.
    allowed: int | None = None
    query_semantic_id: str | None = None
    segments: int | None = None
    #: Seconds of each part of the work.
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Hits:
    """The items found, nearest first; those of an ID or a prefix in ID order."""

    hits: tuple[Hit, ...]
    #: Of an ID or a prefix, the number of its items.
    total: int | None = None
    explain: Explanation | None = None

    @property
    def items(self) -> list[str]:
        """The ids of the items."""
        return [hit.item for hit in self.hits]

    @property
    def distances(self) -> Float32:
        """One distance per hit; NaN where nothing was compared."""
        return np.array([np.nan if hit.distance is None else hit.distance for hit in self.hits], np.float32)


@dataclass(frozen=True)
class CandidateEntry:
    """An ID around the one that was asked for, with its items."""

    semantic_id: str
    codes: tuple[int, ...]
    #: Levels in common from the first on.
    prefix: int
    #: Levels that differ.
    differing: int
    items: tuple[BareItem, ...]
    #: Squared distance of the codewords that differ; None for a rule that does not go by codewords.
    distance: float | None = None


@dataclass(frozen=True)
class Candidates:
    """IDs in the order of the rule."""

    entries: tuple[CandidateEntry, ...]
    #: Items of all entries.
    count: int
    #: Whether an item has the ID that was asked for.
    is_in_catalogue: bool
    #: Whether there are more.
    budget_exhausted: bool


@dataclass(frozen=True)
class Recall:
    """Recall of a search against exact search."""

    #: Mean share of the k nearest that a search finds.
    recall: float
    sample: int
    k: int
    #: Of one search, and of one exact search.
    search_seconds: float
    exact_seconds: float


@dataclass(frozen=True)
class EncodedID:
    """What the index's model says of a vector or a text."""

    semantic_id: str
    codes: tuple[int, ...]
    #: Items of the index with this ID.
    items: int


@dataclass(frozen=True)
class Level:
    """A level of an ID or prefix."""

    #: From 1.
    level: int
    code: int
    #: The prefix up to this level.
    prefix: str
    #: Items with this prefix.
    items: int
    #: Codes that follow; at the last level 0.
    children: int
    #: Words of the items' titles that tell them from the others, where the server was given titles.
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """An item of the index."""

    item: str
    semantic_id: str
    codes: tuple[int, ...]
    levels: tuple[Level, ...]
    attributes: Attributes
    title: str | None = None
    #: Where it was asked for.
    vector: Float32 | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ItemsOfID:
    """A page of the items of an ID."""

    items: tuple[Hit, ...]
    #: Number of all items of the ID.
    total: int


@dataclass(frozen=True)
class TreeChild:
    """A child of a prefix."""

    code: int
    prefix: str
    items: int
    children: int
    #: Up to three items.
    examples: tuple[BareItem, ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    """A prefix and its children."""

    #: Empty for the root.
    prefix: str
    #: Levels of the prefix.
    level: int
    #: Items with this prefix.
    items: int
    #: The levels of the prefix.
    path: tuple[Level, ...]
    children: tuple[TreeChild, ...]
    #: Number of children; of a whole ID, of its items.
    total: int
    #: Of a whole ID, its items.
    members: tuple[BareItem, ...] = ()


@dataclass(frozen=True)
class Update:
    """What a change did."""

    added: int
    replaced: int
    deleted: int
    #: Ids to delete that no item had.
    unknown: int
    #: Items of the index afterwards.
    items: int
    segments: int


@dataclass(frozen=True)
class AttributeInfo:
    """An attribute of an index."""

    name: str
    #: ``string``, ``integer``, ``float``, ``boolean``, ``time`` or ``list``.
    type: str


@dataclass(frozen=True)
class IndexInfo:
    """What an index is."""

    name: str
    items: int
    levels: int
    level_sizes: tuple[int, ...]
    #: ``l2``, ``cosine`` or ``ip``.
    metric: str
    #: Of the vectors; 0 where there are none.
    dimension: int
    attributes: tuple[AttributeInfo, ...]
    segments: int
    #: Deleted items that still take space.
    deleted: int
    #: Names the state: it changes with every update and reload.
    generation: str
    has_vectors: bool
    has_ids: bool
    #: Whether vectors can be encoded.
    has_model: bool
    #: Whether texts can be searched for.
    has_encoder: bool
    has_titles: bool
    writable: bool
    rolled_back: bool
    can_roll_back: bool
    #: Bytes of the index's files.
    bytes: int | None = None
    #: Fingerprint of the model that made the codes.
    model: str | None = None


@dataclass(frozen=True)
class ResolvedID:
    """A semantic ID in a generated text."""

    #: As it stands in the text.
    text: str
    #: In bytes of UTF-8.
    start: int
    end: int
    #: ``valid``, ``unknownPrefix``, ``incomplete`` or ``malformed``.
    kind: str
    repaired: bool
    items: tuple[BareItem, ...]
    #: Number of items of the ID.
    total: int
    #: The level, from 1, at which it departs from all IDs.
    level: int | None = None
    semantic_id: str | None = None


@dataclass(frozen=True)
class Point:
    """An item on the map of the catalogue."""

    item: str
    #: Of the first level.
    code: int
    x: float
    y: float
    title: str | None = None


@dataclass(frozen=True)
class Map:
    """The catalogue in two dimensions."""

    points: tuple[Point, ...]
    #: Items of the index.
    total: int


# ---- Reading them ----


def reading(url: str, body: Any, read: Callable[[Any], Value]) -> Value:
    """A value out of an answer's `result`, or a fault that says that the answer is not one."""
    try:
        return read(body["result"])
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise ServerError(
            status=200, kind="malformed", source=url, expected="an answer of semid serve",
            found=f"{type(error).__name__}: {error}", remedy="are client and server of one version?",
        ) from None


def _vector(value: Any) -> Float32 | None:
    return None if value is None else np.array(value, np.float32)


def bare_item(value: Any) -> BareItem:
    return BareItem(str(value["item"]), value.get("title"), value.get("attributes"))


def hit(value: Any) -> Hit:
    return Hit(
        str(value["item"]), str(value["semantic_id"]), tuple(value["codes"]), value.get("distance"), value.get("title"),
        value.get("attributes"), _vector(value.get("vector")),
    )


def hits(value: Any) -> Hits:
    told = value.get("explain")
    explain = None
    if told is not None:
        explain = Explanation(
            str(told["path"]), told.get("scanned"), told.get("sifted"), told.get("reranked"),
            told.get("budget_exhausted"), told.get("allowed"), told.get("query_semantic_id"), told.get("segments"),
            told.get("seconds") or {},
        )
    return Hits(tuple(hit(entry) for entry in value["hits"]), value.get("total"), explain)


def candidates(value: Any) -> Candidates:
    return Candidates(
        tuple(
            CandidateEntry(
                str(entry["semantic_id"]), tuple(entry["codes"]), int(entry["prefix"]), int(entry["differing"]),
                tuple(bare_item(item) for item in entry["items"]), entry.get("distance"),
            )
            for entry in value["entries"]
        ),
        int(value["count"]), bool(value["is_in_catalogue"]), bool(value["budget_exhausted"]),
    )


def recall(value: Any) -> Recall:
    return Recall(
        float(value["recall"]), int(value["sample"]), int(value["k"]), float(value["search_seconds"]),
        float(value["exact_seconds"]),
    )


def encoded_ids(value: Any) -> list[EncodedID]:
    return [EncodedID(str(entry["semantic_id"]), tuple(entry["codes"]), int(entry["items"])) for entry in value]


def vectors(value: Any) -> Float32:
    return np.array(value, np.float32).reshape(len(value), -1)


def level(value: Any) -> Level:
    return Level(
        int(value["level"]), int(value["code"]), str(value["prefix"]), int(value["items"]), int(value["children"]),
        tuple(value.get("words") or ()),
    )


def item(value: Any) -> Item:
    return Item(
        str(value["item"]), str(value["semantic_id"]), tuple(value["codes"]),
        tuple(level(entry) for entry in value["levels"]), dict(value["attributes"]), value.get("title"),
        _vector(value.get("vector")),
    )


def items_of_id(value: Any) -> ItemsOfID:
    return ItemsOfID(tuple(hit(entry) for entry in value["items"]), int(value["total"]))


def tree(value: Any) -> Tree:
    return Tree(
        str(value["prefix"]), int(value["level"]), int(value["items"]),
        tuple(level(entry) for entry in value["path"]),
        tuple(
            TreeChild(
                int(child["code"]), str(child["prefix"]), int(child["items"]), int(child["children"]),
                tuple(bare_item(entry) for entry in child["examples"]), tuple(child.get("words") or ()),
            )
            for child in value["children"]
        ),
        int(value["total"]), tuple(bare_item(entry) for entry in value.get("members") or ()),
    )


def update(value: Any) -> Update:
    return Update(*(int(value[name]) for name in ("added", "replaced", "deleted", "unknown", "items", "segments")))


def index_info(value: Any) -> IndexInfo:
    return IndexInfo(
        name=str(value["name"]), items=int(value["items"]), levels=int(value["levels"]),
        level_sizes=tuple(int(size) for size in value["level_sizes"]), metric=str(value["metric"]),
        dimension=int(value["dimension"]),
        attributes=tuple(AttributeInfo(str(entry["name"]), str(entry["type"])) for entry in value["attributes"]),
        segments=int(value["segments"]), deleted=int(value["deleted"]), generation=str(value["generation"]),
        has_vectors=bool(value["has_vectors"]), has_ids=bool(value["has_ids"]), has_model=bool(value["has_model"]),
        has_encoder=bool(value["has_encoder"]), has_titles=bool(value["has_titles"]), writable=bool(value["writable"]),
        rolled_back=bool(value["rolled_back"]), can_roll_back=bool(value["can_roll_back"]), bytes=value.get("bytes"),
        model=value.get("model"),
    )


def index_list(value: Any) -> list[IndexInfo]:
    return [index_info(entry) for entry in value["indexes"]]


def resolved_ids(value: Any) -> list[ResolvedID]:
    return [
        ResolvedID(
            str(entry["text"]), int(entry["start"]), int(entry["end"]), str(entry["kind"]), bool(entry["repaired"]),
            tuple(bare_item(item) for item in entry["items"]), int(entry["total"]), entry.get("level"),
            entry.get("semantic_id"),
        )
        for entry in value
    ]


def catalogue_map(value: Any) -> Map:
    return Map(
        tuple(
            Point(str(entry["item"]), int(entry["code"]), float(entry["x"]), float(entry["y"]), entry.get("title"))
            for entry in value["points"]
        ),
        int(value["total"]),
    )


def words(value: Any, columns: int) -> npt.NDArray[np.int32]:
    """The rows of a mask, out of base64."""
    flat = np.frombuffer(base64.b64decode(value, validate=True), "<i4")
    return flat.reshape(-1, columns).astype(np.int32)
