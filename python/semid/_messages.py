"""The engine's messages in Python's words: where they name options of the command, the arguments of this package stand instead.

All of it is here. A test holds the table against the engine's sources.
"""

from __future__ import annotations

import re

#: What is replaced, in this order: whole phrases first.
_PHRASES: tuple[tuple[str, str], ...] = (
    (r"`semid index build`", "semid.Index.build"),
    (r"run `semid index compact`", "call Index.compact()"),
    (r"without --no-merge segments are merged", "with merges=True segments are merged"),
    (r"semid registry add makes one", "semid.Registry(path) makes one"),
    (r"let the owner run semid registry info on it", "let the owner open it with semid.Registry"),
    (r"semid registry copy --ignore-checksums", "the command `semid registry copy --ignore-checksums`"),
    (r"semid registry copy(?! --)", "Registry.copy"),
    (r"semid resolve does with", "semid.resolve does with"),
    (r"semid corpus constraint --end (\"[^\"]*\")", r"semid.Constraint(end=\1)"),
    (r"--ids \./(\S+) for the file, --id-column (\S+) for the", r'ids_path="\1" for the file, ids="\2" for the'),
    (r"with --ids, or --ids none for row numbers", "with ids= or ids_path="),
    (r"name a file of them with --ids", "name a file of them with ids_path="),
    (r"give the --tokenizer that knows it", "give the tokenizer= that knows it"),
    (r"\(--ignore-unknown\)", "(ignore_unknown=True)"),
    (r"\(--replace\)", "(replace=True)"),
    (r"bring the items' codes with --codes", "bring the items' codes with codes="),
    (r"for --balance and --beam", "for balance= and beam="),
    (r"with --suffix level or --numbering always", 'with suffix="level" or numbering="always"'),
    (r"a --codebook-size below", "a codebook_size below"),
    (r"lower --learning-rate from", "lower learning_rate from"),
    (r", or clip the gradient \(--clip 1\)", ""),
    (r"(--(?:begin|end|padding)) \"\" for none", r"\1 [] for none"),
)

#: Options and the arguments that they are here.
_ARGUMENTS = {
    "attribute-ids": "ids", "attributes": "attributes", "balance": "balance", "beam": "beam", "begin": "begin",
    "capacity": "capacity", "codebooks": "learning", "codes": "codes", "end": "end", "estimator": "estimator",
    "id-column": "ids", "ids": "ids", "metric": "metric", "model": "tokenizer", "numbering": "numbering",
    "padding": "padding", "revival": "revival_share", "sinkhorn": "sinkhorn_epsilons", "start": "start",
    "strategy": "strategy", "suffix": "suffix", "tokenizer": "tokenizer", "trigger": "triggers", "vectors": "vectors",
}  # fmt: skip

#: Values that follow an option: names that are texts here, or numbers.
_TEXTS = (
    "strict|price|none|always|level|count|item-id|extra-level|straight-through|k-means|ema|cosine|l2|ip|minimum-distortion"
)
_OPTION = re.compile(rf"--({'|'.join(sorted(_ARGUMENTS, key=len, reverse=True))})\b(?!-)(?: ({_TEXTS})\b(?!-)| (\d[\d.]*\d|\d|\[\]))?")
_PATTERNS = tuple((re.compile(pattern), replacement) for pattern, replacement in _PHRASES)


def in_python(text: str) -> str:
    """A message, or a part of one, with Python's names."""
    if "--" not in text and "semid " not in text:
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _OPTION.sub(_argument, text)


def _argument(found: re.Match[str]) -> str:
    name = _ARGUMENTS[found[1]]
    if found[2] is not None:
        return f'{name}="{found[2]}"'
    if found[3] is not None:
        return f"{name}={found[3]}"
    # The source of an error is the argument's name alone.
    return name if found[0] == found.string else f"{name}="
