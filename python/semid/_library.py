"""The engine's C face, called through ctypes.

ctypes lets go of the interpreter's lock during every call. All arrays are handed over by their address.
"""

from __future__ import annotations

import ctypes as c
import json
import os
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ._messages import in_python
from .errors import Cancelled, ClosedError, FileError, InputError, InternalError, SemidWarning

ABI = 3
Progress = Callable[[dict[str, Any]], object]
Value = TypeVar("Value")


class Text(c.Structure):
    _fields_ = [("bytes", c.c_char_p), ("count", c.c_int64)]


class Texts(c.Structure):
    _fields_ = [("bytes", c.c_void_p), ("offsets", c.c_void_p), ("count", c.c_int64)]


class Matrix(c.Structure):
    _fields_ = [("values", c.c_void_p), ("rows", c.c_int64), ("columns", c.c_int64)]


class Tensor(c.Structure):
    _fields_ = [("name", Text), ("values", Matrix)]


class Codes(c.Structure):
    _fields_ = [("values", c.c_void_p), ("rows", c.c_int64), ("levels", c.c_int64), ("level_sizes", c.c_void_p)]


class Column(c.Structure):
    _fields_ = [
        ("name", Text),
        ("kind", c.c_int32),
        ("values", c.c_void_p),
        ("offsets", c.c_void_p),
        ("present", c.c_void_p),
        ("count", c.c_int64),
        ("starts", c.c_void_p),
        ("elements", c.c_int64),
    ]


class Table(c.Structure):
    _fields_ = [("ids", Texts), ("columns", c.POINTER(Column)), ("count", c.c_int64)]


class Source(c.Structure):
    _fields_ = [("name", Text), ("columns", c.POINTER(Column)), ("count", c.c_int64), ("recorded", Text)]


Callback = c.CFUNCTYPE(c.c_int32, c.c_void_p, c.c_char_p)


class Watch(c.Structure):
    _fields_ = [("progress", Callback), ("context", c.c_void_p), ("cancel", c.POINTER(c.c_int32))]


_h, _i, _p = c.c_uint64, c.c_int64, c.c_void_p
_out = c.POINTER(c.c_uint64)

_SIGNATURES: Mapping[str, list[Any]] = {
    "semid_close": [_h],
    "semid_result_text": [_h, c.POINTER(c.c_void_p), c.POINTER(_i)],
    "semid_result_array": [_h, Text, c.POINTER(c.c_void_p), c.POINTER(c.c_int32), c.POINTER(_i)],
    "semid_defaults": [Text, _i, _out],
    "semid_embeddings_read": [Text, Text, _i, _out],
    "semid_tokenizer_train": [Text, Text, Matrix, Text, _h, _i, Watch, _out, _out],
    "semid_tokenizer_plan": [Text, Text, Matrix, Text, _i, _out],
    "semid_tokenizer_of_tensors": [Text, Text, Texts, c.POINTER(Matrix), _i, Text, _out],
    "semid_tokenizer_of_codebooks": [Matrix, _p, _i, _p, _i, Text, _out],
    "semid_tokenizer_of_weights": [Text, c.POINTER(Tensor), _i, Text, _out],
    "semid_tokenizer_weights": [_h, _out],
    "semid_tokenizer_open": [Text, _out],
    "semid_tokenizer_save": [_h, Text, Text],
    "semid_tokenizer_info": [_h, _out],
    "semid_tokenizer_codebook": [_h, _i, _out],
    "semid_tokenizer_encode": [_h, Matrix, Text, _i, Text, _i, _p, _i],
    "semid_tokenizer_decode": [_h, Codes, _i, _p, _i],
    "semid_tokenizer_latents": [_h, Matrix, Text, _i, _p, _i],
    "semid_resolve": [_h, Matrix, Codes, Texts, Text, _i, _out],
    "semid_registry_open": [Text, Text, _out],
    "semid_registry_add": [_h, Texts, Matrix, _h, _i, _i, _out],
    "semid_registry_lookup": [_h, Texts, _i, _out],
    "semid_registry_items": [_h, _p, _i, _i, _i, _out],
    "semid_registry_snapshot": [_h, _i, _out],
    "semid_registry_remove": [_h, Texts, c.c_int32, _out],
    "semid_registry_generations": [_h, _out],
    "semid_registry_verify": [_h],
    "semid_registry_copy": [_h, Text],
    "semid_index_build": [Text, Codes, Matrix, Texts, _h, Table, Text, _i, Watch, _out],
    "semid_index_open": [Text, c.c_int32, c.c_int32, _i, _out],
    "semid_index_state": [_h, _out],
    "semid_index_info": [_h, _out],
    "semid_index_tokenizer": [_h, _out],
    "semid_index_filter": [_h, Text, Texts, Texts, _out, c.POINTER(_i), c.POINTER(_i)],
    "semid_index_search": [_h, Matrix, _i, _i, _i, c.c_int32, _h, _i, _p, _p, _i, _out],
    "semid_index_around": [_h, _p, _i, Text, _i, _i, _h, _out],
    "semid_index_prefix": [_h, _p, _i, _h, _out],
    "semid_index_parse": [_h, Text, c.c_int32, _out],
    "semid_index_rows": [_h, _out],
    "semid_index_rows_of": [_h, Texts, _p, _i],
    "semid_index_ids_of": [_h, _p, _i, Text, _out],
    "semid_index_codes_of": [_h, _p, _i, _p, _i],
    "semid_index_vectors_of": [_h, _p, _i, _p, _i],
    "semid_index_update": [_h, Texts, Matrix, Codes, Table, c.c_int32, Texts, c.c_int32, _out],
    "semid_index_compact": [_h, _out],
    "semid_index_verify": [_h, _i, _out],
    "semid_vocabulary_make": [_p, _i, Text, _out],
    "semid_vocabulary_tokens": [_h, _out],
    "semid_vocabulary_texts": [_h, Codes, _out],
    "semid_vocabulary_write": [_h, Text, Text, _i],
    "semid_constraint_make": [_h, _h, Codes, _p, _p, _i, Text, _i, _out],
    "semid_constraint_info": [_h, _out],
    "semid_beams_advance": [_h, _p, _p, _i, _p, c.POINTER(_i)],
    "semid_beams_states": [_h, _p, _i, _i, _i, _p, _p, c.POINTER(_i)],
    "semid_beams_mask": [_h, _p, _i, _p, _i],
    "semid_beams_apply": [_h, _p, _i, _p, _i, _i, _p],
    "semid_beams_flags": [_h, _p, _i, _p],
    "semid_constraint_write": [_h, Text],
    "semid_corpus_write": [Text, Text, Text, c.POINTER(Source), _i, _i, Watch, _out],
    "semid_evaluate": [Codes, Matrix, _h, Text, _i, Watch, _out],
}


def _find() -> Path:
    """The library: beside this file in a wheel, or where SEMID_LIBRARY says."""
    named = os.environ.get("SEMID_LIBRARY")
    if named:
        return Path(named)
    name = "libSemidC.dylib" if sys.platform == "darwin" else "libSemidC.so"
    path = Path(__file__).parent / "lib" / name
    if not path.exists():
        raise ImportError(
            f"{path} is not there: install a wheel, or `pip install ./python` from a checkout of swift-semantic-id, or "
            "name the library by SEMID_LIBRARY"
        )
    return path


def _load() -> c.CDLL:
    path = _find()
    library = c.CDLL(str(path))
    library.semid_abi.argtypes, library.semid_abi.restype = [], c.c_int32
    found = library.semid_abi()
    if found != ABI:
        raise ImportError(f"{path}: its interface is {found}, and this package needs {ABI}: install both of one version")
    library.semid_version.argtypes, library.semid_version.restype = [], c.c_char_p
    library.semid_error.argtypes, library.semid_error.restype = [c.c_char_p], c.c_char_p
    library.semid_open_handles.argtypes, library.semid_open_handles.restype = [], c.c_int64
    for name, arguments in _SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, c.c_int32
    return library


library = _load()
version: str = library.semid_version().decode()


def open_handles() -> int:
    """How many objects of the engine are open: for tests of leaks."""
    return int(library.semid_open_handles())


_HANDLE, _CANCELLED, _INTERNAL = 9, 8, 10
_FILE_KINDS = {"missing", "io", "cannotCreate"}


def _part(name: str) -> str | None:
    value = library.semid_error(name.encode())
    return None if value is None else in_python(value.decode(errors="replace"))


def _raise(status: int) -> None:
    message = _part("message") or "unknown"
    if status == _HANDLE:
        raise ClosedError(message)
    if status == _CANCELLED:
        raise Cancelled(message)
    if status == _INTERNAL:
        raise InternalError(message)
    kind, source = _part("kind") or "usage", _part("source") or "input"
    is_file = kind in _FILE_KINDS and (os.sep in source or "." in source or os.path.exists(source))
    raise (FileError if is_file else InputError)(
        source,
        kind=kind,
        place=_part("place"),
        expected=_part("expected"),
        found=_part("found"),
        remedy=_part("remedy"),
        message=message,
    )


def call(name: str, *arguments: Any) -> None:
    """Calls a function of the C face; raises what it reports."""
    status = getattr(library, name)(*arguments)
    if status:
        _raise(status)


def text(value: str | os.PathLike[str] | None) -> Text:
    if value is None:
        return Text(None, 0)
    raw = os.fspath(value)
    try:
        encoded = raw.encode()
    except UnicodeEncodeError as error:
        raise InputError("text", kind="malformed", expected="text that is Unicode", found=str(error)) from None
    return Text(encoded, len(encoded))


def path_text(value: str | os.PathLike[str], what: str = "path") -> Text:
    if not isinstance(value, (str, os.PathLike)) or isinstance(os.fspath(value), bytes):
        raise InputError(what, expected="a path: str or os.PathLike", found=type(value).__name__)
    return text(value)


def options(values: Mapping[str, Any]) -> Text:
    """Options as JSON; those that are None are left to the engine."""
    try:
        return text(json.dumps({k: v for k, v in values.items() if v is not None}, allow_nan=False, default=_plain))
    except (TypeError, ValueError) as error:
        raise InputError("options", expected="numbers, texts, truth values and lists of them", found=str(error)) from None


def _plain(value: object) -> object:
    """numpy's numbers and arrays as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} in the options")


def thread_count(threads: int | None) -> int:
    if threads is None:
        return 0
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or not 1 <= threads <= 65_536:
        raise InputError("threads", expected="1 to 65536, or None for all processors", found=repr(threads)[:80])
    return int(threads)


def whole(value: object, name: str, least: int = 0, most: int = 2**31 - 1) -> int:
    """A whole number from outside."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise InputError(name, expected=f"a whole number from {least} to {most}", found=repr(value)[:80])
    return int(value)


def seed(value: object, name: str = "seed") -> int:
    """The seed of random choices."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 <= value < 2**64:
        raise InputError(name, expected="0 to 2^64-1", found=repr(value)[:80])
    return int(value)


class Handle:
    """Something of the engine that is closed with this object."""

    __slots__ = ("_number", "__weakref__")

    def __init__(self, number: int) -> None:
        self._number = number

    @property
    def number(self) -> int:
        if self._number == 0:
            raise ClosedError("it was closed")
        return self._number

    @property
    def is_open(self) -> bool:
        return self._number != 0

    def close(self) -> None:
        number, self._number = self._number, 0
        if number:
            call("semid_close", number)

    def __del__(self) -> None:
        number, self._number = getattr(self, "_number", 0), 0
        # At the interpreter's end the module may be gone already.
        if number and library is not None:
            library.semid_close(number)


class Result:
    """A result of the engine: a report and named arrays, copied out and closed."""

    def __init__(self, number: int) -> None:
        self._handle = Handle(number)

    def __enter__(self) -> Result:
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.close()

    def json(self) -> Any:
        address, count = c.c_void_p(), c.c_int64()
        call("semid_result_text", self._handle.number, c.byref(address), c.byref(count))
        return json.loads(c.string_at(address.value or 0, count.value))

    _TYPES = {0: np.uint8, 1: np.uint16, 2: np.int32, 3: np.int64, 4: np.float32}

    def array(self, name: str) -> npt.NDArray[Any]:
        """A copy of an array."""
        address, kind, count = c.c_void_p(), c.c_int32(), c.c_int64()
        call("semid_result_array", self._handle.number, text(name), c.byref(address), c.byref(kind), c.byref(count))
        dtype = np.dtype(self._TYPES[kind.value])
        if count.value == 0:
            return np.empty(0, dtype)
        view = (c.c_char * (count.value * dtype.itemsize)).from_address(address.value or 0)
        found: npt.NDArray[Any] = np.frombuffer(memoryview(view), dtype).copy()
        return found

    def has(self, name: str) -> bool:
        address, kind, count = c.c_void_p(), c.c_int32(), c.c_int64()
        return not library.semid_result_array(
            self._handle.number, text(name), c.byref(address), c.byref(kind), c.byref(count)
        )

    def texts(self, name: str, bytes_name: str | None = None) -> list[str]:
        raw = self.array(bytes_name or name).tobytes()
        offsets = self.array(name + ".offsets").tolist()
        return [raw[a:b].decode() for a, b in zip(offsets, offsets[1:], strict=False)]


def result(name: str, *arguments: Any) -> Result:
    """Calls a function whose last argument is a place for a result."""
    out = c.c_uint64()
    call(name, *arguments, c.byref(out))
    return Result(out.value)


def handle(name: str, *arguments: Any) -> Handle:
    """Calls a function whose last argument is a place for a handle."""
    out = c.c_uint64()
    call(name, *arguments, c.byref(out))
    return Handle(out.value)


class _Outcome:
    value: Any = None
    error: BaseException | None = None


def watched(body: Callable[[Watch], Value], progress: Progress | None) -> Value:
    """Runs a long call so that a signal, such as Ctrl-C, ends it soon.

    Signals reach Python's main thread only, and only while it runs Python. So the call gets a thread of its own, and the
    main thread waits for it; when the wait is interrupted, the engine is asked to stop, and what interrupted goes on.
    """
    cancel = c.c_int32(0)
    outcome = _Outcome()
    told: list[str] = []
    raised: list[BaseException] = []

    def heard(_: object, raw: bytes) -> int:
        try:
            event = json.loads(raw)
            if event.get("event") == "warning":
                event["text"] = in_python(event["text"])
                told.append(event["text"])
            if progress is not None:
                progress(event)
            return 0
        except BaseException as error:  # noqa: BLE001: it is raised again below
            raised.append(error)
            return 1

    callback = Callback(heard)
    watch = Watch(callback, None, c.pointer(cancel))

    def work() -> None:
        try:
            outcome.value = body(watch)
        except BaseException as error:  # noqa: BLE001: it is raised again below
            outcome.error = error

    if threading.current_thread() is threading.main_thread():
        thread = threading.Thread(target=work, name="semid", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(1.0)
        except BaseException:
            cancel.value = 1
            thread.join()
            raise
    else:
        work()
    for line in told:
        warnings.warn(line, SemidWarning, stacklevel=3)
    if raised:
        raise raised[0]
    if outcome.error is not None:
        raise outcome.error
    value: Value = outcome.value
    return value


def address(array: npt.NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])


