"""The peers, one a process: reads the vectors, runs one of them, prints one JSON object.

Started by compare.py, which sets the threads of OpenMP and BLAS in the environment: they are read when the libraries
load. What is timed is the algorithm alone; reading files and loading libraries are not.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import resource
import time

import numpy as np

import vectors as data

BLOCK = 4096


def timed(work):
    """What `work` returns, and the seconds and the user CPU seconds of this process that it took."""
    cpu, wall = resource.getrusage(resource.RUSAGE_SELF).ru_utime, time.perf_counter()
    value = work()
    wall = time.perf_counter() - wall
    return value, {"seconds": wall, "userSeconds": resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu}


# ---- Training: N×d → a list of K×d, every row in every round, one start, no early end ------------------------------


def residual_levels(rows, options, k_means):
    """Residual levels around `k_means(residuals, level) -> (centroids, assignment)`."""
    rest, books, codes = rows.copy(), [], []
    for level in range(options.levels):
        centroids, assignment = k_means(rest, level)
        rest -= centroids[assignment]
        books.append(centroids)
        codes.append(assignment)
    return books, np.stack(codes, axis=1)


def train_faiss(name):
    def train(rows, options):
        import faiss

        faiss.omp_set_num_threads(options.threads)

        def k_means(rest, level):
            # faiss takes 256 rows a centroid unless told otherwise.
            trainer = getattr(faiss, name)(
                rest.shape[1], options.codebook_size, niter=options.iterations, nredo=1, seed=options.seed + level,
                max_points_per_centroid=1 << 30, min_points_per_centroid=1)
            trainer.train(rest)
            index = faiss.IndexFlatL2(rest.shape[1])
            index.add(trainer.centroids)
            return trainer.centroids, index.search(rest, 1)[1][:, 0]

        return lambda: residual_levels(rows, options, k_means)

    return train


def train_torch(rows, options):
    """Lloyd's algorithm written plainly in torch: blocked addmm and arg-min, sums by index_add."""
    import torch

    torch.set_num_threads(options.threads)

    def assign(rest, centroids):
        squares = centroids.square().sum(1)
        return torch.cat([torch.addmm(squares, block, centroids.T, alpha=-2).argmin(1) for block in rest.split(BLOCK)])

    def run():
        with torch.inference_mode():
            rest, books, codes = torch.from_numpy(rows).clone(), [], []
            generator = torch.Generator().manual_seed(options.seed)
            for _ in range(options.levels):
                centroids = rest[torch.randperm(len(rest), generator=generator)[: options.codebook_size]].clone()
                for _ in range(options.iterations):
                    codes_now = assign(rest, centroids)
                    counts = torch.bincount(codes_now, minlength=len(centroids))
                    sums = torch.zeros_like(centroids).index_add_(0, codes_now, rest)
                    # An empty cluster keeps its centroid.
                    centroids = torch.where(counts[:, None] > 0, sums / counts[:, None].clamp(min=1), centroids)
                codes_now = assign(rest, centroids)
                rest -= centroids[codes_now]
                books.append(centroids.numpy())
                codes.append(codes_now.numpy())
            return books, np.stack(codes, axis=1)

    return run


TRAINERS = {
    "faiss-kmeans": train_faiss("Kmeans"),
    "faiss-superkmeans": train_faiss("SuperKmeans"),
    "torch-lloyd": train_torch,
}

# ---- Encoding: N×d and codebooks → N×L codes ------------------------------------------------------------------------


def encode_faiss(rows, books, options):
    import faiss

    faiss.omp_set_num_threads(options.threads)
    indexes = []
    for book in books:
        indexes.append(faiss.IndexFlatL2(book.shape[1]))
        indexes[-1].add(book)

    def run():
        codes = np.empty((len(rows), len(books)), np.int32)
        for first in range(0, len(rows), BLOCK):
            rest = rows[first : first + BLOCK].copy()
            for level, index in enumerate(indexes):
                nearest = index.search(rest, 1)[1][:, 0]
                codes[first : first + BLOCK, level] = nearest
                rest -= books[level][nearest]
        return codes

    return run


def encode_torch(rows, books, options):
    import torch

    torch.set_num_threads(options.threads)
    rows = torch.from_numpy(rows)
    books = [torch.from_numpy(book) for book in books]
    squares = [book.square().sum(1) for book in books]

    def run():
        codes = torch.empty((len(rows), len(books)), dtype=torch.int32)
        with torch.inference_mode():
            for first in range(0, len(rows), BLOCK):
                rest = rows[first : first + BLOCK].clone()
                for level, book in enumerate(books):
                    nearest = torch.addmm(squares[level], rest, book.T, alpha=-2).argmin(1)
                    codes[first : first + BLOCK, level] = nearest
                    rest -= book[nearest]
        return codes.numpy()

    return run


def encode_numpy(rows, books, options):
    squares = [np.square(book).sum(axis=1) for book in books]

    def run():
        codes = np.empty((len(rows), len(books)), np.int32)
        for first in range(0, len(rows), BLOCK):
            rest = rows[first : first + BLOCK].copy()
            for level, book in enumerate(books):
                nearest = (squares[level] - 2 * (rest @ book.T)).argmin(axis=1)
                codes[first : first + BLOCK, level] = nearest
                rest -= book[nearest]
        return codes

    return run


# ---- Evaluation: vectors and codes → a dictionary of metrics -----------------------------------------------------------


class Decoder:
    """What semantic-id's evaluate() asks of an encoder."""

    def __init__(self, books):
        self.books, self.n_clusters = books, [len(book) for book in books]

    def decode(self, codes):
        vectors = np.zeros((len(codes), self.books[0].shape[1]), np.float32)
        for level, book in enumerate(self.books):
            vectors += book[codes[:, level]]
        return vectors


def evaluate_semantic_id(rows, books, codes, options):
    from semantic_id.utils.metrics import evaluate

    return lambda: evaluate(rows, codes, Decoder(books), k=options.k)


EVALUATORS = {"semantic-id": evaluate_semantic_id}

ENCODERS = {"faiss-flat": encode_faiss, "torch-addmm": encode_torch, "numpy": encode_numpy}


# ---- Residual quantizers that train and encode by themselves: N×d → codebooks, and N×L codes ------------------------


def faiss_rq(beam, progressive):
    """faiss.ResidualQuantizer; its beam is that of training and of encoding, with the look-up table."""

    def prepare(rows, options):
        import faiss

        faiss.omp_set_num_threads(options.threads)
        bits = (options.codebook_size - 1).bit_length()
        quantizer = faiss.ResidualQuantizer(rows.shape[1], options.levels, bits)
        quantizer.max_beam_size, quantizer.use_beam_LUT = beam, 1
        # Plain k-means a level, or k-means in more and more dimensions, which is faiss's default, with its own rounds.
        quantizer.train_type = faiss.ResidualQuantizer.Train_progressive_dim if progressive else 0
        quantizer.cp.max_points_per_centroid = 1 << 30
        if not progressive:
            quantizer.cp.niter = options.iterations
        quantizer.verbose = False

        def train():
            quantizer.train(rows)
            quantizer.compute_codebook_tables()

        def encode():
            packed = quantizer.compute_codes(rows)
            return faiss.unpack_bitstrings(packed, options.levels, bits)

        def books():
            flat = faiss.vector_to_array(quantizer.codebooks)
            return list(flat.reshape(-1, 1 << bits, rows.shape[1])[: options.levels])

        return train, encode, books

    return prepare


QUANTIZERS = {
    "faiss-rq": faiss_rq(1, False),
    "faiss-rq-beam5": faiss_rq(5, False),
    "faiss-rq-progressive": faiss_rq(1, True),
    "faiss-rq-progressive-beam5": faiss_rq(5, True),
}


def quantize(rows, options):
    """Trains one of QUANTIZERS, encodes with it, and says how well."""
    train, encode, books = QUANTIZERS[options.peer](rows, options)
    _, result = timed(train)
    codes, encoding = timed(encode)
    return result | {"encodeSeconds": encoding["seconds"]} | data.quality(rows, books(), codes)


def available(peer):
    """Whether the libraries here have the peer: SuperKmeans came with faiss 1.15."""
    if peer == "faiss-superkmeans":
        import faiss

        return hasattr(faiss, "SuperKmeans")
    if peer in EVALUATORS:
        return importlib.util.find_spec("semantic_id") is not None
    return True


def semantic_id_definitions():
    """The name of the installed version's definitions, as semid calls them, and the version."""
    from semantic_id.utils import metrics

    version = importlib.metadata.version("semantic-id")
    return ("semantic-id" if hasattr(metrics, "hierarchical_distance") else "semantic-id-0.2.3"), version


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=[*TRAINERS, *ENCODERS, *QUANTIZERS, *EVALUATORS])
    parser.add_argument("--data", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--levels", type=int, default=3)
    parser.add_argument("--codebook-size", type=int, default=256)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--model", help="the model whose codebooks encode")
    parser.add_argument("--output", help="where the codes go, as .npy")
    parser.add_argument("--codes", help="the codes to evaluate, as .npy")
    parser.add_argument("--k", type=int, default=10)
    options = parser.parse_args()
    rows = data.load(options.data)
    if options.peer in TRAINERS:
        (books, codes), result = timed(TRAINERS[options.peer](rows, options))
        result["relativeError"] = data.relative_error(rows, books, codes)
    elif options.peer in QUANTIZERS:
        result = quantize(rows, options)
    elif options.peer in EVALUATORS:
        codes = np.load(options.codes).astype(np.int32)
        work = EVALUATORS[options.peer](rows, data.codebooks(options.model), codes, options)
        metrics, result = timed(work)
        result["metrics"] = metrics
    else:
        work = ENCODERS[options.peer](rows, data.codebooks(options.model), options)
        work()  # loads what the libraries load on first use
        codes, result = timed(work)
        np.save(options.output, codes)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
