"""Constraints in files and tensors, and the catalogues of a server."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid
from semid.catalogues import Catalogue, Catalogues
from semid.trie import TrieArrays

from made_engines import BEGIN, CLOSE, EOS, FIRST, PAD, TRIGGER, VOCABULARY, allowed_next, constraint_of, made_codes, write_catalogues


def configurations() -> Any:
    """Constraints of every kind: begins, ends, padding, triggers, lengths, and tables of tokens."""
    random = np.random.default_rng(0)
    codes = np.unique(random.integers(0, 5, (50, 3)), axis=0).astype(np.uint16)
    lengths = np.full(len(codes), 3)
    lengths[::5] = 2
    numbers = random.permutation(40)[:15]
    for begin, end, padding, triggers, short, table in itertools.product(
        ([], [45], [45, 46]), ([], [47], [47, 48]), ([], [49, 44]), ([], [43], [43, 42]), (False, True), (False, True)
    ):
        if triggers and padding:
            continue  # which has no meaning there
        given: dict[str, Any] = {"begin": begin, "end": end, "padding": padding, "triggers": triggers}
        given |= {"tokens": [numbers[:5], numbers[5:10], numbers[10:]]} if table else {"first_token": 3}
        if short:
            given["lengths"] = lengths
        try:
            yield semid.Constraint(codes=codes, level_sizes=[5] * 3, vocabulary_size=50, **given)
        except semid.InputError:
            # Begins and triggers without an end, and IDs that begin others without one.
            assert not end


def test_a_constraint_is_loaded_as_it_was_written(tmp_path: Path) -> None:
    count = 0
    for made in configurations():
        made.write(tmp_path / "made.npz")
        loaded = semid.Constraint.load(tmp_path / "made.npz")
        assert {k: made.info[k] for k in ("ids", "prefixes", "states", "vocabularySize", "begin", "end", "padding", "triggers")} == {
            k: loaded.info[k] for k in ("ids", "prefixes", "states", "vocabularySize", "begin", "end", "padding", "triggers")
        }
        seen, left = {}, [(int(made.start(1)[0]), int(loaded.start(1)[0]))]
        while left:
            ours, theirs = left.pop()
            if ours in seen:
                assert seen[ours] == theirs
                continue
            seen[ours] = theirs
            allowed = made.allowed([ours])[0]
            np.testing.assert_array_equal(allowed, loaded.allowed([theirs])[0])
            for token in allowed:
                left.append((int(made.advance([ours], [token])[0]), int(loaded.advance([theirs], [token])[0])))
        assert len(seen) >= made.info["prefixes"]
        count += 1
    assert count > 60


def test_a_constraint_of_the_command_is_loaded(tmp_path: Path, index: semid.Index, command: Any) -> None:
    index.close()
    command("corpus", "constraint", tmp_path / "index", "--first-token", 100, "--begin", 5, "--end", 6, "--output", tmp_path / "c.npz")
    with semid.Index.open(tmp_path / "index") as opened:
        ours = semid.Constraint(opened, first_token=100, begin=5, end=6)
        loaded = semid.Constraint.load(tmp_path / "c.npz")
        states = np.arange(ours.info["states"])
        np.testing.assert_array_equal(ours.mask(states), loaded.mask(states))


def test_files_that_are_no_constraint_are_refused(tmp_path: Path) -> None:
    good_path = tmp_path / "good.npz"
    constraint_of(made_codes()).write(good_path)
    with np.load(good_path) as archive:
        good = {key: archive[key] for key in archive.files}

    def changed(**values: Any) -> Path:
        np.savez(tmp_path / "bad.npz", **{**good, **values})
        return tmp_path / "bad.npz"

    token, children, depth = good["token"], good["children"], good["depth"]
    last = good["is_id"].copy()
    last[-1] = False
    bad = {
        "token": [token.astype(float), token[:-1], np.where(np.arange(token.size) == 5, 10**6, token),
                  np.where(np.arange(token.size) == 0, 3, token), np.where(np.arange(token.size) == 2, token[1], token),
                  token[:, None], np.array([-1])],
        "children": [children[::-1].copy(), children[:-1], np.zeros_like(children), children + 1],
        "depth": [depth[::-1].copy(), depth[:2], np.arange(300), depth + 1, np.array([0, 1, 2, *depth[2:]])],
        "is_id": [last, good["is_id"].astype(int), good["is_id"][:-1], np.ones_like(good["is_id"])],
        "begin": [np.array([-1]), np.array([VOCABULARY]), np.array([1.5])],
        "level_sizes": [np.array([16]), np.array([0, 16, 16])],
        "vocabulary_size": [np.array(0), np.array(2**40), np.array([5])],
    }
    for key, values in bad.items():
        for value in values:
            with pytest.raises(semid.InputError, match="bad.npz"):
                TrieArrays.read(changed(**{key: value}))
    for key in good:
        np.savez(tmp_path / "bad.npz", **{k: v for k, v in good.items() if k != key})
        with pytest.raises(semid.InputError, match=key):
            TrieArrays.read(tmp_path / "bad.npz")
    np.savez(tmp_path / "bad.npz", **{**good, "token": np.array([{"a": 1}], object)}, allow_pickle=True)
    with pytest.raises(semid.FileError, match="pickle|Object"):
        TrieArrays.read(tmp_path / "bad.npz")
    for content in (b"", b"hello", good_path.read_bytes()[:200]):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(semid.FileError):
            TrieArrays.read(tmp_path / "bad.npz")
    np.save(tmp_path / "bad.npy", token)
    for path in (tmp_path / "bad.npy", tmp_path):
        with pytest.raises(semid.FileError):
            TrieArrays.read(path)
    with pytest.raises(semid.FileError, match="no such file"):
        semid.Constraint.load(tmp_path / "none.npz")


def test_tensors_are_the_automaton() -> None:
    torch = pytest.importorskip("torch")
    from semid.tensors import ConstraintTensors

    random = np.random.default_rng(1)
    for constraint in configurations():
        arrays = TrieArrays.of(constraint)
        tensors = ConstraintTensors(arrays)
        count, size = constraint.info["states"], constraint.vocabulary_size
        assert tensors.lost == count and tensors.start == constraint.info["start"]
        states = np.arange(count + 1, dtype=np.uint32)
        states[-1] = semid.NO_STATE
        bits = np.unpackbits(constraint.mask(states).view(np.uint8), axis=1, bitorder="little")[:, :size].astype(bool)
        numbers = torch.arange(count + 1)
        np.testing.assert_array_equal(tensors.mask(numbers).numpy(), bits)
        wide, narrow = tensors.mask(numbers, size + 7).numpy(), tensors.mask(numbers, size - 4).numpy()
        assert not wide[:, size:].any() and (wide[:, :size] == bits).all() and (narrow == bits[:, : size - 4]).all()
        here, token = (part.ravel() for part in np.meshgrid(np.arange(count + 1), np.arange(-2, size + 2), indexing="ij"))
        expected = constraint.advance(states[here], token, strict=False).astype(np.int64)
        expected[expected == semid.NO_STATE] = count
        np.testing.assert_array_equal(tensors.advance(torch.from_numpy(here), torch.from_numpy(token)).numpy(), expected)
        if not arrays.begin and not arrays.triggers:
            with pytest.raises(semid.InputError, match="begins an ID"):
                tensors.states(torch.zeros((1, 3), dtype=torch.long))
            continue
        texts = random.integers(0, size, (80, tensors.window))
        for row in range(50):
            mark = [int(random.choice(arrays.triggers))] if arrays.triggers else list(arrays.begin)
            text = [*random.integers(0, size, random.integers(0, 3)).tolist(), *mark]
            state = constraint.states([text[text.index(mark[0]) :]], strict=False)
            for _ in range(random.integers(0, tensors.window)):
                allowed = constraint.allowed(state)[0]
                if not len(allowed) or (arrays.triggers and state[0] == tensors.start):
                    break
                text.append(int(random.choice(allowed)))
                state = constraint.advance(state, text[-1:])
            text = text[-tensors.window :]
            texts[row, -len(text) :] = text
        if arrays.triggers:
            expected = constraint.states(texts, strict=False).astype(np.int64)
        else:
            begin = list(arrays.begin)
            starts = [
                max((place for place in range(len(text)) if text[place : place + len(begin)] == begin), default=-1)
                for text in texts.tolist()
            ]
            expected = constraint.states(texts, starts=np.maximum(starts, 0), strict=False).astype(np.int64)
            expected[np.array(starts) < 0] = semid.NO_STATE
        expected[expected == semid.NO_STATE] = count
        np.testing.assert_array_equal(tensors.states(torch.from_numpy(texts)).numpy(), expected)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_catalogues(tmp_path / "catalogues")
    return tmp_path / "catalogues"


def test_states_of_texts(folder: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from semid.tensors import ConstraintTensors

    ids = write_catalogues(folder)
    random = np.random.default_rng(2)
    for name, begin, end, stuck in (("films", [BEGIN], [EOS], [EOS]), ("songs", [70, 71], [EOS], [PAD])):
        catalogue = Catalogue(folder / f"{name}.npz")
        texts = []
        for _ in range(300):
            found = list(ids[name])[random.integers(len(ids[name]))]
            written = [*found, *end, *([PAD] * 3)][: random.integers(0, 7)]
            text = [*random.integers(3, 49, random.integers(0, 12)).tolist(), *begin, *written]
            if random.random() < 0.2:
                text[random.integers(len(text))] = int(random.integers(0, VOCABULARY))
            texts.append(text)
        states = catalogue.states(texts)
        words = catalogue.words(states, VOCABULARY, catalogue.closing())
        bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
        for text, row in zip(texts, bits):
            assert set(np.flatnonzero(row)) == allowed_next(ids[name], text, begin, end, stuck), text
        # The same by tensors.
        tensors = ConstraintTensors(catalogue.arrays)
        lengths = torch.tensor([min(len(text), tensors.window) for text in texts])
        tokens = torch.tensor([([7] * tensors.window + text)[-tensors.window :] for text in texts])
        found = tensors.mask(tensors.states(tokens, lengths)).numpy()
        stuck_rows = ~found.any(axis=1)
        np.testing.assert_array_equal(found[~stuck_rows], bits[~stuck_rows, :VOCABULARY].astype(bool))
        assert all(set(np.flatnonzero(row)) == set(stuck) for row in bits[stuck_rows])

    books = Catalogue(folder / "books.npz")
    assert books.states([[], [5, 6], [5, TRIGGER]]).tolist() == [books.constraint.info["start"]] * 2 + [0]
    one = next(iter(ids["books"]))
    assert books.states([[5, TRIGGER, *one]])[0] not in (0, books.constraint.info["start"], semid.NO_STATE)
    assert books.states([[5, TRIGGER, *one, CLOSE]])[0] == books.constraint.info["start"]
    assert books.states([[5, TRIGGER, 7]])[0] == semid.NO_STATE


def test_catalogues_are_named_by_the_environment(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Catalogues.from_environment() is None
    monkeypatch.setenv("SEMID_CONSTRAINTS", str(folder))
    with pytest.raises(semid.InputError, match="SEMID_DEFAULT_CONSTRAINT.*several catalogues"):
        Catalogues.from_environment()
    monkeypatch.setenv("SEMID_DEFAULT_CONSTRAINT", "plays")
    with pytest.raises(semid.InputError, match="plays"):
        Catalogues.from_environment()
    monkeypatch.setenv("SEMID_DEFAULT_CONSTRAINT", "songs")
    several = Catalogues.from_environment()
    assert several is not None and sorted(several) == ["books", "films", "songs"] and several["films"].window == 5
    assert several.named(None) == "songs" and several.named("films") == "films" and several.named("off") is None
    for wrong in ("plays", 3, "", ["films"]):
        with pytest.raises(semid.InputError, match="books, films, songs, or off"):
            several.named(wrong)
    monkeypatch.setenv("SEMID_DEFAULT_CONSTRAINT", "off")
    off = Catalogues.from_environment()
    assert off is not None and off.named(None) is None
    one = Catalogues(folder / "films.npz")
    assert one.named(None) == "films" and len(one) == 1
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "none", tmp_path / "none.npz"):
        with pytest.raises(semid.FileError):
            Catalogues(path)
    (folder / "films.npz").rename(folder / "off.npz")
    with pytest.raises(semid.InputError, match="another name"):
        Catalogues(folder, "songs")
    codes = made_codes()
    constraint_of(codes, begin=[], end=[]).write(tmp_path / "bare.npz")
    with pytest.raises(semid.InputError, match="begin an ID"):
        Catalogue(tmp_path / "bare.npz")


def test_masks_are_applied_to_scores_of_every_kind(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    from semid import _logits

    catalogue = Catalogue(folder / "films.npz")
    states = catalogue.states([[BEGIN], [5], [BEGIN, FIRST + int(made_codes()[0, 0])]])
    for columns in (VOCABULARY - 3, VOCABULARY, VOCABULARY + 50):
        words = catalogue.words(states, columns, [EOS])
        bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")[:, :columns].astype(bool)
        assert np.flatnonzero(bits[1]).tolist() == [EOS]
        for kind in (torch.float32, torch.bfloat16, torch.float16, torch.float64):
            scores = torch.randn(5, columns).to(kind)
            after = scores.clone()
            _logits.forbid(after, words, [4, 0, 2])
            np.testing.assert_array_equal(torch.isfinite(after[[4, 0, 2]]).numpy(), bits)
            assert (after[[1, 3]] == scores[[1, 3]]).all() and (after[torch.isfinite(after)] == scores[torch.isfinite(after)]).all()
            _logits.forbid(scores[:3], words)
            np.testing.assert_array_equal(torch.isfinite(scores[:3]).numpy(), bits)


@pytest.mark.parametrize("name", ["vllm", "sglang", "xgrammar"])
def test_an_engine_that_is_not_installed_is_named(name: str, tmp_path: Path) -> None:
    # An empty module in the engine's place, first on the path.
    (tmp_path / f"{name}.py").write_text("raise ImportError('not here')")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import semid.{name}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode != 0 and f"install the extra [{name}] of swift-semantic-id" in done.stderr.splitlines()[-1]
