"""A client of ``semid serve``. It needs numpy and the standard library, and not the engine's own library.

>>> from semid.client import Client
>>> client = Client("http://127.0.0.1:8080")
>>> client.query(item="item-17", k=5).items
"""

from __future__ import annotations

import base64
import inspect
import json
import ssl
import struct
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, Union, cast

import numpy as np
import numpy.typing as npt

from . import answers
from ._transport import BINARY_TYPE, Reply, Transport, seconds
from .answers import (
    BareItem,
    CandidateEntry,
    Candidates,
    EncodedID,
    Hit,
    Hits,
    IndexInfo,
    Item,
    ItemsOfID,
    Map,
    Recall,
    ResolvedID,
    Tree,
    Update,
)
from .errors import InputError, SemidError, ServerError, UnreachableError

__all__ = [
    "BareItem",
    "Beams",
    "CandidateEntry",
    "Candidates",
    "Client",
    "EncodedID",
    "Hit",
    "Hits",
    "IndexInfo",
    "InputError",
    "Item",
    "ItemsOfID",
    "Map",
    "Recall",
    "RemoteConstraint",
    "ResolvedID",
    "SemidError",
    "ServerError",
    "Tree",
    "UnreachableError",
    "Update",
]

#: Anything that numpy makes an array of numbers of.
ArrayLike = npt.ArrayLike
#: ``"12-4-9"``, ``"<a_12><b_4><c_9>"``, or the codes.
SemanticID = Union[str, Sequence[int], npt.NDArray[np.integer[Any]]]
#: A condition as text, or an object of conditions (``must``, ``should``, ``must_not``).
Filter = Union[str, Mapping[str, Any]]
States = npt.NDArray[np.uint32]
Words = npt.NDArray[np.int32]
#: A tensor of the inference protocol: numbers, or texts.
Tensor = Union[npt.NDArray[Any], Sequence[str], Sequence[bytes]]

_Made = TypeVar("_Made", bound="Client")


class Client:
    """A server's indexes. Any number of threads may use it: each has a connection of its own, which is kept.

    Every method raises `ServerError` for a fault that the server answers with, `UnreachableError` where no answer comes,
    and `InputError` for an argument that cannot be sent.

    Requests that may be carried out twice are sent again: once after a kept connection turns out closed, and up to
    `retries` times after an answer 503 with ``Retry-After``, as long as the time allows it. `reload` and `rollback` are
    sent once.

    Args:
        url: of the server, such as ``https://search.example:8443``. A path before ``/v1`` may stand in it.
        token: sent as ``Authorization: Bearer``.
        index: the name of the index that is meant. By default the only one that the server has.
        timeout: seconds for a call, all attempts together. The server is told, and stops its own work then.
        retries: attempts after a 503.
        context: for TLS, such as ``ssl.create_default_context(cafile="ca.pem")``. By default the system's authorities
            are trusted.

    These mean the same in all methods:

    Keyword arguments:
        vector, vectors: one vector, or a row per query: numbers of the index's dimension. They are sent as 32-bit floats.
        item: the id of an item.
        text, texts: what the server's encoder turns into vectors; needs `--encoder`.
        semantic_id, semantic_ids: IDs, such as ``<a_3><b_9><c_1>`` or ``3-9-1``.
        prefix: the beginning of IDs; empty for the root of the tree.
        k: items wanted of a query.
        candidates: items that are compared exactly, best estimate first; 200 by default.
        scan: items that get an estimated distance; 32 times `candidates` by default.
        exact: whether every vector is compared.
        expand: the rule that widens an ID: ``exact``, ``prefix``, ``hamming:1``, ``per-level:4``, ``product:2``.
        budget: items wanted of all IDs together.
        filter: a condition as text, or an object of ``must``, ``should`` and ``must_not``.
        attributes: True for all, or their names; of items that are put: values by name, one per item.
        explain: whether the answer says what the search did.
        sample, seed: items whose vectors are searched for, and the seed of their choice.
        limit, offset: entries of a page, and those before it.
        timeout: seconds of this call; those of the client by default.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        index: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 2,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._transport = Transport(url, token, timeout, retries, context)
        self._index = index

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r}" + (f", index={self._index!r})" if self._index else ")")

    def __reduce__(self) -> tuple[Any, ...]:
        transport = self._transport
        return _restored, (
            type(self), transport.url, transport.token, self._index, transport.timeout, transport.retries,
            transport.context,
        )

    def __enter__(self: _Made) -> _Made:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections of all threads."""
        self._transport.close()

    @property
    def url(self) -> str:
        """Of the server."""
        return self._transport.url

    @property
    def index(self) -> str:
        """The name of the index that is meant. Asks the server where none was given."""
        if self._index is None:
            names = [info.name for info in self.indexes()]
            if len(names) != 1:
                raise InputError(
                    "index", expected="a name", found="none", remedy=f"{self.url} has {', '.join(names) or 'no index'}"
                )
            self._index = names[0]
        return self._index

    def with_index(self, name: str) -> Client:
        """A client of another index of the server, `name`, on the same connections."""
        made = Client.__new__(Client)
        made._transport, made._index = self._transport, name
        return made

    # ---- Requests ----

    def _path(self, *parts: str) -> str:
        return "/v1/indexes/" + "/".join(urllib.parse.quote(part, safe="") for part in (self.index, *parts))

    def _send(
        self, method: str, path: str, body: Any = None, *, timeout: float | None = None, told: bool = True,
        repeatable: bool = True, **query: Any,
    ) -> Reply:
        """Sends JSON.

        Args:
            told: whether the server takes a time as a parameter.
        """
        limit = self._transport.timeout if timeout is None else seconds(timeout)
        if told:
            query["timeout"] = f"{limit:g}"
        return self._transport.request(
            method, path, query=query, body=None if body is None else _json(body), timeout=limit, repeatable=repeatable
        )

    def _send_binary(self, path: str, body: bytes, timeout: float | None, **query: Any) -> Reply:
        limit = self._transport.timeout if timeout is None else seconds(timeout)
        return self._transport.request(
            "POST", path, query={**query, "timeout": f"{limit:g}"}, body=body, content_type=BINARY_TYPE, timeout=limit
        )

    # ---- The server ----

    def indexes(self) -> list[IndexInfo]:
        """The indexes that the server has."""
        reply = self._send("GET", "/v1/indexes", told=False)
        return answers.reading(reply.url, reply.json(), answers.index_list)

    def is_ready(self) -> bool:
        """Whether the server takes requests. False also where there is none."""
        try:
            self._transport.request("GET", "/readyz", accept="text/plain", repeatable=False)
        except (ServerError, UnreachableError):
            return False
        return True

    def metrics(self) -> str:
        """Metrics in the text format of Prometheus."""
        return self._transport.request("GET", "/metrics", accept="text/plain").body.decode()

    def openapi(self) -> dict[str, Any]:
        """The description of the interface: OpenAPI 3.1."""
        found: dict[str, Any] = self._send("GET", "/openapi.json", told=False).json()
        return found

    def info(self) -> IndexInfo:
        """What the index is."""
        reply = self._send("GET", self._path(), told=False)
        return answers.reading(reply.url, reply.json(), answers.index_info)

    # ---- Search ----

    def query(
        self,
        vector: ArrayLike | None = None,
        *,
        item: str | None = None,
        text: str | None = None,
        semantic_id: SemanticID | None = None,
        prefix: SemanticID | None = None,
        k: int | None = None,
        candidates: int | None = None,
        scan: int | None = None,
        exact: bool | None = None,
        expand: str | None = None,
        filter: Filter | None = None,
        attributes: bool | Sequence[str] | None = None,
        vectors: bool | None = None,
        explain: bool | None = None,
        timeout: float | None = None,
    ) -> Hits:
        """The nearest items to a vector, an item or a text; or the items of a semantic ID or a prefix.

        Give one of `vector`, `item`, `text`, `semantic_id` and `prefix`.

        Args:
            vector: d numbers.
            item: the id of an item: its vector is searched for. It is left out of the answer.
            text: needs a server with an encoder.
            k: items wanted; 10 by default.
            candidates: items that are reranked; 200 by default.
            scan: items that get an estimated distance; 32 times `candidates` by default.
            exact: compare every vector.
            expand: with `semantic_id`, also the IDs around it: ``exact``, ``prefix``, ``hamming:LEVELS``,
                ``per-level:CODEWORDS`` or ``product:CODEWORDS``.
            filter: the items that may be found.
            attributes: True for all attributes, or names.
            vectors: whether the answer has the items' vectors.
            explain: whether the answer says what the search did.
            timeout: seconds; by default the client's own.
        """
        body = query_body(
            vector, item=item, text=text, semantic_id=semantic_id, prefix=prefix, k=k, candidates=candidates, scan=scan,
            exact=exact, expand=expand, filter=filter, attributes=attributes, vectors=vectors, explain=explain,
        )
        reply = self._send("POST", self._path("query"), body, timeout=timeout)
        return answers.reading(reply.url, reply.json(), answers.hits)

    def query_batch(
        self,
        queries: ArrayLike | Sequence[Mapping[str, Any]],
        *,
        k: int | None = None,
        candidates: int | None = None,
        scan: int | None = None,
        exact: bool | None = None,
        filter: Filter | None = None,
        attributes: bool | Sequence[str] | None = None,
        vectors: bool | None = None,
        explain: bool | None = None,
        timeout: float | None = None,
    ) -> list[Hits]:
        """Several queries at once.

        Args:
            queries: Q × d numbers, which are sent as raw 32-bit floats. Or dicts of what `query` takes, each with options
                of its own; options that are given here count where a dict has none.
        """
        shared: dict[str, Any] = {
            "k": k, "candidates": candidates, "scan": scan, "exact": exact, "filter": filter, "attributes": attributes,
            "vectors": vectors, "explain": explain,
        }
        path = self._path("query", "batch")
        given = _queries(queries)
        if given is not None:
            bodies = [query_body(**{**shared, **query}) for query in given]
            reply = self._send("POST", path, {"queries": bodies}, timeout=timeout)
        else:
            rows = matrix(cast(ArrayLike, queries), "queries")
            if filter is None and attributes is None and vectors is None and explain is None:
                reply = self._send_binary(
                    path, rows.tobytes(), timeout, k=k, candidates=candidates, scan=scan, exact=_flag(exact)
                )
            else:
                bodies = [query_body(row, **shared) for row in rows]
                reply = self._send("POST", path, {"queries": bodies}, timeout=timeout)
        return answers.reading(reply.url, reply.json(), lambda value: [answers.hits(entry) for entry in value])

    def candidates(
        self,
        semantic_id: SemanticID | None = None,
        *,
        item: str | None = None,
        expand: str | None = None,
        budget: int | None = None,
        filter: Filter | None = None,
        attributes: bool | Sequence[str] | None = None,
        timeout: float | None = None,
    ) -> Candidates:
        """The semantic IDs around one, with their items.

        Args:
            semantic_id: no item need have it. In a text, ``*`` stands for any code of a level, and there is no rule then.
            item: instead, the id of an item: its semantic ID is widened.
            expand: a rule, as in `query`.
            budget: items wanted, 100 by default. The last ID is whole.
        """
        _one_of({"semantic_id": semantic_id, "item": item})
        body = _given(
            semantic_id=None if semantic_id is None else id_text(semantic_id), item=item, expand=expand, budget=budget,
            filter=filter, attributes=_wanted(attributes),
        )
        reply = self._send("POST", self._path("candidates"), body, timeout=timeout)
        return answers.reading(reply.url, reply.json(), answers.candidates)

    def recall(
        self,
        *,
        k: int | None = None,
        sample: int | None = None,
        candidates: int | None = None,
        scan: int | None = None,
        filter: Filter | None = None,
        seed: int | None = None,
        timeout: float | None = None,
    ) -> Recall:
        """Recall against exact search. The vectors of a sample of the items are the queries."""
        body = _given(k=k, sample=sample, candidates=candidates, scan=scan, filter=filter, seed=seed)
        reply = self._send("POST", self._path("recall"), body, timeout=timeout)
        return answers.reading(reply.url, reply.json(), answers.recall)

    # ---- The index's model ----

    def encode(
        self, vectors: ArrayLike | None = None, *, texts: Sequence[str] | None = None, timeout: float | None = None
    ) -> list[EncodedID]:
        """The semantic IDs of vectors (N × d, or one) or of texts, by the index's model.

        An item may have another ID, where several had the same.
        """
        _one_of({"vectors": vectors, "texts": texts})
        path = self._path("encode")
        if vectors is not None:
            reply = self._send_binary(path, matrix(vectors, "vectors").tobytes(), timeout)
        else:
            reply = self._send("POST", path, {"texts": _text_list(texts, "texts")}, timeout=timeout)
        return answers.reading(reply.url, reply.json(), answers.encoded_ids)

    def decode(self, semantic_ids: Iterable[SemanticID], *, timeout: float | None = None) -> answers.Float32:
        """The vectors that semantic IDs stand for: N × d."""
        body = {"semantic_ids": [id_text(one) for one in semantic_ids]}
        reply = self._send("POST", self._path("decode"), body, timeout=timeout)
        return answers.reading(reply.url, reply.json(), answers.vectors)

    # ---- Items, IDs and the tree ----

    def item(self, item: str, *, vector: bool = False) -> Item:
        """One item: its semantic ID, its attributes, and the number of items at each level of its ID."""
        reply = self._send("GET", self._path("items", _text(item, "item")), told=False, vector=_flag(vector or None))
        return answers.reading(reply.url, reply.json(), answers.item)

    def items_of(self, semantic_id: SemanticID, *, limit: int | None = None, offset: int | None = None) -> ItemsOfID:
        """The items of a semantic ID, 100 by default, from number `offset` on."""
        reply = self._send("GET", self._path("ids", id_text(semantic_id)), told=False, limit=limit, offset=offset)
        return answers.reading(reply.url, reply.json(), answers.items_of_id)

    def tree(self, prefix: SemanticID | None = None, *, limit: int | None = None, offset: int | None = None) -> Tree:
        """The children of a prefix, with counts and example items; without a prefix, those of the root."""
        text = "" if prefix is None else id_text(prefix)
        path = self._path("tree", text) if text else self._path("tree")
        reply = self._send("GET", path, told=False, limit=limit, offset=offset)
        return answers.reading(reply.url, reply.json(), answers.tree)

    def map(self) -> Map:
        """The catalogue in two dimensions, up to 5,000 items."""
        reply = self._send("GET", self._path("map"), told=False)
        return answers.reading(reply.url, reply.json(), answers.catalogue_map)

    # ---- Changes ----

    def put(
        self,
        ids: Sequence[str],
        vectors: ArrayLike | None = None,
        *,
        semantic_ids: Sequence[SemanticID] | None = None,
        attributes: Mapping[str, Sequence[Any]] | None = None,
        timeout: float | None = None,
    ) -> Update:
        """Adds items, or replaces those with the same id. They are on disk when the answer comes.

        Where an answer was lost and the request was sent again, items that it had added count as replaced.

        Args:
            vectors: N × d.
            semantic_ids: one per item. Without them the index's model encodes the vectors.
            attributes: for each name, one value per item; None where an item has none.
        """
        reply = self._send(
            "PUT", self._path("items"), put_body(ids, vectors, semantic_ids, attributes), timeout=timeout
        )
        return answers.reading(reply.url, reply.json(), answers.update)

    def delete(
        self, ids: Sequence[str] | None = None, *, filter: Filter | None = None, timeout: float | None = None
    ) -> Update:
        """Deletes items by id, or those that a filter allows. Ids that no item has are counted and passed over."""
        _one_of({"ids": ids, "filter": filter})
        body = _given(ids=None if ids is None else _text_list(ids, "ids"), filter=filter)
        reply = self._send("POST", self._path("items", "delete"), body, timeout=timeout)
        return answers.reading(reply.url, reply.json(), answers.update)

    def compact(self, *, timeout: float | None = None) -> Update:
        """Merges all segments into one, without deleted items."""
        reply = self._send("POST", self._path("compact"), timeout=timeout)
        return answers.reading(reply.url, reply.json(), answers.update)

    def reload(self) -> IndexInfo:
        """Has the server serve what stands at the index's path now."""
        reply = self._send("POST", self._path("reload"), told=False, repeatable=False)
        return answers.reading(reply.url, reply.json(), answers.index_info)

    def rollback(self) -> IndexInfo:
        """Has the server serve the state before the last reload again."""
        reply = self._send("POST", self._path("rollback"), told=False, repeatable=False)
        return answers.reading(reply.url, reply.json(), answers.index_info)

    # ---- For language models ----

    def constraint(
        self,
        *,
        first_token: int | None = None,
        tokens: Sequence[Sequence[int]] | None = None,
        vocabulary_size: int | None = None,
        begin: Sequence[int] | None = None,
        end: Sequence[int] | None = None,
        padding: Sequence[int] | None = None,
        triggers: Sequence[int] | None = None,
        filter: Filter | None = None,
        timeout: float | None = None,
    ) -> RemoteConstraint:
        """A constraint of decoding: which tokens may follow, so that only IDs of the index are written.

        Args:
            first_token: the token of the first code; the others follow, level after level.
            tokens: instead, for each level the token of each code. Without either, a code's token is the code.
            vocabulary_size: tokens that the model scores.
            begin, end: tokens around an ID.
            padding: tokens that may follow the end again and again.
            triggers: tokens behind which an ID begins; all is free before and behind.
            filter: only the IDs of these items.
        """
        body = _given(
            first_token=first_token, tokens=None if tokens is None else [_numbers(level) for level in tokens],
            vocabulary_size=vocabulary_size, begin=_numbers(begin), end=_numbers(end), padding=_numbers(padding),
            triggers=_numbers(triggers), filter=filter,
        )
        return RemoteConstraint(self, body, timeout)

    def resolve_text(
        self, text: str, *, repair: str | None = None, limit: int | None = None, timeout: float | None = None
    ) -> list[ResolvedID]:
        """The semantic IDs in a generated text, and their items.

        Args:
            repair: ``prefix`` or ``hamming``: take the nearest ID for one that no item has.
            limit: most items of each ID, 10 by default.
        """
        body = _given(text=_text(text, "text"), repair=repair, limit=limit)
        reply = self._send("POST", self._path("resolve-text"), body, timeout=timeout)
        return answers.reading(reply.url, reply.json(), answers.resolved_ids)

    # ---- The Open Inference Protocol ----

    def infer(
        self, inputs: Mapping[str, Tensor], *, model: str = "encode", timeout: float | None = None
    ) -> dict[str, npt.NDArray[Any]]:
        """Asks one of the index's two models by the Open Inference Protocol, version 2, with binary tensors.

        Args:
            inputs: ``vectors`` for ``encode``; ``codes`` or ``semantic_ids`` for ``items``.
            model: ``encode`` or ``items``.

        Returns:
            ``codes`` and ``semantic_ids``, or ``items`` and ``counts``. Texts are arrays of objects, each a str.
        """
        if model not in ("encode", "items"):
            raise InputError("model", expected="encode or items", found=repr(model))
        heads, tails = [], []
        for name, tensor in inputs.items():
            head, tail = _tensor(name, tensor)
            heads.append(head)
            tails.append(tail)
        head_bytes = _json({"inputs": heads, "parameters": {"binary_data_output": True}})
        limit = self._transport.timeout if timeout is None else seconds(timeout)
        reply = self._transport.request(
            "POST", f"/v2/models/{urllib.parse.quote(f'{self.index}-{model}', safe='')}/infer",
            body=head_bytes + b"".join(tails), content_type=BINARY_TYPE, timeout=limit,
            headers={"Inference-Header-Content-Length": str(len(head_bytes))},
        )
        return _outputs(reply)


@dataclass(frozen=True)
class Beams:
    """Beams under a constraint."""

    #: One per beam.
    states: States
    #: beams × words: bit i % 32 of word i / 32 says whether token i may follow.
    mask: Words
    #: One per beam: whether nothing but padding may follow.
    is_done: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.states)


class RemoteConstraint:
    """A constraint that a server keeps. `Client.constraint` makes one.

    >>> constraint = client.constraint(first_token=32_000, vocabulary_size=33_024, end=[2], padding=[0])
    >>> beams = constraint.start(4)
    >>> beams = constraint.advance(beams.states, tokens)       # beams.mask: beams × words, int32

    The server drops a constraint that was not used for long; it is then made again. Where the index has changed since,
    states are of no more use, and `ServerError` of kind ``conflict`` or ``missing`` is raised. `after` goes on from the
    tokens that were written, under a constraint of the index as it is now.

    Args:
        client: of the index.
        body: what the server is asked for, as its interface describes it.
        timeout: seconds of each call; those of the client by default.
        beams: how many.
        texts: the tokens that each beam has written.
    """

    def __init__(self, client: Client, body: Mapping[str, Any], timeout: float | None) -> None:
        self._client, self._body, self._timeout = client, dict(body), timeout
        self._make()
        self._padding = np.zeros(self.words, np.uint32)
        for token in self._body.get("padding", []):
            self._padding[token // 32] |= np.uint32(1 << token % 32)

    def __repr__(self) -> str:
        return f"RemoteConstraint({self.name!r}, ids={self.ids}, vocabulary_size={self.vocabulary_size})"

    def _make(self) -> None:
        reply = self._client._send("POST", self._client._path("constraints"), self._body, timeout=self._timeout)

        def read(value: Any) -> None:
            #: Its name on the server.
            self.name = str(value["constraint"])
            #: The state of a beam at the beginning.
            self.first_state = int(value["state"])
            #: Number of the model's tokens.
            self.vocabulary_size = int(value["vocabulary_size"])
            #: int32 words in a row of a mask.
            self.words = int(value["words"])
            #: IDs that may be written.
            self.ids = int(value["ids"])
            #: The mask at the beginning.
            self.first_mask: Words = answers.words(value["mask"], self.words)[0]

        answers.reading(reply.url, reply.json(), read)

    def start(self, beams: int) -> Beams:
        """Beams that have not written anything. Asks nobody."""
        if isinstance(beams, bool) or not isinstance(beams, (int, np.integer)) or beams < 0:
            raise InputError("beams", expected="a whole number from 0 on", found=repr(beams))
        return self._beams(
            np.full(beams, self.first_state, np.uint32), np.repeat(self.first_mask[None, :], beams, axis=0)
        )

    def advance(self, states: ArrayLike, tokens: ArrayLike) -> Beams:
        """The beams after one more token each.

        Args:
            states: one per beam, of the last answer.
            tokens: one per beam.
        """
        before, written = _whole(states, "states"), _whole(tokens, "tokens")
        if before.shape != written.shape:
            raise InputError(
                "tokens", kind="mismatch", expected=f"one for each of {before.size} beams", found=str(written.size)
            )
        return self._advance(before.size, states=before.tolist(), tokens=written.tolist())

    def masks(self, states: ArrayLike) -> Beams:
        """The masks of states, once more."""
        before = _whole(states, "states")
        return self._advance(before.size, states=before.tolist())

    def after(self, texts: Sequence[Sequence[int]]) -> Beams:
        """Beams by all the tokens that each has written. Where the index has changed, the constraint is made anew."""
        written = [_numbers(text) or [] for text in texts]
        return self._advance(len(written), texts=written)

    def _advance(self, beams: int, **what: Any) -> Beams:
        if beams == 0:
            return self.start(0)
        try:
            reply = self._ask(what)
        except ServerError as error:
            name = self.name
            if error.status not in (404, 409):
                raise
            self._make()
            # Its name says what it was made of. States are numbers of one constraint alone.
            if self.name != name and "texts" not in what:
                raise
            reply = self._ask(what)
        expected = beams * (1 + self.words) * 4
        if len(reply.body) != expected:
            raise ServerError(
                status=200, kind="malformed", source=reply.url, expected=f"{expected} bytes of states and masks",
                found=f"{len(reply.body)}",
            )
        flat = np.frombuffer(reply.body, "<u4")
        return self._beams(
            flat[:beams].astype(np.uint32), flat[beams:].astype(np.uint32).view(np.int32).reshape(beams, self.words)
        )

    def _ask(self, what: Mapping[str, Any]) -> Reply:
        transport = self._client._transport
        limit = transport.timeout if self._timeout is None else seconds(self._timeout)
        return transport.request(
            "POST", self._client._path("constraints", "advance"), query={"timeout": f"{limit:g}"},
            body=_json({"constraint": self.name, **what}), accept=BINARY_TYPE, timeout=limit,
        )

    def _beams(self, states: States, mask: Words) -> Beams:
        others: npt.NDArray[np.bool_] = (mask.view(np.uint32) & ~self._padding).astype(np.bool_)
        return Beams(states, mask, np.logical_not(others.any(axis=1)))


# ---- What is sent ----


def _restored(
    kind: type[Client], url: str, token: str | None, index: str | None, timeout: float, retries: int,
    context: ssl.SSLContext | None,
) -> Client:
    return kind(url, token, index, timeout=timeout, retries=retries, context=context)


def _json(value: Any) -> bytes:
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()
    except (TypeError, ValueError) as error:
        raise InputError("request", expected="numbers, texts, truth values, lists and dicts", found=str(error)) from None


def _plain(value: object) -> object:
    """numpy's numbers and arrays as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} in the request")


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _one_of(choices: Mapping[str, Any]) -> None:
    given = [name for name, value in choices.items() if value is not None]
    if len(given) != 1:
        raise InputError(
            "request", expected=f"one of {', '.join(choices)}", found=" and ".join(given) if given else "none of them"
        )


def _flag(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"


def _wanted(value: bool | Sequence[str] | None) -> bool | list[str] | None:
    if value is None or isinstance(value, bool):
        return value
    return _text_list(value, "attributes")


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise InputError(name, expected="a text", found=repr(value))
    return value


def _text_list(values: object, name: str) -> list[str]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InputError(name, expected="several texts", found=repr(values)[:80])
    return [_text(str(value) if isinstance(value, np.str_) else value, name) for value in values]


def _numbers(values: Iterable[int] | None) -> list[int] | None:
    return None if values is None else [int(value) for value in values]


def id_text(value: SemanticID) -> str:
    """A semantic ID or a prefix as text."""
    if isinstance(value, str):
        return value
    codes = np.asarray(value)
    if codes.ndim != 1 or not codes.size or codes.dtype.kind not in "iu" or int(codes.min()) < 0:
        raise InputError("semantic ID", expected="a text, or a code for each level", found=repr(value)[:80])
    return "-".join(str(code) for code in codes.tolist())


def matrix(value: ArrayLike, name: str) -> answers.Float32:
    """N × d little-endian 32-bit floats, in C order; one vector is one row."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2) or not array.size:
        raise InputError(
            name, expected="numbers in one or two dimensions", found=f"{array.dtype}, shape {array.shape}"
        )
    rows = np.ascontiguousarray(np.atleast_2d(array), "<f4")
    if not np.isfinite(rows).all():
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise InputError(
            name, kind="malformed", place=f"row {row}", expected="finite 32-bit floats", found="others"
        )
    return rows


def _one_vector(value: ArrayLike) -> str:
    rows = matrix(value, "vector")
    if len(rows) != 1:
        raise InputError("vector", expected="one vector", found=str(len(rows)), remedy="query_batch takes several")
    return base64.b64encode(rows.tobytes()).decode()


def _queries(value: object) -> list[dict[str, Any]] | None:
    """Dicts, each a query; None for numbers."""
    if not isinstance(value, Sequence) or not all(isinstance(entry, Mapping) for entry in value) or not value:
        return None
    known = set(inspect.signature(query_body).parameters)
    for place, entry in enumerate(value):
        if unknown := sorted(set(entry) - known):
            raise InputError(
                "queries", place=f"query {place}", expected=f"some of {', '.join(sorted(known))}",
                found=", ".join(unknown),
            )
    return [dict(entry) for entry in value]


def query_body(
    vector: ArrayLike | None = None,
    *,
    item: str | None = None,
    text: str | None = None,
    semantic_id: SemanticID | None = None,
    prefix: SemanticID | None = None,
    k: int | None = None,
    candidates: int | None = None,
    scan: int | None = None,
    exact: bool | None = None,
    expand: str | None = None,
    filter: Filter | None = None,
    attributes: bool | Sequence[str] | None = None,
    vectors: bool | None = None,
    explain: bool | None = None,
) -> dict[str, Any]:
    """A query as it is sent."""
    _one_of({"vector": vector, "item": item, "text": text, "semantic_id": semantic_id, "prefix": prefix})
    return _given(
        vector_base64=None if vector is None else _one_vector(vector), item=item, text=text,
        semantic_id=None if semantic_id is None else id_text(semantic_id),
        prefix=None if prefix is None else id_text(prefix), k=k, candidates=candidates, scan=scan, exact=exact,
        expand=expand, filter=filter, attributes=_wanted(attributes), vectors=vectors, explain=explain,
    )


def put_body(
    ids: Sequence[str],
    vectors: ArrayLike | None,
    semantic_ids: Sequence[SemanticID] | None,
    attributes: Mapping[str, Sequence[Any]] | None,
) -> dict[str, Any]:
    """Items as they are sent: column by column."""
    names = _text_list(ids, "ids")
    rows = None if vectors is None else matrix(vectors, "vectors")
    given = None if semantic_ids is None else [id_text(one) for one in semantic_ids]
    columns = None if attributes is None else {name: list(values) for name, values in attributes.items()}
    counts = {"vectors": rows, "semantic_ids": given, **(columns or {})}
    for name, values in counts.items():
        if values is not None and len(values) != len(names):
            raise InputError(
                name, kind="mismatch", expected=f"one for each of {len(names)} ids", found=str(len(values))
            )
    return _given(
        ids=names, vectors_base64=None if rows is None else base64.b64encode(rows.tobytes()).decode(),
        semantic_ids=given, attributes=columns,
    )


def _whole(value: ArrayLike, name: str) -> npt.NDArray[np.int64]:
    array = np.asarray(value)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise InputError(name, expected="whole numbers, one per beam", found=f"{array.dtype}, shape {array.shape}")
    return array.astype(np.int64)


# ---- Tensors ----

_TYPES = {
    "BOOL": "?", "INT8": "<i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "UINT8": "<u1", "UINT16": "<u2",
    "UINT32": "<u4", "UINT64": "<u8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}


def _tensor(name: str, value: Tensor) -> tuple[dict[str, Any], bytes]:
    """A tensor's description, and its bytes."""
    array = np.asarray(value)
    if array.dtype.kind in "USO":
        texts = [one if isinstance(one, bytes) else _text(one, name).encode() for one in array.reshape(-1).tolist()]
        kind, raw = "BYTES", b"".join(struct.pack("<I", len(one)) + one for one in texts)
    elif name == "vectors":
        rows = matrix(array, name)
        array, kind, raw = rows, "FP32", rows.tobytes()
    elif array.dtype.kind in "iu":
        if array.size and (int(array.min()) < -(2**31) or int(array.max()) >= 2**31):
            raise InputError(name, expected="whole numbers of 32 bits", found="larger ones")
        kind, raw = "INT32", np.ascontiguousarray(array, "<i4").tobytes()
    else:
        raise InputError(name, expected="numbers or texts", found=str(array.dtype))
    head = {"name": name, "shape": list(array.shape), "datatype": kind, "parameters": {"binary_data_size": len(raw)}}
    return head, raw


def _outputs(reply: Reply) -> dict[str, npt.NDArray[Any]]:
    length = reply.headers.get("inference-header-content-length")
    head, rest = reply.body, b""
    try:
        if length is not None:
            head, rest = reply.body[: int(length)], reply.body[int(length) :]
        found: dict[str, npt.NDArray[Any]] = {}
        for output in json.loads(head)["outputs"]:
            size = (output.get("parameters") or {}).get("binary_data_size")
            if size is None:
                flat = np.array(output["data"], object if output["datatype"] == "BYTES" else _TYPES[output["datatype"]])
            else:
                if len(rest) < size:
                    raise ValueError(f"{size} bytes of {output['name']}, {len(rest)} there")
                flat, rest = _flat(output["datatype"], rest[:size]), rest[size:]
            found[output["name"]] = flat.reshape(output["shape"])
        return found
    except (KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
        raise ServerError(
            status=200, kind="malformed", source=reply.url, expected="an answer of the inference protocol",
            found=f"{type(error).__name__}: {error}",
        ) from None


def _flat(datatype: str, raw: bytes) -> npt.NDArray[Any]:
    if datatype != "BYTES":
        numbers: npt.NDArray[Any] = np.frombuffer(raw, _TYPES[datatype]).copy()
        return numbers
    texts: list[str] = []
    place = 0
    while place < len(raw):
        (size,) = struct.unpack_from("<I", raw, place)
        if place + 4 + size > len(raw):
            raise ValueError("a text that is longer than its tensor")
        texts.append(raw[place + 4 : place + 4 + size].decode())
        place += 4 + size
    array = np.empty(len(texts), object)
    array[:] = texts
    return array
