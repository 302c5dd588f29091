"""What the engine says, in Python's words; and numbers that are out of range."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid
from semid._messages import in_python

SOURCES = Path(__file__).resolve().parents[2] / "Sources"

#: Modules whose messages no call of the package brings, and files of others that only the command's verbs use.
OUT_OF_REACH = (
    "semid/", "Server/", "Pipeline/", "Catalogues/", "Evaluation/Charts/", "TextEmbedding/", "Interactions/", "Evaluation/Offline/", "Evaluation/Recall/",
    "Evaluation/Atlas/", "Evaluation/CatalogueReport/", "Evaluation/Candidates/", "Evaluation/Codes/CodesToCompare.swift",
    "Evaluation/Codes/CatalogueIDs.swift", "Corpora/GeneratedText/", "Corpora/Items/", "Corpora/Dialects/",
    "Corpora/Writing/", "Corpora/Constraint/ConstraintCheck.swift", "Corpora/Constraint/TokenTrie.swift", "Corpora/Engines/", "Corpora/Vocabulary/TokenizerFolder+Verify.swift",
    # Files of codes and tables: the package takes arrays.
    "Tokenizers/Codes/CodesRows.swift", "Tokenizers/Codes/CodesLayout.swift", "Tokenizers/Codes/CodesForm.swift",
    "Formats/Identifiers/Identifiers+Tables.swift", "Tokenizers/Storage/ModelVerification.swift",
    # Kinds of directories that are not written from here.
    "Tokenizers/Storage/SemanticIDPackage.swift",
)  # fmt: skip

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
VERB = re.compile(r"(?<!import )\bsemid (?:train|encode|resolve|registry|index|search|corpus|model|embed|evaluate|bench|run|prepare|report)\b")


def messages() -> list[tuple[str, str]]:
    """Texts of the engine's sources that name an option or a verb of the command."""
    found = []
    for path in sorted(SOURCES.rglob("*.swift")):
        place = path.relative_to(SOURCES).as_posix()
        if place.startswith(OUT_OF_REACH):
            continue
        source = "\n".join(re.sub(r"^\s*//.*|\s// .*", "", line) for line in path.read_text().splitlines())
        # Texts of several lines are one text, as are those that are put together by +.
        texts = re.findall(r'"""\n(.*?)\n\s*"""', source, re.DOTALL) + re.findall(r'"((?:[^"\\\n]|\\.)*)"', source)
        for text in texts:
            text = re.sub(r"\\\n\s*", "", text).replace('\\"', '"').strip()
            if OPTION.search(text) or VERB.search(text):
                found.append((place, text))
    return found


def test_no_message_in_reach_names_options_of_the_command() -> None:
    if not SOURCES.exists():
        pytest.skip("the engine's sources are not here")
    every = messages()
    assert len(every) > 25
    left = []
    for place, text in every:
        said = in_python(text)
        # A verb of the command may be named as such.
        said = re.sub(r"the command `[^`]*`", "", said)
        if OPTION.search(said) or VERB.search(said):
            left.append(f"{place}: {text!r} becomes {said!r}")
    assert not left, "\n".join(left)


def test_texts_without_options_stay_as_they_are() -> None:
    for text in ("/data/--ids/file: expected 3 rows", "a – b", "semid", "expected a--b", "it costs -- a lot"):
        assert in_python(text) == text or text.startswith("/data")


def test_whole_phrases() -> None:
    for text, said in (
        ("--beam", "beam"),
        ("1 where rows are shared out evenly (--balance strict), level by level", '1 where rows are shared out evenly (balance="strict"), level by level'),
        ("train it with --balance price or strict", 'train it with balance="price" or strict'),
        ("give the --tokenizer that knows it", "give the tokenizer= that knows it"),
        ("more items per ID (--capacity)", "more items per ID (capacity=)"),
        ("make it with `semid index build`", "make it with semid.Index.build"),
        ("try --revival 0.05, which moves codes that are not used, or --sinkhorn 0.01, which", "try revival_share=0.05, which moves codes that are not used, or sinkhorn_epsilons=0.01, which"),
    ):
        assert in_python(text) == said


def test_errors_and_warnings_say_it_so(vectors: Any, ids: list[str], tmp_path: Path) -> None:
    model = semid.RQKMeans(2, 16).fit(vectors)
    with pytest.raises(semid.InputError) as error:
        model.encode(vectors, balance="price")
    assert error.value.remedy == 'train it with balance="price" or strict' and "--" not in str(error.value)
    strict = semid.RQKMeans(2, 16, balance="strict").fit(vectors)
    with pytest.raises(semid.InputError) as error:
        strict.encode(vectors, beam=4)
    assert error.value.source == "beam" and "--" not in str(error.value)
    with pytest.raises(semid.FileError) as missing:
        semid.Index.open(tmp_path / "none")
    assert missing.value.remedy == "make it with semid.Index.build"
    with pytest.raises(semid.FileError) as missing:
        semid.Registry(tmp_path / "none.db", access="read")
    assert "semid.Registry(path) makes one" in str(missing.value)
    with pytest.raises(semid.InputError) as error:
        semid.resolve(semid.RQKMeans(1, 4).fit(vectors), vectors)
    assert 'strategy="extra-level"' in str(error.value) and "capacity=" in str(error.value)


@pytest.mark.parametrize("value", [-1, 2**64, 1.5, "7", True, None])
def test_seeds_out_of_range_are_named(value: Any, vectors: Any) -> None:
    if value is not None:
        for make in (lambda: semid.RQKMeans(seed=value), lambda: semid.RQVAE(seed=value)):
            with pytest.raises(semid.InputError) as error:
                make()
            assert str(error.value) == f"seed: expected 0 to 2^64-1, found {value!r}"
        with pytest.raises(semid.InputError, match="seed: expected"):
            semid.evaluate(np.zeros((20, 2), np.uint16), vectors[:20], seed=value)
    from semid.compat.semantic_id import RQKMeans

    if value not in (None, True):
        with pytest.raises(semid.InputError, match="random_state: expected 0 to"):
            RQKMeans(2, 4, random_state=value).fit(vectors)


def test_the_largest_seed_is_one() -> None:
    rows = np.random.default_rng(1).normal(size=(60, 4))
    assert semid.RQKMeans(1, 4, seed=2**64 - 1).fit(rows).info["kMeans"]["kMeans"]["seed"] == 2**64 - 1


@pytest.mark.parametrize("value", [0, -1, 65_537, 10**30, 1.5, "2", True])
def test_thread_counts_out_of_range_are_named(value: Any, vectors: Any, model: semid.RQKMeans) -> None:
    for call in (
        lambda: model.encode(vectors, threads=value), lambda: semid.RQKMeans(1, 4).fit(vectors, threads=value),
        lambda: semid.resolve(model, vectors, threads=value),
    ):
        with pytest.raises(semid.InputError) as error:
            call()
        assert str(error.value) == f"threads: expected 1 to 65536, or None for all processors, found {value!r}"


def test_states_that_were_never_given_are_named(index: Any) -> None:
    constraint = semid.Constraint(index, first_token=10, end=1, padding=0)
    states = constraint.start(3)
    count = constraint.info["states"]
    assert np.array_equal(constraint.mask([semid.NO_STATE])[0], np.zeros(constraint.words, np.int32))
    constraint.mask([count - 1])
    scores = np.zeros((3, constraint.vocabulary_size), np.float32)
    for wrong in (count, count + 5, semid.NO_STATE - 1):
        states[1] = wrong
        for call in (
            lambda: constraint.mask(states), lambda: constraint.allowed(states), lambda: constraint.flags(states),
            lambda: constraint.apply(states, scores), lambda: constraint.advance(states, [10, 10, 10], strict=False),
        ):
            with pytest.raises(semid.InputError) as error:
                call()
            assert error.value.place == "row 1" and error.value.found == str(wrong)
            assert f"0 to {count - 1}" in str(error.value)
