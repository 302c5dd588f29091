"""The systems of the retrieval comparison, each behind one face.

A system is a class: `build` makes its index, `save` and `load` keep it between rounds, `settings` lists what to try by
ascending work, `use` applies one, `batch` and `single` search."""

import itertools
import math

import numpy as np


class HNSWLib:
    """hnswlib, M 16, ef_construction 200."""

    settings = [{"ef": ef} for ef in (10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640)]

    def __init__(self, task, threads):
        import hnswlib

        self.task, self.threads = task, threads
        self.index = hnswlib.Index("ip" if task.angular else "l2", task.items.shape[1])

    def build(self):
        self.index.init_index(len(self.task.items), M=16, ef_construction=200)
        self.index.add_items(self.task.items, num_threads=self.threads)

    def save(self, path):
        self.index.save_index(str(path))

    def load(self, path):
        self.index.load_index(str(path), max_elements=len(self.task.items))

    def use(self, setting):
        self.index.set_ef(max(setting["ef"], self.task.k))

    def batch(self, queries, threads):
        return self.index.knn_query(queries, self.task.k, num_threads=threads)[0]

    def single(self, query):
        return self.index.knn_query(query, self.task.k, num_threads=1)[0]


class Faiss:
    """Parts that all of FAISS' indexes share."""

    def __init__(self, task, threads):
        import faiss

        self.faiss, self.task, self.threads = faiss, task, threads

    def save(self, path):
        self.faiss.write_index(self.index, str(path))

    def load(self, path):
        self.index = self.faiss.read_index(str(path))

    def batch(self, queries, threads):
        self.faiss.omp_set_num_threads(threads)
        return self.index.search(queries, self.task.k)[1]

    def single(self, query):
        return self.index.search(query[None], self.task.k)[1][0]


class FaissHNSW(Faiss):
    """FAISS HNSW32, efConstruction 200."""

    settings = [{"ef": ef} for ef in (10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640)]

    def build(self):
        self.faiss.omp_set_num_threads(self.threads)
        self.index = self.faiss.IndexHNSWFlat(self.task.items.shape[1], 32)
        self.index.hnsw.efConstruction = 200
        self.index.add(self.task.items)

    def use(self, setting):
        self.index.hnsw.efSearch = setting["ef"]


class FaissFastScan(Faiss):
    """FAISS IVF, PQ of d/4 four-bit codes scanned in registers, refined on the float vectors."""

    per_code = 4
    settings = [
        {"nprobe": probes, "k_factor": factor}
        for probes, factor in itertools.product((1, 2, 4, 8, 16, 32, 64, 128), (2, 4, 10, 20, 40, 100))
    ]

    def build(self):
        self.faiss.omp_set_num_threads(self.threads)
        count, dimension = self.task.items.shape
        lists = 2 ** round(math.log2(4 * math.sqrt(count)))
        codes = next(m for m in range(dimension // self.per_code, 0, -1) if dimension % m == 0)
        self.index = self.faiss.index_factory(dimension, f"IVF{lists},PQ{codes}x4fs,RFlat")
        self.index.train(self.task.items)
        self.index.add(self.task.items)

    def use(self, setting):
        self.faiss.extract_index_ivf(self.index.base_index).nprobe = setting["nprobe"]
        self.index.k_factor = setting["k_factor"]


class FaissFastScanFine(FaissFastScan):
    """As above, with codes of two dimensions each."""

    per_code = 2


class USearch:
    """usearch in float32, connectivity 16, expansion_add 200."""

    dtype = "f32"
    settings = [{"expansion": ef} for ef in (10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640)]

    def __init__(self, task, threads):
        from usearch.index import Index

        self.task, self.threads = task, threads
        self.index = Index(
            ndim=task.items.shape[1], metric="ip" if task.angular else "l2sq", dtype=self.dtype, connectivity=16,
            expansion_add=200)

    def build(self):
        self.index.add(np.arange(len(self.task.items)), self.task.items, threads=self.threads)

    def save(self, path):
        self.index.save(str(path))

    def load(self, path):
        self.index.load(str(path))

    def use(self, setting):
        self.index.expansion_search = setting["expansion"]

    def batch(self, queries, threads):
        return self.index.search(queries, self.task.k, threads=threads).keys.astype(np.int64)

    def single(self, query):
        return self.index.search(query, self.task.k, threads=1).keys


class USearchHalf(USearch):
    """usearch in bfloat16."""

    dtype = "bf16"


class ScaNN:
    """ScaNN: a tree of 2√N leaves, asymmetric hashing of two dimensions a code, reordered on the float vectors."""

    settings = [
        {"leaves": leaves, "reorder": reorder}
        for leaves, reorder in itertools.product((2, 4, 8, 16, 32, 64, 128), (20, 30, 50, 100, 200, 400))
    ]

    def __init__(self, task, threads):
        import scann

        self.scann, self.task, self.threads = scann, task, threads

    def build(self):
        count = len(self.task.items)
        leaves = max(100, 2 * int(math.sqrt(count)))
        measure = "dot_product" if self.task.angular else "squared_l2"
        self.index = (
            self.scann.scann_ops_pybind.builder(self.task.items, self.task.k, measure)
            .set_n_training_threads(self.threads)
            .tree(num_leaves=leaves, num_leaves_to_search=leaves // 10, training_sample_size=min(count, 250_000))
            .score_ah(2, anisotropic_quantization_threshold=0.2)
            .reorder(100)
            .build())

    def save(self, path):
        path.mkdir(exist_ok=True)
        self.index.serialize(str(path))

    def load(self, path):
        self.index = self.scann.scann_ops_pybind.load_searcher(str(path))

    def use(self, setting):
        self.options = dict(
            leaves_to_search=setting["leaves"], pre_reorder_num_neighbors=max(setting["reorder"], self.task.k))

    def batch(self, queries, threads):
        search = self.index.search_batched if threads == 1 else self.index.search_batched_parallel
        found = search(queries, **self.options)[0]
        return found

    def single(self, query):
        return self.index.search(query, **self.options)[0]


SYSTEMS = {
    "hnswlib": HNSWLib, "faiss-hnsw32": FaissHNSW, "faiss-ivfpq4fs": FaissFastScan,
    "faiss-ivfpq4fs-fine": FaissFastScanFine, "scann": ScaNN, "usearch": USearch, "usearch-bf16": USearchHalf,
}
MODULES = {"hnswlib": "hnswlib", "faiss": "faiss", "scann": "scann", "usearch": "usearch"}


def available(name):
    import importlib.util

    return importlib.util.find_spec(MODULES[name.split("-")[0]]) is not None
