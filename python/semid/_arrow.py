"""Vectors of Arrow's C data interface (the PyCapsule protocol): pyarrow, polars, DuckDB and others, without any of them."""

from __future__ import annotations

import ctypes as c
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import InputError


class _Schema(c.Structure):
    pass


_Schema._fields_ = [
    ("format", c.c_char_p),
    ("name", c.c_char_p),
    ("metadata", c.c_void_p),
    ("flags", c.c_int64),
    ("n_children", c.c_int64),
    ("children", c.POINTER(c.POINTER(_Schema))),
    ("dictionary", c.POINTER(_Schema)),
    ("release", c.c_void_p),
    ("private", c.c_void_p),
]


class _Array(c.Structure):
    pass


_Array._fields_ = [
    ("length", c.c_int64),
    ("null_count", c.c_int64),
    ("offset", c.c_int64),
    ("n_buffers", c.c_int64),
    ("n_children", c.c_int64),
    ("buffers", c.POINTER(c.c_void_p)),
    ("children", c.POINTER(c.POINTER(_Array))),
    ("dictionary", c.POINTER(_Array)),
    ("release", c.c_void_p),
    ("private", c.c_void_p),
]

_pointer = c.pythonapi.PyCapsule_GetPointer
_pointer.argtypes, _pointer.restype = [c.py_object, c.c_char_p], c.c_void_p

_TYPES = {b"e": np.float16, b"f": np.float32, b"g": np.float64, b"c": np.int8, b"C": np.uint8, b"s": np.int16,
          b"S": np.uint16, b"i": np.int32, b"I": np.uint32, b"l": np.int64, b"L": np.uint64}


def is_arrow(value: object) -> bool:
    return hasattr(value, "__arrow_c_array__") or hasattr(value, "__arrow_c_stream__")


class _Stream(c.Structure):
    pass


_Stream._fields_ = [
    ("get_schema", c.CFUNCTYPE(c.c_int, c.POINTER(_Stream), c.POINTER(_Schema))),
    ("get_next", c.CFUNCTYPE(c.c_int, c.POINTER(_Stream), c.POINTER(_Array))),
    ("get_last_error", c.CFUNCTYPE(c.c_char_p, c.POINTER(_Stream))),
    ("release", c.c_void_p),
    ("private", c.c_void_p),
]


def _release(thing: Any) -> None:
    if thing.release:
        c.CFUNCTYPE(None, c.c_void_p)(thing.release)(c.addressof(thing))


def matrix(value: Any, name: str) -> npt.NDArray[Any]:
    """Fixed-size lists of numbers as N × d. One array is a view; the chunks of a stream are put together."""
    if hasattr(value, "__arrow_c_array__"):
        schema_capsule, array_capsule = value.__arrow_c_array__()
        schema = _Schema.from_address(_pointer(schema_capsule, b"arrow_schema"))
        array = _Array.from_address(_pointer(array_capsule, b"arrow_array"))
        return _view(schema, array, name, keep=array_capsule)
    capsule = value.__arrow_c_stream__()
    stream = _Stream.from_address(_pointer(capsule, b"arrow_array_stream"))
    schema = _Schema()
    parts = []
    if stream.get_schema(c.byref(stream), c.byref(schema)) != 0:
        raise InputError(name, kind="malformed", expected="an Arrow stream", found="one that cannot be read")
    try:
        while True:
            array = _Array()
            if stream.get_next(c.byref(stream), c.byref(array)) != 0:
                raise InputError(name, kind="malformed", expected="an Arrow stream", found="one that broke off")
            if not array.release:
                break
            try:
                parts.append(_view(schema, array, name, keep=None).copy())
            finally:
                _release(array)
    finally:
        _release(schema)
    if not parts:
        raise InputError(name, kind="malformed", expected="at least one vector", found="none")
    return np.concatenate(parts)


class _Owner:
    """Keeps Arrow's memory for as long as a numpy array looks at it."""

    def __init__(self, capsule: Any, interface: dict[str, Any]) -> None:
        self._capsule = capsule
        self.__array_interface__ = interface


def _view(schema: _Schema, array: _Array, name: str, keep: Any) -> npt.NDArray[Any]:
    format_ = schema.format or b""
    if not format_.startswith(b"+w:"):
        raise InputError(
            name, kind="unsupported", expected="an Arrow array of fixed-size lists of numbers",
            found=f"one of format {format_.decode(errors='replace')}",
        )
    width = int(format_[3:])
    child_type = schema.children[0].contents.format or b""
    if child_type not in _TYPES:
        raise InputError(
            name, kind="unsupported", expected="numbers in the lists",
            found=f"format {child_type.decode(errors='replace')}",
        )
    child = array.children[0].contents
    if _has_nulls(array) or _has_nulls(child):
        raise InputError(name, kind="malformed", expected="a value in every place", found="missing ones")
    dtype = np.dtype(_TYPES[child_type])
    if array.length == 0 or width == 0:
        return np.empty((array.length, width), dtype)
    if child.n_buffers < 2 or child.length < (array.offset + array.length) * width:
        raise InputError(name, kind="malformed", expected="a value in every place", found="fewer")
    start = (child.buffers[1] or 0) + (child.offset + array.offset * width) * dtype.itemsize
    owner = _Owner(
        keep,
        {"version": 3, "shape": (array.length, width), "typestr": dtype.str, "data": (start, True)},
    )
    return np.asarray(owner)


def _has_nulls(array: _Array) -> bool:
    if array.null_count == 0 or not array.n_buffers or not array.buffers[0]:
        return False
    bits = np.ctypeslib.as_array(c.cast(array.buffers[0], c.POINTER(c.c_uint8)), ((array.offset + array.length + 7) // 8,))
    present = np.unpackbits(bits, bitorder="little")[array.offset : array.offset + array.length]
    return not present.all()
