"""Every file of every corpus in the reader that its users have."""

import ast
import collections
import csv
import hashlib
import json
import re
import struct

import numpy as np
import pyarrow.parquet as pq

import harness

ID = "<a_[^>]*><b_[^>]*><c_[^>]*>"


def rows(path):
    """A file of rows through Hugging Face's datasets."""
    import datasets

    kind = "json" if path.suffix == ".jsonl" else "parquet"
    return datasets.load_dataset(kind, data_files=str(path), split="train")


def manifest(folder):
    """The manifest, whose counts and hashes have to be those of the files."""
    found = json.loads((folder / "manifest.json").read_text())
    for file in found["files"]:
        content = (folder / file["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"] and len(content) == file["bytes"], file["name"]
    on_disk = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert on_disk == {file["name"] for file in found["files"]} | {"manifest.json"}, on_disk
    return found


class Corpora:
    def __init__(self, checks, semid, catalogue, folder):
        self.checks, self.semid, self.catalogue, self.folder = checks, semid, catalogue, folder
        self.codes = ["--codes", folder / "ids.parquet", "--model", folder / "model"]
        self.ids = {row["item_id"]: row["tokens"] for row in pq.read_table(folder / "ids.parquet").to_pylist()}
        self.items = {text: item for item, text in self.ids.items()}
        self.targets = {
            part: dict(zip(*(pq.read_table(path)[name].to_pylist() for name in ("user_id", "item_id"))))
            for part, path in (("valid", catalogue.valid), ("test", catalogue.test))
        }

    def write(self, verb, name, *options, texts=False):
        texts = ["--items", self.catalogue.items] if texts else []
        output = self.folder / name
        self.semid("corpus", verb, *self.catalogue.interactions, *self.codes, *texts, *options, "--output", output)
        return output

    def check(self):
        self.maps()
        self.sequences()
        self.integers()
        self.instructions()
        self.pretrain()
        self.mini_onerec()
        self.lc_rec()
        self.leaks()

    def maps(self):
        with self.checks("pyarrow and json: item maps"):
            for name in ("map.parquet", "map.jsonl", "x.index.json", "x.item.json"):
                self.semid(
                    "corpus", "map", *self.codes, "--items", self.catalogue.items, "--output", self.folder / name)
            table = pq.read_table(self.folder / "map.parquet").to_pylist()
            lines = [json.loads(line) for line in (self.folder / "map.jsonl").read_text().splitlines()]
            assert {row["item_id"]: row["tokens"] for row in table} == self.ids
            assert [row["tokens"] for row in lines] == [row["tokens"] for row in table]
            assert all("-".join(str(row[f"c{i}"]) for i in (1, 2, 3)) == row["code"] for row in table)
            index = json.loads((self.folder / "x.index.json").read_text())
            assert ["".join(index[str(row)]) for row in range(len(index))] == list(self.ids.values())
            assert len(json.loads((self.folder / "x.item.json").read_text())) == len(self.ids)

    def sequences(self):
        lines = self.write("sequences", "sequences", "--form", "jsonl")
        with self.checks("datasets: sequences as jsonl and parquet") as notes:
            harness.require("datasets")
            self.write("sequences", "sequences-parquet", "--form", "parquet")
            counts = {file["name"]: file["rows"] for file in manifest(lines)["files"]}
            manifest(self.folder / "sequences-parquet")
            for part in ("train", "valid", "test"):
                found = rows(lines / f"{part}.jsonl")
                assert len(found) == counts[f"{part}.jsonl"]
                assert found[:] == rows(self.folder / "sequences-parquet" / f"{part}.parquet")[:]
                for row in found:
                    history = re.findall(ID, row["history"])
                    assert len(history) == row["history_length"] and all(text in self.items for text in history)
                    assert self.ids[row["target_item"]] == row["target"] and row["target"] not in history
                    if part != "train":
                        assert self.targets[part][row["user_id"]] == row["target_item"]
            notes.append(f"{sum(counts.values()):,} rows")

    def integers(self):
        with self.checks("numpy: sequences as npz"):
            output = self.write("sequences", "npz", "--form", "npz")
            manifest(output)
            arrays = dict(np.load(output / "sequences.npz"))
            lines = [json.loads(line) for line in (self.folder / "sequences" / "test.jsonl").read_text().splitlines()]
            users = json.loads((output / "users.json").read_text())
            offsets = arrays["level_offsets"]
            for row, line in enumerate(lines):
                codes = [int(code) for code in re.findall(r"_(\d+)>", line["history"] + line["target"])]
                wanted = (np.array(codes).reshape(-1, 3) + offsets).ravel()
                length = int(arrays["test_lengths"][row])
                history = arrays["test_history"][row]
                assert length == line["history_length"] and users[arrays["test_users"][row]] == line["user_id"]
                assert (history[: length * 3] == wanted[:-3]).all()
                assert (history[length * 3 :] == arrays["pad_id"]).all()
                assert (arrays["test_targets"][row] == wanted[-3:]).all()

        with self.checks("numpy: streams as nanoGPT and Megatron-LM map them"):
            output = self.write("sequences", "bin", "--form", "bin")
            manifest(output)
            end = int(np.load(self.folder / "npz" / "sequences.npz")["end_id"][0])
            for part in ("train", "val", "test"):
                stream = np.memmap(output / f"{part}.bin", np.uint16, "r")
                index = (output / f"{part}.idx").read_bytes()
                assert index[:9] == b"MMIDIDX\0\0" and struct.unpack_from("<QBQQ", index, 9)[:2] == (1, 8)
                sequences, documents = struct.unpack_from("<QQ", index, 18)
                lengths = np.frombuffer(index, np.int32, sequences, 34)
                starts = np.frombuffer(index, np.int64, sequences, 34 + lengths.nbytes)
                bounds = np.frombuffer(index, np.int64, documents, 34 + lengths.nbytes + starts.nbytes)
                assert (bounds == np.arange(sequences + 1)).all() and lengths.sum() == len(stream)
                for start, length in zip(starts // 2, lengths):
                    assert stream[start + length - 1] == end and (stream[start : start + length - 1] != end).all()
            # Trainers take the loss over all of val.bin: it holds every held-out item, and nothing that is trained on.
            vocabulary = np.load(self.folder / "npz" / "sequences.npz")["level_offsets"]
            for part, stem in (("valid", "val"), ("test", "test")):
                stream = np.memmap(output / f"{stem}.bin", np.uint16, "r").reshape(-1, 4)
                found = ["".join(f"<{'abc'[i]}_{c}>" for i, c in enumerate(row[:3] - vocabulary)) for row in stream]
                assert collections.Counter(found) == collections.Counter(
                    self.ids[item] for item in self.targets[part].values() if item in self.ids)
            masked = self.write("sequences", "masked", "--form", "bin", "--held-out", "history")
            held = {file["file"]: file for file in manifest(masked)["heldOut"]}
            for stem in ("val", "test"):
                mask = np.memmap(masked / f"{stem}.mask", np.uint8, "r")
                stream = np.memmap(masked / f"{stem}.bin", np.uint16, "r")
                told = held[f"{stem}.bin"]
                assert len(mask) == len(stream) == told["targetTokens"] + told["contextTokens"]
                assert mask.sum() == told["targetTokens"] and told["contextTokens"] > told["targetTokens"]
                assert (mask.reshape(-1)[stream == end] == 1).all()

    def instructions(self):
        with self.checks("datasets: instructions in their three forms") as notes:
            harness.require("datasets")
            kinds = collections.Counter()
            for form in ("messages", "prompt-completion", "conversation"):
                output = self.write("instructions", form, "--form", form, "--name-rows", texts=True)
                manifest(output)
                for part in ("train", "valid", "test"):
                    for row in rows(output / f"{part}.jsonl"):
                        prompt, answer = sides(form, row)
                        kinds[row["task"]] += 1
                        assert answer not in prompt or row["task"] == "item-title", row
                        if row["task"] != "item-title":
                            assert answer == self.ids[row["item_id"]], row
                        if part == "train" and row["user_id"]:
                            assert all(self.targets[p].get(row["user_id"]) != row["item_id"] for p in self.targets)
            assert set(kinds) == {"next-item", "titles-next-item", "item-title", "title-item"}, kinds
            notes.append(", ".join(f"{task} {count:,}" for task, count in sorted(kinds.items())))
            again = self.write("instructions", "again", "--threads", "1", "--name-rows", texts=True)
            assert (again / "train.jsonl").read_bytes() == (self.folder / "messages" / "train.jsonl").read_bytes()
            shards = self.write("instructions", "shards", "--shard-rows", "1000", texts=True)
            import datasets

            loaded = datasets.load_dataset("json", data_files={"train": str(shards / "train-*.jsonl")})["train"]
            whole = manifest(self.folder / "messages")["files"][0]["rows"]
            assert len(loaded) == whole and len(list(shards.glob("train-*"))) == -(-whole // 1000)

    def pretrain(self):
        with self.checks("datasets: documents") as notes:
            harness.require("datasets")
            output = self.write("pretrain", "documents", texts=True)
            manifest(output)
            texts = rows(output / "train.jsonl")["text"]
            assert all(any(found in self.items for found in re.findall(ID, text)) for text in texts)
            notes.append(f"{len(texts):,} documents")

    def mini_onerec(self):
        with self.checks("as MiniOneRec opens its files"):
            name = "Industrial_and_Scientific"
            output = self.write("mini-onerec", "mini", "--category", name, texts=True)
            manifest(output)
            index, items = (json.loads((output / "index" / f"{name}.{part}.json").read_text()) for part in ("index", "item"))
            assert set(index) == set(items) and all(len(tokens) == 3 for tokens in index.values())
            assert ["".join(index[str(row)][:3]) for row in range(len(index))] == list(self.ids.values())
            lines = next((output / "info").glob(f"{name}*.txt")).read_text().splitlines()
            info = {line.split("\t")[0].strip(): line.split("\t") for line in lines}
            assert all(len(line) == 3 for line in info.values()) and set(info) == set(self.items)
            for part in ("train", "valid", "test"):
                with open(next((output / part).glob(f"{name}*11.csv")), newline="") as file:
                    for row in csv.DictReader(file):
                        history = ast.literal_eval(row["history_item_sid"])
                        titles = ast.literal_eval(row["history_item_title"])
                        numbers = ast.literal_eval(row["history_item_id"])
                        assert len(history) == len(titles) == len(numbers) and row["item_sid"] in info
                        assert info[row["item_sid"]][2] == row["item_id"] and all(text in info for text in history)

    def lc_rec(self):
        with self.checks("as LC-Rec opens its files"):
            # As DATA_PATH/DATASET/DATASET.inter.json.
            output = self.write("lc-rec", "Made", "--name", "Made", texts=True)
            # Real catalogues have titles that several items share, which is told; nothing else may be.
            warnings = manifest(output)["warnings"]
            assert all("trains on all of the answers" in warning for warning in warnings), warnings
            index, items, histories, users = (
                json.loads((output / f"Made.{part}.json").read_text()) for part in ("index", "item", "inter", "users"))
            assert set(index) == set(items) and all(set(item) >= {"title", "description"} for item in items.values())
            table, targets = list(self.ids), set(self.targets["test"].values())
            assert len(histories) == len(users)
            for history in histories.values():
                assert len(history) >= 3 and all(str(item) in index for item in history)
                assert table[history[-1]] in targets

    def leaks(self):
        with self.checks("a held-out target in the training file stops the run and names the row") as notes:
            import pyarrow as pa

            leaked = pq.read_table(self.catalogue.test, columns=["user_id", "item_id", "timestamp"]).slice(3, 1)
            train = pq.read_table(self.catalogue.train, columns=leaked.column_names)
            schema = train.schema.remove_metadata()
            train = pa.concat_tables([train.cast(schema), leaked.cast(schema)])
            pq.write_table(train, self.folder / "leaky.parquet")
            for verb in ("sequences", "instructions", "pretrain", "mini-onerec", "lc-rec"):
                output = self.folder / "never"
                name = {"mini-onerec": ["--category", "Books"], "lc-rec": ["--name", "Made"]}.get(verb, [])
                texts = [] if verb == "sequences" else ["--items", self.catalogue.items]
                error = self.semid.refuses(
                    "corpus", verb, "--train", self.folder / "leaky.parquet", "--valid", self.catalogue.valid, "--test",
                    self.catalogue.test, *self.codes, *texts, *name, "--output", output)
                assert "leakage audit" in error and "row" in error and leaked["user_id"][0].as_py() in error, error
                assert not output.exists()
            notes.append(error.strip())


def sides(form, row):
    """The prompt and the answer of a row."""
    if form == "messages":
        return row["messages"][-2]["content"], row["messages"][-1]["content"]
    if form == "conversation":
        return row["prompt"][-1]["content"], row["completion"][0]["content"]
    return row["prompt"], row["completion"]
