#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A C face of FAISS: what the engine uses of it and no more.
///
/// Every function that can fail returns NULL on success, and otherwise a message that the caller frees with
/// `semid_faiss_free_message`; no C++ exception crosses this border. Every function runs on the calling thread alone:
/// the engine's pool cuts the work, and OpenMP's and OpenBLAS's own threads would nest inside it. An index may be
/// searched from many threads at once as long as none adds to it.

/// A faiss::Index and what was found out about it when it was made.
typedef struct semid_faiss_index semid_faiss_index;

enum semid_faiss_metric {
  SEMID_FAISS_INNER_PRODUCT = 0,
  SEMID_FAISS_L2 = 1,
};

/// The version of FAISS this was built with, as "1.7.3".
const char *semid_faiss_version(void);
void semid_faiss_free_message(char *message);

char *semid_faiss_create(int dimension, const char *factory, int metric, semid_faiss_index **out);
/// Reads an index from memory, and nothing else. FAISS believes what it reads: the bytes must have been checked.
///
/// `name` is for messages alone. The bytes are not needed afterwards.
char *semid_faiss_read(const void *bytes, size_t count, const char *name, semid_faiss_index **out);
char *semid_faiss_write(const semid_faiss_index *index, const char *path);
void semid_faiss_free(semid_faiss_index *index);

int semid_faiss_dimension(const semid_faiss_index *index);
int64_t semid_faiss_count(const semid_faiss_index *index);
int semid_faiss_metric(const semid_faiss_index *index);
int semid_faiss_is_trained(const semid_faiss_index *index);
/// The n·d floats of an IndexFlat, or NULL for any other index.
const float *semid_faiss_flat_storage(const semid_faiss_index *index);

char *semid_faiss_train(semid_faiss_index *index, int64_t n, const float *vectors);
char *semid_faiss_add(semid_faiss_index *index, int64_t n, const float *vectors);

/// The k nearest of each of n queries: n·k distances and labels, nearest first, label -1 where there are fewer.
///
/// nprobe > 0 sets the lists visited for this call alone; the index must then be an IndexIVF, bare or behind a
/// pre-transform.
char *semid_faiss_search(
    const semid_faiss_index *index, int64_t n, const float *queries, int64_t k, int64_t nprobe, float *distances,
    int64_t *labels);

/// As semid_faiss_search, on n rows of floats in place: FAISS's own exact search, on memory that it does not own.
char *semid_faiss_search_rows(
    const float *rows, int64_t n, int dimension, int metric, int64_t nq, const float *queries, int64_t k,
    float *distances, int64_t *labels);

/// The vector that the index holds for one label: exact for Flat, an approximation where it compresses.
char *semid_faiss_reconstruct(const semid_faiss_index *index, int64_t label, float *out);

/// The distances of one query to n labels, in the index's metric: by compute_distance_subset for Flat, by the index's
/// distance computer where it has one, and otherwise from reconstructed vectors.
char *semid_faiss_distances(
    const semid_faiss_index *index, const float *query, const uint32_t *labels, size_t n, float *out);

#ifdef __cplusplus
}
#endif
