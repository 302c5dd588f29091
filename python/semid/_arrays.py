"""What comes in as arrays, and by which rule it is used, converted or refused.

Vectors: a C-contiguous, aligned float32 array is used where it is, whether or not it may be written. Other floats,
whole numbers and truth values are converted to float32, and other orders and strides are copied. Complex numbers, objects,
texts and dates are refused.

Codes: a C-contiguous uint16 array is used where it is. Other whole numbers are checked against 0 to 65,535 and converted.
Floats are refused.

Anything that has ``__dlpack__`` on the processor, ``__array__`` or Arrow's ``__arrow_c_array__`` or ``__arrow_c_stream__``
is taken like a numpy array, without a copy where its type and layout allow it.
"""

from __future__ import annotations

import ctypes as c
import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _arrow
from ._library import Codes, Column, Matrix, Table, Tensor, Texts, address, text
from .errors import InputError

#: An array of numpy's, or anything that the rule above takes for one.
ArrayLike = Any
Float32 = npt.NDArray[np.float32]
UInt16 = npt.NDArray[np.uint16]
Int64 = npt.NDArray[np.int64]


def as_array(value: ArrayLike, name: str) -> npt.NDArray[Any]:
    """A numpy array on the same memory, where that can be."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise InputError(
            name, kind="malformed", expected="values, all of them", found="masked ones",
            remedy="fill them, or leave out their rows",
        )
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    # pandas speaks Arrow, too, and has the array itself.
    if _arrow.is_arrow(value) and not type(value).__module__.startswith("pandas"):
        return _arrow.matrix(value, name)
    if hasattr(value, "__dlpack__") and hasattr(value, "__dlpack_device__"):
        device = int(value.__dlpack_device__()[0])
        if device not in (1, 3, 11, 13):  # memory that the processor reads: plain, pinned, managed
            raise InputError(
                name, expected="an array in the processor's memory", found="one on a device",
                remedy="bring it over first, such as by .cpu()",
            )
        if getattr(value, "requires_grad", False):
            value = value.detach()
        try:
            return np.from_dlpack(value)
        except (TypeError, BufferError, RuntimeError, ValueError) as error:
            raise InputError(
                name, expected="an array of a type that numpy has", found=str(error), remedy="convert it to float32"
            ) from None
    try:
        return np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputError(name, kind="malformed", expected="an array of numbers", found=str(error)) from None


def vectors(value: ArrayLike, name: str = "vectors", *, one: bool = False) -> Float32:
    """N × d float32, C-contiguous. With `one`, a single vector is a matrix of one row."""
    array = as_array(value, name)
    if array.dtype.kind not in "fiub":
        raise InputError(name, kind="malformed", expected="numbers", found=f"an array of {array.dtype}")
    if one and array.ndim == 1:
        array = array[np.newaxis]
    if array.ndim != 2:
        raise InputError(
            name, kind="malformed", expected="two dimensions, items × components",
            found=f"{array.ndim} ({'×'.join(map(str, array.shape))})",
        )
    with np.errstate(over="ignore", invalid="ignore"):
        return np.require(array, np.float32, ["C", "A"])


def on_processor(value: ArrayLike, name: str = "vectors") -> Float32:
    """As `vectors`, and tensors on a device are brought over."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu()
        # numpy has no bfloat16.
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    return vectors(value, name)


def row(value: ArrayLike, name: str) -> Float32:
    """Numbers of one dimension as float32; a single number, or a matrix of one row, is taken, too."""
    array = as_array(value, name)
    if array.dtype.kind not in "fiub":
        raise InputError(name, kind="malformed", expected="numbers", found=f"an array of {array.dtype}")
    if array.ndim > 1 and array.size != array.shape[-1]:
        raise InputError(
            name, kind="malformed", expected="one dimension", found=f"{array.ndim} ({'×'.join(map(str, array.shape))})"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        return np.require(array.reshape(-1), np.float32, ["C", "A"])


class NamedMatrices:
    """Named matrices and vectors for the engine, and what keeps their memory."""

    def __init__(self, value: Mapping[str, ArrayLike], name: str) -> None:
        if not isinstance(value, Mapping):
            raise InputError(name, expected="a dict of arrays by name", found=type(value).__name__)
        self._kept: list[Float32] = []
        structs = []
        for key, tensor in value.items():
            if not isinstance(key, str):
                raise InputError(name, expected="names that are texts", found=repr(key)[:80])
            source = f'{name}["{key}"]'
            array = as_array(tensor, source)
            if array.ndim < 2:
                array = row(array, source)[np.newaxis]
            else:
                array = vectors(array, source)
            self._kept.append(array)
            structs.append(Tensor(text(key), matrix(array)))
        self.tensors = (Tensor * len(structs))(*structs)


def matrix(array: Float32 | None) -> Matrix:
    if array is None:
        return Matrix(None, 0, 0)
    # An empty array has an address, too: shape 0 × d is a matrix, and not none.
    return Matrix(address(array) or None, array.shape[0], array.shape[1])


def codes(value: ArrayLike, name: str = "codes") -> UInt16:
    """N × L uint16, C-contiguous."""
    array = as_array(value, name)
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.uint16)
    if array.dtype.kind not in "iu":
        raise InputError(name, kind="malformed", expected="whole numbers", found=f"an array of {array.dtype}")
    if array.ndim == 1 and array.dtype.kind in "iu":
        raise InputError(
            name, kind="malformed", expected="two dimensions, items × levels", found="1",
            remedy="write codes[:, None] for one level, codes[None] for one item",
        )
    if array.ndim != 2:
        raise InputError(name, kind="malformed", expected="two dimensions, items × levels", found=str(array.ndim))
    if array.dtype != np.uint16 and array.size:
        low, high = int(array.min()), int(array.max())
        if low < 0 or high > 65_535:
            row, level = np.argwhere((array < 0) | (array > 65_535))[0]
            raise InputError(
                name, kind="malformed", place=f"item {row}, level {level}", expected="codes from 0 to 65535",
                found=str(array[row, level]),
            )
    return np.require(array, np.uint16, ["C", "A"])


def sizes(value: ArrayLike | None, name: str = "level_sizes") -> Int64 | None:
    if value is None:
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.empty(0)
    if array.ndim != 1 or array.dtype.kind not in "iu" or (array.dtype == np.uint64 and (array > 2**62).any()):
        raise InputError(name, expected="a list of whole numbers", found=repr(value)[:80])
    return np.require(array, np.int64, ["C", "A"])


def code_struct(array: UInt16 | None, level_sizes: Int64 | None = None) -> Codes:
    if array is None:
        return Codes(None, 0, 0, None)
    if level_sizes is not None and len(level_sizes) != array.shape[1]:
        raise InputError(
            "level_sizes", kind="mismatch", expected=f"{array.shape[1]} sizes, one a level", found=str(len(level_sizes))
        )
    return Codes(
        address(array), array.shape[0], array.shape[1], None if level_sizes is None else address(level_sizes)
    )


class TextArray:
    """Texts end to end, and what keeps their memory."""

    def __init__(self, texts: Sequence[str] | None) -> None:
        self.texts = texts
        if texts is None:
            self.struct = Texts(None, None, 0)
            return
        try:
            encoded = [value.encode() for value in texts]
        except UnicodeEncodeError as error:
            raise InputError("text", kind="malformed", expected="text that is Unicode", found=str(error)) from None
        self._bytes = b"".join(encoded)
        self._offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(value) for value in encoded], out=self._offsets[1:])
        self._kept = c.c_char_p(self._bytes)
        self.struct = Texts(c.cast(self._kept, c.c_void_p), address(self._offsets), len(encoded))


def texts(value: Iterable[Any] | None, name: str = "ids") -> TextArray:
    """Ids as texts. Whole numbers are written out; anything else is refused."""
    if value is None:
        return TextArray(None)
    if isinstance(value, (str, bytes)):
        raise InputError(name, expected="a list of ids", found="a single one", remedy="put it in a list")
    items: Any = value.tolist() if hasattr(value, "tolist") else list(value)
    if not isinstance(items, list):
        raise InputError(name, expected="a list of ids", found=type(value).__name__)
    result: list[str] = []
    for place, item in enumerate(items):
        if hasattr(item, "as_py"):  # pyarrow's scalars
            item = item.as_py()
        if isinstance(item, str):
            result.append(item)
        elif isinstance(item, (int, np.integer)) and not isinstance(item, bool):
            result.append(str(int(item)))
        else:
            raise InputError(
                name, kind="malformed", place=f"row {place}", expected="a text or a whole number",
                found=f"{item!r}"[:80],
            )
    return TextArray(result)


_TEXT, _INTEGER, _FLOAT, _BOOLEAN, _TIME, _TEXT_LIST, _INTEGER_LIST, _FLOAT_LIST, _BOOLEAN_LIST, _FLOAT32_LIST = range(10)


class TableColumns:
    """Columns of a table for the engine, and what keeps their memory.

    Texts, numbers, truth values, times, and lists of the first three. Lists may be lists, tuples or one-dimensional arrays; elements that are None are left out.
    """

    def __init__(self, value: Any, name: str, count: int | None = None) -> None:
        self._kept: list[Any] = []
        structs = []
        rows = count
        for column in _columns(value, name):
            if rows is None:
                rows = len(column.cells if column.array is None else column.array)
            structs.append(self._column(column, name, rows))
        self.rows = rows or 0
        self.count = len(structs)
        self.array = (Column * max(len(structs), 1))(*structs)

    def _column(self, column: _Column, table: str, count: int) -> Column:
        if column.array is not None and len(column.array) == count:
            return self._plain(column.name, column.array, count)
        items = column.cells
        source = f'{table}: column "{column.name}"'
        if len(items) != count:
            raise InputError(source, kind="mismatch", expected=f"{count} values, one an item", found=str(len(items)))
        items = [None if _is_missing(item) else item for item in items]
        there = [item for item in items if item is not None]
        present = np.array([item is not None for item in items], np.uint8)
        self._kept.append(present)
        if there and all(_is_list(item) for item in there):
            return self._lists(column, items, present, source)
        if there and all(isinstance(item, (datetime.date, np.datetime64)) for item in there):
            times = np.array([np.datetime64(_naive(item), "us") if item is not None else np.datetime64(0, "us") for item in items])
            kind, data = _TIME, times.astype(np.int64)
            self._kept.append(data)
            return Column(text(column.name), kind, address(data), None, address(present), count, None, 0)
        kind, values, offsets = self._values([0 if item is None else item for item in items], there, source)
        return Column(text(column.name), kind, values, offsets, address(present), count, None, 0)

    def _plain(self, name: str, array: npt.NDArray[Any], count: int) -> Column:
        """Numbers without gaps, as they lie in an array."""
        kind = _BOOLEAN if array.dtype.kind == "b" else _INTEGER if array.dtype.kind in "iu" else _FLOAT
        data = np.require(array, np.float64 if kind == _FLOAT else np.int64, ["C", "A"])
        self._kept.append(data)
        return Column(text(name), kind, address(data), None, None, count, None, 0)

    def _lists(self, column: _Column, items: list[Any], present: npt.NDArray[np.uint8], source: str) -> Column:
        # Arrays as they are told whether they hold numbers of 32 bits.
        is_single = column.is_single or any(isinstance(item, np.ndarray) and item.dtype in (np.float32, np.float16) for item in items)
        rows: list[list[Any]] = []
        for place, item in enumerate(items):
            if isinstance(item, np.ndarray) and item.ndim != 1:
                raise InputError(
                    source, kind="unsupported", place=f"row {place}", expected="a list of one dimension",
                    found=f"{item.ndim} dimensions",
                )
            cells = [] if item is None else item.tolist() if hasattr(item, "tolist") else list(item)
            rows.append([cell for cell in cells if not _is_none(cell)])
        elements = [cell for cells in rows for cell in cells]
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(cells) for cells in rows], out=starts[1:])
        kind, values, offsets = self._values(elements, elements, source + ", elements of lists", _TEXT)
        lists = {_TEXT: _TEXT_LIST, _INTEGER: _INTEGER_LIST, _FLOAT: _FLOAT_LIST, _BOOLEAN: _BOOLEAN_LIST}[kind]
        if lists == _FLOAT_LIST and is_single:
            with np.errstate(over="ignore"):
                single = np.array(elements, np.float64).astype(np.float32)
            self._kept.append(single)
            lists, values = _FLOAT32_LIST, address(single)
        self._kept.append(starts)
        return Column(
            text(column.name), lists, values, offsets, address(present), len(rows), address(starts), len(elements)
        )

    def _values(self, items: list[Any], there: list[Any], source: str, nothing: int = _BOOLEAN) -> tuple[int, Any, int | None]:
        """The kind of values, where they lie, and where texts begin. Items that are 0 and not among `there` are missing.

        `nothing` is the kind of no values at all.
        """
        data: Any
        if not there and nothing == _TEXT:
            kind, data = _TEXT, None
        elif all(isinstance(item, (bool, np.bool_)) for item in there):
            kind, data = _BOOLEAN, np.array([bool(item) for item in items], np.int64)
        elif all(isinstance(item, (int, np.integer)) and not isinstance(item, bool) for item in there):
            try:
                kind, data = _INTEGER, np.array([int(item) for item in items], np.int64)
            except OverflowError:
                raise InputError(source, kind="unsupported", expected="64-bit numbers", found="larger ones") from None
        elif all(isinstance(item, (int, float, np.number)) and not isinstance(item, bool) for item in there):
            kind, data = _FLOAT, np.array([float(item) for item in items], np.float64)
        elif all(isinstance(item, str) for item in there):
            kind, data = _TEXT, None
        else:
            kinds = sorted({type(item).__name__ for item in there})
            raise InputError(
                source, kind="unsupported", expected="texts, numbers, truth values, times or lists, of one type",
                found=", ".join(kinds),
            )
        if kind == _TEXT:
            column = TextArray([item or "" for item in items])
            self._kept.append(column)
            return _TEXT, column.struct.bytes, column.struct.offsets
        self._kept.append(data)
        return kind, address(data), None


class AttributeTable:
    """Columns of attributes for the engine, and what keeps their memory."""

    def __init__(self, value: Any, ids: Sequence[str] | None, count: int) -> None:
        if value is None:
            self.struct = Table(Texts(None, None, 0), None, 0)
            return
        own = ids if ids is not None else [str(row) for row in range(count)]
        self._ids = TextArray(own)
        self._columns = TableColumns(value, "attributes", len(own))
        self.struct = Table(self._ids.struct, self._columns.array, self._columns.count)


def _naive(value: Any) -> Any:
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return value


def _is_missing(value: object) -> bool:
    if value is None:
        return True
    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    return type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, np.datetime64) and bool(np.isnat(value)))


def _is_none(value: object) -> bool:
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def _is_list(value: object) -> bool:
    return isinstance(value, (list, tuple, np.ndarray))


class _Column:
    """A column as Python has it."""

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        #: The numbers, where they are numbers without gaps in an array.
        self.array = _plain_numbers(value)
        #: Whether it is known to hold lists of floats of 32 bits, or of 16.
        self.is_single = self.array is None and _has_single_lists(value)
        self._value = value

    @property
    def cells(self) -> list[Any]:
        return _cells(self._value)


def _plain_numbers(value: Any) -> npt.NDArray[Any] | None:
    if type(value).__module__.startswith("pandas") and isinstance(getattr(value, "dtype", None), np.dtype):
        value = value.to_numpy()
    elif hasattr(value, "null_count") and hasattr(value, "type") and value.null_count == 0:  # pyarrow
        if str(value.type) not in {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "float", "double"}:
            return None
        value = value.to_numpy() if hasattr(value, "chunks") else value.to_numpy(zero_copy_only=False)
    if not isinstance(value, np.ndarray) or isinstance(value, np.ma.MaskedArray) or value.ndim != 1:
        return None
    if value.dtype.kind == "f":
        return None if np.isnan(value).any() else value
    # Numbers that 64 bits with a sign may not hold are looked at one by one.
    return value if value.dtype.kind in "ib" or (value.dtype.kind == "u" and value.dtype.itemsize < 8) else None


def _columns(value: Any, table: str) -> list[_Column]:
    """A dict of columns, a pandas or polars frame, or a pyarrow table."""
    if isinstance(value, Mapping):
        pairs = [(name, column) for name, column in value.items()]
    elif hasattr(value, "column_names") and hasattr(value, "column"):  # pyarrow
        pairs = [(name, value.column(name)) for name in value.column_names]
    elif hasattr(value, "columns") and hasattr(value, "__getitem__"):  # pandas, polars
        pairs = [(name, value[name]) for name in value.columns]
    else:
        raise InputError(table, expected="a dict of columns, a data frame or a table", found=type(value).__name__)
    for name, _ in pairs:
        if not isinstance(name, str):
            raise InputError(table, expected="columns with names that are texts", found=repr(name))
    return [_Column(name, column) for name, column in pairs]


def _has_single_lists(column: Any) -> bool:
    if isinstance(column, np.ndarray):
        return column.ndim == 2 and column.dtype in (np.float32, np.float16)
    for kind in (getattr(column, "type", None), getattr(column, "dtype", None)):  # pyarrow, polars
        inner = getattr(kind, "value_type", None) or getattr(kind, "inner", None)
        if str(inner).lower() in {"float", "halffloat", "float32", "float16"}:
            return True
    return False


def _cells(column: Any) -> list[Any]:
    if isinstance(column, (str, bytes)):
        raise InputError("column", expected="a list of values", found="a single text")
    for name in ("to_pylist", "to_list", "tolist"):  # pyarrow, pandas and polars, numpy
        if hasattr(column, name):
            cells = getattr(column, name)()
            break
    else:
        cells = list(column)
    if not isinstance(cells, list):
        raise InputError("column", expected="a list of values", found=type(column).__name__)
    return [cell.to_pydatetime() if hasattr(cell, "to_pydatetime") else cell for cell in cells]
