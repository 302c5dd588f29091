"""Input that no one should give: it ends in an exception, never in a crash."""

from __future__ import annotations

import ctypes
import gc
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import semid
from semid import _arrays, _library

PATIENT = settings(
    deadline=None, database=None, max_examples=150, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.astype(np.float64), lambda x: np.asfortranarray(x), lambda x: x.astype(">f4"),
        lambda x: np.repeat(x, 2, axis=0)[::2], lambda x: np.concatenate([x, x], axis=1)[:, : x.shape[1]],
        lambda x: x[::-1][::-1], lambda x: x.tolist(), lambda x: memoryview(x), lambda x: np.frombuffer(
            b"\0" + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(x.shape),
    ],
)
def test_layouts_and_types_do_not_matter(vectors: Any, model: semid.RQKMeans, convert: Any) -> None:
    np.testing.assert_array_equal(model.encode(convert(vectors)), model.encode(vectors))


def test_nothing_is_copied_or_written(vectors: Any, model: semid.RQKMeans) -> None:
    assert _arrays.vectors(vectors) is vectors or np.shares_memory(_arrays.vectors(vectors), vectors)
    frozen = vectors.copy()
    frozen.flags.writeable = False
    assert np.shares_memory(_arrays.vectors(frozen), frozen)
    np.testing.assert_array_equal(model.encode(frozen), model.encode(vectors))
    codes = model.encode(vectors)
    assert np.shares_memory(_arrays.codes(codes), codes)


def test_other_libraries_arrays(vectors: Any, model: semid.RQKMeans) -> None:
    expected = model.encode(vectors)
    pyarrow = pytest.importorskip("pyarrow")
    flat = pyarrow.array(vectors.ravel())
    fixed = pyarrow.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    seen = _arrays.as_array(fixed, "x")
    assert seen.ctypes.data == flat.buffers()[1].address
    np.testing.assert_array_equal(model.encode(fixed), expected)
    np.testing.assert_array_equal(model.encode(fixed[10:20]), expected[10:20])
    np.testing.assert_array_equal(model.encode(pyarrow.chunked_array([fixed[:700], fixed[700:]])), expected)
    holes = pyarrow.FixedSizeListArray.from_arrays(flat, vectors.shape[1], mask=pyarrow.array([True] + [False] * 1499))
    with pytest.raises(semid.InputError, match="missing"):
        model.encode(holes)
    for wrong in (flat, pyarrow.array([[1.0], [2.0, 3.0]]), pyarrow.array(["a"])):
        with pytest.raises(semid.InputError):
            model.encode(wrong)
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(vectors.copy())
    assert _arrays.vectors(tensor).ctypes.data == tensor.data_ptr()
    np.testing.assert_array_equal(model.encode(tensor), expected)
    np.testing.assert_array_equal(model.encode(tensor.clone().requires_grad_()), expected)
    with pytest.raises(semid.InputError, match="float32"):
        model.encode(tensor.bfloat16())
    pandas = pytest.importorskip("pandas")
    np.testing.assert_array_equal(model.encode(pandas.DataFrame(vectors)), expected)


@pytest.mark.parametrize(
    "value",
    [
        None, 3, "text", b"bytes", object(), [[1, "a"]], [[1], [2, 3]], {"a": 1}, np.zeros(24), np.zeros((2, 24, 1)),
        np.zeros((0, 24))[None], np.zeros((3, 24), complex), np.zeros((3, 24), object), np.zeros((3, 24), "U3"),
        np.zeros((3, 24), "M8[s]"), np.zeros((3, 24), [("a", "f4")]),
        np.full((3, 24), np.nan, np.float32), np.full((3, 24), np.inf), np.full((3, 24), 1e300), lambda: 0,
    ],
    ids=lambda value: type(value).__name__ + str(getattr(value, "dtype", "")) + str(getattr(value, "shape", "")),
)
def test_what_is_no_vectors(value: Any, model: semid.RQKMeans, index: semid.Index) -> None:
    with pytest.raises(semid.InputError) as error:
        model.encode(value)
    assert error.value.expected or error.value.found
    for call in (
        lambda: semid.RQKMeans(1, 2).fit(value), lambda: semid.RQVAE(1, 2).fit(value), lambda: model.latents(value),
        lambda: semid.resolve(model, value), lambda: semid.Registry().add(["a", "b", "c"], value, model),
    ):
        with pytest.raises(semid.InputError):
            call()
    if not (isinstance(value, np.ndarray) and value.shape == (24,)):
        with pytest.raises(semid.InputError):
            index.search(value)


def test_the_row_is_named(vectors: Any, model: semid.RQKMeans) -> None:
    bad = vectors.copy()
    bad[17, 3] = np.nan
    for call in (lambda: model.encode(bad), lambda: semid.RQKMeans(1, 8).fit(bad), lambda: semid.resolve(model, bad)):
        with pytest.raises(semid.InputError, match="17"):
            call()


def test_no_rows_and_no_columns(model: semid.RQKMeans) -> None:
    assert model.encode(np.empty((0, 24), np.float32)).shape == (0, 3)
    assert model.decode(np.empty((0, 3), np.uint16)).shape == (0, 24)
    for shape in ((0, 24), (5, 0), (0, 0)):
        with pytest.raises(semid.InputError):
            semid.RQKMeans(1, 2).fit(np.empty(shape, np.float32))


@pytest.mark.filterwarnings("ignore::semid.SemidWarning")
@PATIENT
@given(
    arrays.arrays(
        dtype=st.one_of(
            arrays.floating_dtypes(), arrays.integer_dtypes(), arrays.unsigned_integer_dtypes(), arrays.boolean_dtypes(),
            arrays.complex_number_dtypes(), arrays.unicode_string_dtypes(max_len=2), arrays.datetime64_dtypes(),
        ),
        shape=arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=25),
    ),
    st.integers(-3, 3), st.integers(1, 3),
)
def test_any_array_at_all(model: semid.RQKMeans, array: Any, step: int, least: int) -> None:
    if array.ndim and step:
        array = array[::step]
    for call in (model.encode, model.decode, lambda a: semid.RQKMeans(1, least).fit(a), semid.evaluate,
                 lambda a: semid.Constraint(codes=a)):
        try:
            call(array)
        except semid.InputError as error:
            assert str(error) and error.source


@PATIENT
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.binary(max_size=3)),
        lambda inner: st.lists(inner, max_size=4), max_leaves=12,
    )
)
def test_any_value_at_all(model: semid.RQKMeans, value: Any) -> None:
    registry = semid.Registry()
    for call in (
        lambda: model.encode(value), lambda: model.decode(value), lambda: semid.load(value), lambda: registry.lookup(value),
        lambda: semid.RQKMeans(value), lambda: semid.RQKMeans(1, value), lambda: semid.Vocabulary(value),
        lambda: semid.RQKMeans(1, 4, seed=value).fit(np.eye(5, 3)), lambda: semid.RQKMeans(1, 4, metric=value).fit(np.eye(5, 3)),
        lambda: semid.RQKMeans(1, 4, tolerance=value).fit(np.eye(5, 3)), lambda: semid.Constraint(codes=[[0]], end=value),
    ):
        try:
            call()
        except (semid.InputError, TypeError):
            pass


def test_codes_out_of_range(model: semid.RQKMeans) -> None:
    for wrong in ([[0, 0, 16]], [[0, 0, -1]], [[0, 0, 70_000]], [[0, 0]], [[0.5, 0, 0]], [0, 0, 0], [[2**70, 0, 0]]):
        with pytest.raises(semid.InputError):
            model.decode(wrong)


def test_claims_that_no_memory_holds(vectors: Any, model: semid.RQKMeans) -> None:
    """The C face itself: shapes that cannot be, and pointers to nothing."""
    number, text = model._number, _library.text("x")
    place = vectors.ctypes.data
    out = np.empty(16, np.uint16)
    for matrix in (
        _library.Matrix(place, 2**62, 2**62), _library.Matrix(place, 2**31, 2**40), _library.Matrix(place, -1, 24),
        _library.Matrix(None, 5, 24), _library.Matrix(place + 1, 1, 24), _library.Matrix(None, 0, 0),
    ):
        with pytest.raises(semid.InputError):
            _library.call("semid_tokenizer_encode", number, matrix, text, 0, text, 0, out.ctypes.data, out.size)
    good = _library.Matrix(place, 10, 24)
    none = _library.text(None)
    for pointer, capacity in ((None, 30), (out.ctypes.data, 16), (out.ctypes.data + 1, 30), (out.ctypes.data, -5)):
        with pytest.raises(semid.InputError):
            _library.call("semid_tokenizer_encode", number, good, text, 0, none, 0, pointer, capacity)
    with pytest.raises(semid.InputError):
        _library.call("semid_tokenizer_encode", number, good, text, 0, none, -3, out.ctypes.data, 30)
    registry = semid.Registry()
    for texts in (_library.Texts(None, None, 3), _library.Texts(place, None, 2**60), _library.Texts(None, place, -1)):
        with pytest.raises(semid.InputError):
            _library.result("semid_registry_lookup", registry._handle.number, texts, 0)
    down = np.array([0, 5, 3], np.int64)
    with pytest.raises(semid.InputError):
        _library.result(
            "semid_registry_lookup", registry._handle.number,
            _library.Texts(place, down.ctypes.data, 2), 0,
        )


def test_handles_that_are_none(model: semid.RQKMeans, vectors: Any) -> None:
    for number in (0, 1, 2**63, 2**64 - 1, 10**12):
        kind = _library.library.semid_tokenizer_info(number, ctypes.byref(ctypes.c_uint64()))
        if number == 1:
            continue
        assert kind == 9
    with pytest.raises(semid.ClosedError, match="registry"):
        _library.call("semid_registry_verify", model._number)
    with pytest.raises(semid.InputError):
        _library.call("semid_tokenizer_info", model._number, None)
    # Every function with nothing at all.
    for name, kinds in _library._SIGNATURES.items():
        status = getattr(_library.library, name)(*[kind() for kind in kinds])
        assert isinstance(status, int)
    assert _library.library.semid_error(None) is None and _library.library.semid_error(b"nothing") is None


def test_threads_share_and_close(vectors: Any, tmp_path: Path, ids: list[str], model: semid.RQKMeans) -> None:
    index = semid.Index.build(tmp_path / "index", vectors, tokenizer=model, ids=ids)
    expected = index.search(vectors[:50], k=3).rows
    faults: list[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                np.testing.assert_array_equal(index.search(vectors[:50], k=3, threads=2).rows, expected)
                model.encode(vectors[:100], threads=2)
        except semid.ClosedError:
            pass
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    stop.wait(1.0)
    index.close()
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults
    with pytest.raises(semid.ClosedError):
        index.search(vectors[0])


def test_a_writer_and_readers(vectors: Any, tmp_path: Path, ids: list[str], model: semid.RQKMeans) -> None:
    semid.Index.build(tmp_path / "index", vectors[:500], tokenizer=model, ids=ids[:500]).close()
    index = semid.Index.open(tmp_path / "index", writable=True)
    faults: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                try:
                    assert index.search(vectors[:3], k=2).rows.shape == (3, 2)
                except semid.ClosedError:
                    pass  # its state was replaced between two steps
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for start in range(500, 1000, 50):
        index.add(ids[start : start + 50], vectors[start : start + 50])
    done.set()
    for reader in readers:
        reader.join()
    assert not faults and len(index) == 1000
    index.close()


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="there is no /proc")
def test_memory_does_not_grow(vectors: Any, tmp_path: Path, ids: list[str], model: semid.RQKMeans) -> None:
    semid.Index.build(tmp_path / "index", vectors, tokenizer=model, ids=ids).close()
    model.save(tmp_path / "model")

    def cycle(times: int) -> None:
        for turn in range(times):
            with semid.Index.open(tmp_path / "index") as index:
                index.search(vectors[turn % 1500], k=5, threads=1)
            if turn % 10 == 0:
                loaded = semid.load(tmp_path / "model")
                loaded.encode(vectors[:10], threads=1)
                with pytest.raises(semid.InputError):
                    loaded.encode(vectors[:10, :3])

    cycle(1500)
    gc.collect()
    before, open_before = resident(), _library.open_handles()
    cycle(10_000)
    gc.collect()
    assert _library.open_handles() == open_before
    assert resident() - before < 16 << 20


def test_masked_vectors_are_refused(model: Any, vectors: Any) -> None:
    masked = np.ma.masked_array(vectors[:3], mask=np.zeros((3, vectors.shape[1]), bool))
    np.testing.assert_array_equal(model.encode(masked), model.encode(vectors[:3]))
    masked.mask[1, 2] = True
    with pytest.raises(semid.InputError, match="masked"):
        model.encode(masked)


def test_a_k_that_nobody_means_is_refused(index: semid.Index, vectors: Any) -> None:
    assert index.search(vectors[0], k=len(vectors) + 5).rows.shape == (1, len(vectors) + 5)
    with pytest.raises(semid.InputError, match="k"):
        index.search(vectors[0], k=10**9)


@pytest.mark.parametrize(
    ("kind", "starts", "elements", "present"),
    [
        (6, [0, 2, 1, 3], 3, None), (6, [1, 2, 2, 3], 3, None), (6, [0, 1, 2, 2], 3, None), (6, [0, 1, 2, 9], 3, None),
        (6, [0, -1, 2, 3], 3, None), (6, [0, 1, 2, 3], -1, None), (6, [0, 1, 2, 3], 2**62, None), (6, None, 3, None),
        (7, [0, 2, 1, 3], 3, None), (8, [0, 1, 2, 4], 3, None), (9, [3, 2, 1, 0], 3, None), (5, [0, 1, 2, 3], 3, None),
        (6, [0, 1, 2, 3], 3, [1, 0, 1]), (10, [0, 1, 2, 3], 3, None), (-1, [0, 1, 2, 3], 3, None),
    ],
)
def test_list_columns_that_cannot_be(
    tmp_path: Path, kind: int, starts: Any, elements: int, present: Any
) -> None:
    values = np.arange(8, dtype=np.int64)
    places = None if starts is None else np.array(starts, np.int64)
    there = None if present is None else np.array(present, np.uint8)
    column = _library.Column(
        _library.text("tags"), kind, _library.address(values), None, None if there is None else _library.address(there), 3,
        None if places is None else _library.address(places), elements,
    )
    columns = (_library.Column * 1)(column)
    ids = _arrays.TextArray(["a", "b", "c"])
    codes = np.zeros((3, 2), np.uint16)
    with pytest.raises(semid.InputError):
        _library.result(
            "semid_index_build", _library.text(str(tmp_path / "index")), _arrays.code_struct(codes), _arrays.matrix(None), ids.struct,
            0, _library.Table(ids.struct, columns, 1), _library.text("{}"), 0, _library.Watch(),
        )
    assert not (tmp_path / "index").exists()
    source = (_library.Source * 1)(_library.Source(_library.text("codes"), columns, 1, _library.text(None)))
    with pytest.raises(semid.InputError):
        _library.result(
            "semid_corpus_write", _library.text("sequences"), _library.text(str(tmp_path / "corpus")), _library.text("{}"),
            source, 1, 0, _library.Watch(),
        )
    assert not (tmp_path / "corpus").exists()
