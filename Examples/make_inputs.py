"""Writes the inputs of the examples into a folder: made-up things of a shop, the people who buy them, and a tokenizer.

    python3 Examples/make_inputs.py FOLDER

Needs numpy, pyarrow and tokenizers. The same files every time.

    embeddings.npy ids.json         1,000 items: a vector of 32 numbers each, and their ids A0000 … A0999
    new.npy new.ids.json            50 items of next week, N0000 … N0049
    changed.parquet                 new vectors of 20 items that are there
    queries.npy                     10 vectors to search for
    items.parquet                   title, description, brand, categories, price and date of all items, also of next week's
    train.parquet valid.parquet test.parquet    user_id, item_id, timestamp; each user's last two items are held out
    interactions.parquet            the same in one file
    Shop.jsonl.gz meta_Shop.jsonl.gz    the same as raw reviews and items, as Amazon Reviews 2023 has them
    shop.inter shop.item            the same as RecBole's atomic files
    bought.txt gone.txt             ids, one a line
    tokenizer/                      a small byte-level BPE tokenizer, as Hugging Face's libraries write one
"""

import datetime
import gzip
import json
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

ITEMS, NEW, DIMENSION = 1000, 50, 32
WORDS = {
    "kind": ["hammer", "lamp", "drill", "kettle", "chair", "rope", "valve", "clock"],
    "material": ["steel", "oak", "nylon", "brass", "copper"],
    "color": ["red", "blue", "green", "black"],
}
SHELVES = ["tools", "light", "tools", "kitchen", "furniture", "tools", "tools", "home"]
BRANDS = ["Acme", "Zeus", "Nordlys", "Quarry"]


def make_items(random):
    """Things whose vectors are sums of what they are, so that like things lie together."""
    number = ITEMS + NEW
    picks = {name: random.integers(0, len(words), number) for name, words in WORDS.items()}
    meanings = {name: random.normal(size=(len(words), DIMENSION)) for name, words in WORDS.items()}
    vectors = sum(meanings[name][picks[name]] for name in WORDS) + random.normal(size=(number, DIMENSION)) / 3
    ids = [f"A{row:04}" for row in range(ITEMS)] + [f"N{row:04}" for row in range(NEW)]
    titles = [
        " ".join(WORDS[name][picks[name][row]] for name in ("color", "material", "kind")) + f" no. {row}"
        for row in range(number)
    ]
    first = datetime.date(2025, 1, 1)
    table = pa.table({
        "item_id": ids,
        "title": titles,
        "description": [None if row % 4 == 0 else f"A thing of {WORDS['material'][picks['material'][row]]}."
                        for row in range(number)],
        "brand": [BRANDS[pick] for pick in random.integers(0, len(BRANDS), number)],
        "categories": [[SHELVES[kind], WORDS["kind"][kind]] for kind in picks["kind"]],
        "price": np.round(random.uniform(3, 60, number), 2),
        "released": [first + datetime.timedelta(days=int(day)) for day in random.integers(0, 365, number)],
    })
    return ids, vectors.astype(np.float32), picks["kind"], table


def make_interactions(random, ids, kinds, users=200):
    """People who buy eight different things each, mostly of one kind."""
    rows = []
    for user in range(users):
        taste = random.integers(0, len(WORDS["kind"]))
        weights = np.where(kinds[:ITEMS] == taste, 10.0, 1.0)
        for place, item in enumerate(random.choice(ITEMS, 8, replace=False, p=weights / weights.sum())):
            rows.append((f"U{user:03}", ids[item], 1_700_000_000 + 86_400 * place + user, place))
    return rows


def write_raw(folder, random, rows, items):
    """Reviews and items as the public sets have them, with what such sets are full of: repeats, and items nobody knows."""
    ratings = random.integers(1, 6, len(rows))
    reviews = [
        {"rating": float(ratings[number]), "title": "Fine", "text": "It does what it says.", "images": [], "asin": item,
         "parent_asin": item, "user_id": user, "timestamp": time * 1000, "helpful_vote": 0, "verified_purchase": True}
        for number, (user, item, time, _) in enumerate(rows)
    ]
    reviews += [dict(reviews[0], timestamp=1_800_000_000_000), dict(reviews[1], parent_asin="B0UNKNOWN")]
    things = [
        {"main_category": "Shop", "title": row["title"], "features": [], "price": row["price"], "store": row["brand"],
         "description": [row["description"]] if row["description"] else [], "categories": row["categories"],
         "parent_asin": row["item_id"]}
        for row in items.to_pylist()[:ITEMS]
    ]
    for name, lines in (("Shop", reviews), ("meta_Shop", things)):
        with gzip.GzipFile(folder / f"{name}.jsonl.gz", "wb", mtime=0) as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines).encode())
    (folder / "shop.inter").write_text(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        + "".join(f"{user}\t{item}\t{ratings[number]}\t{time}\n" for number, (user, item, time, _) in enumerate(rows)))
    (folder / "shop.item").write_text(
        "item_id:token\ttitle:token_seq\tclass:token_seq\n"
        + "".join(f"{thing['parent_asin']}\t{thing['title']}\t{' '.join(thing['categories'])}\n" for thing in things))


def table_of(rows):
    return pa.table({
        "user_id": [row[0] for row in rows], "item_id": [row[1] for row in rows], "timestamp": [row[2] for row in rows],
    })


def write_tokenizer(folder, titles):
    folder.mkdir(exist_ok=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(titles, trainers.BpeTrainer(
        vocab_size=400, show_progress=False, special_tokens=["<|endoftext|>", "<|pad|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>", "pad_token": "<|pad|>",
    }, indent=2))


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    ids, vectors, kinds, items = make_items(random)
    np.save(folder / "embeddings.npy", vectors[:ITEMS])
    (folder / "ids.json").write_text(json.dumps(ids[:ITEMS]))
    np.save(folder / "new.npy", vectors[ITEMS:])
    (folder / "new.ids.json").write_text(json.dumps(ids[ITEMS:]))
    moved = vectors[100:120] + random.normal(size=(20, DIMENSION)).astype(np.float32)
    pq.write_table(pa.table({"item_id": ids[100:120], "embedding": list(moved)}), folder / "changed.parquet")
    np.save(folder / "queries.npy", vectors[:10] + np.float32(0.01))
    pq.write_table(items, folder / "items.parquet")
    rows = make_interactions(random, ids, kinds)
    pq.write_table(table_of(rows), folder / "interactions.parquet")
    for name, places in (("train", range(6)), ("valid", [6]), ("test", [7])):
        pq.write_table(table_of([row for row in rows if row[3] in places]), folder / f"{name}.parquet")
    write_raw(folder, random, rows, items)
    (folder / "bought.txt").write_text("".join(id + "\n" for id in ids[1:6]))
    (folder / "gone.txt").write_text("".join(id + "\n" for id in ids[900:910]))
    write_tokenizer(folder / "tokenizer", items["title"].to_pylist())


if __name__ == "__main__":
    main()
