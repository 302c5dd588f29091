#include "cfaiss.h"

#include <faiss/Index.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/IVFlib.h>
#include <faiss/impl/DistanceComputer.h>
#include <faiss/impl/io.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/distances.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

// Declared here because the compiler that builds Swift packages brings no omp.h and no OpenBLAS header of its own.
extern "C" void omp_set_num_threads(int);
extern "C" void openblas_set_num_threads(int);

#define SEMID_STRING_(x) #x
#define SEMID_STRING(x) SEMID_STRING_(x)

struct semid_faiss_index {
  std::unique_ptr<faiss::Index> index;
  const faiss::IndexFlat *flat = nullptr;
  /// Whether the index gives a distance computer; the alternative is to reconstruct.
  bool computes_distances = false;

  explicit semid_faiss_index(faiss::Index *made) : index(made) { inspect(); }

  void inspect() {
    flat = dynamic_cast<const faiss::IndexFlat *>(index.get());
    try {
      computes_distances = std::unique_ptr<faiss::DistanceComputer>(index->get_distance_computer()) != nullptr;
    } catch (const std::exception &) {
      computes_distances = false;
    }
  }
};

namespace {

char *copy(const char *text) {
  char *message = strdup(text);
  // A message is owed even when there is no memory for it; an empty one cannot be freed by mistake.
  return message ? message : strdup("");
}

/// Runs `body` with one thread of OpenMP and OpenBLAS, and turns what it throws into a message.
template <typename Body> char *guarded(Body body) {
  static const bool once = (openblas_set_num_threads(1), true);
  (void)once;
  omp_set_num_threads(1);  // of the calling thread alone
  try {
    body();
    return nullptr;
  } catch (const std::bad_alloc &) {
    return copy("not enough memory");
  } catch (const std::exception &error) {
    return copy(error.what());
  } catch (...) {
    return copy("an unknown error");
  }
}

/// Gives FAISS bytes of memory, and no more than there are.
class MemoryReader : public faiss::IOReader {
 public:
  MemoryReader(const void *bytes, size_t count, const char *source)
      : next(static_cast<const unsigned char *>(bytes)), left(count) {
    name = source;
  }

  size_t operator()(void *to, size_t size, size_t items) override {
    if (size == 0 || items == 0) return 0;
    const size_t whole = std::min(items, left / size);
    if (whole > 0) memcpy(to, next, whole * size);
    next += whole * size;
    left -= whole * size;
    return whole;
  }

  bool at_end() const { return left == 0; }

 private:
  const unsigned char *next;
  size_t left;
};

float distance(int metric, const float *a, const float *b, size_t d) {
  return metric == SEMID_FAISS_INNER_PRODUCT ? faiss::fvec_inner_product(a, b, d) : faiss::fvec_L2sqr(a, b, d);
}

}  // namespace

const char *semid_faiss_version(void) {
  return SEMID_STRING(FAISS_VERSION_MAJOR) "." SEMID_STRING(FAISS_VERSION_MINOR) "." SEMID_STRING(FAISS_VERSION_PATCH);
}

void semid_faiss_free_message(char *message) { free(message); }

char *semid_faiss_create(int dimension, const char *factory, int metric, semid_faiss_index **out) {
  return guarded([&] {
    *out = new semid_faiss_index(
        faiss::index_factory(dimension, factory, static_cast<faiss::MetricType>(metric)));
  });
}

char *semid_faiss_read(const void *bytes, size_t count, const char *name, semid_faiss_index **out) {
  return guarded([&] {
    MemoryReader reader(bytes, count, name);
    // No flags: nothing is mapped, and nothing is read but these bytes.
    auto made = std::make_unique<semid_faiss_index>(faiss::read_index(&reader, 0));
    if (!made->index) throw std::runtime_error("no index");
    if (!reader.at_end()) throw std::runtime_error("bytes after the index");
    // Reconstruction by label needs the map from labels to list entries, which files do not hold.
    if (auto ivf = faiss::ivflib::try_extract_index_ivf(made->index.get())) {
      if (ivf->direct_map.no()) ivf->make_direct_map();
    }
    made->inspect();
    *out = made.release();
  });
}

char *semid_faiss_write(const semid_faiss_index *index, const char *path) {
  return guarded([&] { faiss::write_index(index->index.get(), path); });
}

void semid_faiss_free(semid_faiss_index *index) {
  try {
    delete index;
  } catch (...) {
  }
}

int semid_faiss_dimension(const semid_faiss_index *index) { return index->index->d; }
int64_t semid_faiss_count(const semid_faiss_index *index) { return index->index->ntotal; }
int semid_faiss_metric(const semid_faiss_index *index) { return index->index->metric_type; }
int semid_faiss_is_trained(const semid_faiss_index *index) { return index->index->is_trained; }

const float *semid_faiss_flat_storage(const semid_faiss_index *index) {
  return index->flat ? index->flat->get_xb() : nullptr;
}

char *semid_faiss_train(semid_faiss_index *index, int64_t n, const float *vectors) {
  return guarded([&] { index->index->train(n, vectors); });
}

char *semid_faiss_add(semid_faiss_index *index, int64_t n, const float *vectors) {
  return guarded([&] {
    index->index->add(n, vectors);
    index->inspect();
  });
}

char *semid_faiss_search(
    const semid_faiss_index *index, int64_t n, const float *queries, int64_t k, int64_t nprobe, float *distances,
    int64_t *labels) {
  return guarded([&] {
    if (nprobe <= 0) {
      index->index->search(n, queries, k, distances, labels);
      return;
    }
    faiss::SearchParametersIVF lists;
    lists.nprobe = static_cast<size_t>(nprobe);
    if (dynamic_cast<const faiss::IndexIVF *>(index->index.get())) {
      index->index->search(n, queries, k, distances, labels, &lists);
    } else if (auto chain = dynamic_cast<const faiss::IndexPreTransform *>(index->index.get());
               chain && dynamic_cast<const faiss::IndexIVF *>(chain->index)) {
      faiss::SearchParametersPreTransform wrapped;
      wrapped.index_params = &lists;
      index->index->search(n, queries, k, distances, labels, &wrapped);
    } else {
      throw std::runtime_error("nprobe was given, but the index has no inverted lists");
    }
  });
}

char *semid_faiss_search_rows(
    const float *rows, int64_t n, int dimension, int metric, int64_t nq, const float *queries, int64_t k,
    float *distances, int64_t *labels) {
  return guarded([&] {
    const auto d = static_cast<size_t>(dimension);
    if (metric == SEMID_FAISS_INNER_PRODUCT) {
      faiss::knn_inner_product(queries, rows, d, nq, n, static_cast<size_t>(k), distances, labels);
    } else {
      faiss::knn_L2sqr(queries, rows, d, nq, n, static_cast<size_t>(k), distances, labels);
    }
  });
}

char *semid_faiss_reconstruct(const semid_faiss_index *index, int64_t label, float *out) {
  return guarded([&] {
    if (label < 0 || label >= index->index->ntotal) throw std::out_of_range("no vector has this label");
    index->index->reconstruct(label, out);
  });
}

char *semid_faiss_distances(
    const semid_faiss_index *index, const float *query, const uint32_t *labels, size_t n, float *out) {
  return guarded([&] {
    const int64_t count = index->index->ntotal;
    for (size_t i = 0; i < n; i++) {
      if (labels[i] >= count) throw std::out_of_range("no vector has this label");
    }
    if (index->flat) {
      std::vector<int64_t> wide(labels, labels + n);
      index->flat->compute_distance_subset(1, query, static_cast<int64_t>(n), out, wide.data());
    } else if (index->computes_distances) {
      std::unique_ptr<faiss::DistanceComputer> computer(index->index->get_distance_computer());
      computer->set_query(query);
      for (size_t i = 0; i < n; i++) out[i] = (*computer)(labels[i]);
    } else {
      const auto d = static_cast<size_t>(index->index->d);
      std::vector<float> vector(d);
      for (size_t i = 0; i < n; i++) {
        index->index->reconstruct(labels[i], vector.data());
        out[i] = distance(index->index->metric_type, query, vector.data(), d);
      }
    }
  });
}
