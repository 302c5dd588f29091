#pragma once
#include <stdint.h>

// The C face of swift-semantic-id: libSemidC. The Python package `semid` stands on it; so can any other language.
//
// Rules that hold for every function:
//
// - It returns a semid_status: SEMID_OK, or what kind of fault there was. semid_error() then has the parts of the message,
//   for the thread that made the call. Nothing was written to disk by a call that failed, and no handle was made.
// - It never aborts the process, raises a signal or unwinds through the caller, whatever it is given: null pointers, sizes
//   that cannot be, values that are not finite, handles that are closed or were never made. (That an array has the length
//   which is claimed for it is for the caller to see to, as with memcpy.)
// - Things live behind handles: numbers that are given out once. 0 is never one. semid_close() closes any of them. A closed
//   or invented handle is SEMID_HANDLE. Any number of threads may use one handle at a time; one may close it while others
//   use it, and what they do is finished first.
// - Arrays are the caller's, row after row, aligned as their type asks for; they are read and written where they are, and not
//   kept after the call. What is not known in size beforehand comes back as a result: a handle with a text and named arrays.
// - Text is UTF-8. Options and reports are JSON objects; an option that is not known is an error.
// - `threads` is the most threads that a call may use; 0: as many as there are processors. The result does not depend on
//   it. In a child of fork() it is 1, whatever is asked for.
// - Same input, options and seed give the bits that the command `semid` gives.

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t semid_handle;

typedef enum {
  SEMID_OK = 0,
  SEMID_USAGE = 1,          // an argument or option that cannot be used
  SEMID_MALFORMED = 2,      // contents that are not what they should be: NaN, a damaged file
  SEMID_MISSING = 3,        // a file, or a named part of one, that is not there
  SEMID_MISMATCH = 4,       // things that do not belong together
  SEMID_UNSUPPORTED = 5,    // valid, and of a kind that is not supported
  SEMID_IO = 6,             // reading or writing failed
  SEMID_CANNOT_CREATE = 7,  // the output cannot be created
  SEMID_CANCELLED = 8,      // the progress function asked for it, or the flag was set
  SEMID_HANDLE = 9,         // a handle that is closed, was never made, or is of another kind
  SEMID_INTERNAL = 10,      // anything else
} semid_status;

// Text of `count` bytes. Where `count` is -1, `bytes` ends with a zero. Null `bytes` with `count` 0 or -1: no text.
typedef struct {
  const char *_Nullable bytes;
  int64_t count;
} semid_text;

// `count` texts, end to end: text i is bytes[offsets[i]] to bytes[offsets[i + 1] - 1]. Null `offsets`: no texts.
typedef struct {
  const char *_Nullable bytes;
  const int64_t *_Nullable offsets;
  int64_t count;
} semid_texts;

// rows × columns floats. Null `values` with 0 rows and columns: no matrix.
typedef struct {
  const float *_Nullable values;
  int64_t rows;
  int64_t columns;
} semid_matrix;

// A matrix with a name. A vector is a matrix of one row.
typedef struct {
  semid_text name;
  semid_matrix values;
} semid_tensor;

// rows × levels codes, each below its level's size. Null `values` with 0 rows: no codes.
// Null `level_sizes`: each level's size is its largest code and one.
typedef struct {
  const uint16_t *_Nullable values;
  int64_t rows;
  int64_t levels;
  const int64_t *_Nullable level_sizes;
} semid_codes;

typedef enum {
  SEMID_COLUMN_TEXT = 0,     // values: bytes, with offsets
  SEMID_COLUMN_INTEGER = 1,  // int64_t
  SEMID_COLUMN_FLOAT = 2,    // double
  SEMID_COLUMN_BOOLEAN = 3,  // int64_t, 0 or 1
  SEMID_COLUMN_TIME = 4,     // int64_t, microseconds since 1970
  // Lists: the elements of all rows end to end, as above, and where each row's begin. The engine keeps elements as text:
  // numbers as their shortest digits, truth values as "true" and "false".
  SEMID_COLUMN_TEXT_LIST = 5,
  SEMID_COLUMN_INTEGER_LIST = 6,
  SEMID_COLUMN_FLOAT_LIST = 7,
  SEMID_COLUMN_BOOLEAN_LIST = 8,
  SEMID_COLUMN_FLOAT32_LIST = 9,  // float
} semid_column_kind;

// A column of a table.
typedef struct {
  semid_text name;
  int32_t kind;
  const void *_Nullable values;       // `count` of them; `elements` of a list column
  const int64_t *_Nullable offsets;   // one more than values; text and lists of text only
  const uint8_t *_Nullable present;   // 1 where there is a value, 0 where it is missing; null: all are there
  int64_t count;                      // rows
  const int64_t *_Nullable starts;    // count + 1; lists only: row i has the elements starts[i] to starts[i + 1] - 1
  int64_t elements;                   // lists only: of all rows
} semid_column;

// Attributes of items. Null `columns`: none.
typedef struct {
  semid_texts ids;  // the item of each row
  const semid_column *_Nullable columns;
  int64_t count;  // columns
} semid_table;

typedef enum {
  SEMID_UINT8 = 0,
  SEMID_UINT16 = 1,
  SEMID_INT32 = 2,
  SEMID_INT64 = 3,
  SEMID_FLOAT32 = 4,
} semid_type;

// Told how far a call has come, by a JSON object. Not 0 ends the call with SEMID_CANCELLED. It is called on the thread that
// made the call, or by semid_index_build on another.
typedef int32_t (*semid_progress)(void *_Nullable context, const char *_Nonnull json);

// How long calls are watched and ended. All may be null.
typedef struct {
  semid_progress _Nullable progress;
  void *_Nullable context;
  const int32_t *_Nullable cancel;  // the call ends with SEMID_CANCELLED soon after this is not 0; any thread may set it
} semid_watch;

// ---- In general ------------------------------------------------------------------------------------------------------

// The version of this face: raised when a function changes. And that of the engine, such as "0.9.0".
int32_t semid_abi(void);
const char *_Nonnull semid_version(void);

// A part of the message of this thread's last failed call: "kind", "source", "place", "expected", "found", "remedy", or
// "message", which is all of it. Null where it has no such part. Valid until the thread's next call.
const char *_Nullable semid_error(const char *_Nullable part);

int32_t semid_close(semid_handle handle);
// How many handles are open, for tests.
int64_t semid_open_handles(void);

// The text of a result, such as a report. Valid until the handle is closed; so are arrays.
int32_t semid_result_text(
    semid_handle result, const char *_Nullable *_Nullable bytes, int64_t *_Nullable count);
// The array of a result that has this name.
int32_t semid_result_array(
    semid_handle result, semid_text name, const void *_Nullable *_Nullable values, int32_t *_Nullable type,
    int64_t *_Nullable count);

// The default options, as JSON, of "rq-kmeans", "rq-kmeans-plus", "rq-vae", "vq-vae" (for so many rows; -1: not known),
// "resolve", "index", "search" and "evaluate".
int32_t semid_defaults(semid_text of, int64_t rows, semid_handle *_Nullable result);

// Vectors of a file, and the items' ids where it has them. Result: "vectors" (float32, rows × columns), "ids" (uint8) with
// "ids.offsets" (int64). Text: source, rows, columns, what was taken. Options: vectors, ids (names in the file), idsPath.
int32_t semid_embeddings_read(semid_text path, semid_text options, int64_t threads, semid_handle *_Nullable result);

// ---- Tokenizers ------------------------------------------------------------------------------------------------------

// Trains a model of `kind`, of the options that semid_defaults() names. `start`: a model that an autoencoder's codebooks
// start from; 0: none. `report`, where it is not null: a result with the report as text.
int32_t semid_tokenizer_train(
    semid_text kind, semid_text options, semid_matrix vectors, semid_text source, semid_handle start, int64_t threads,
    semid_watch watch, semid_handle *_Nullable tokenizer, semid_handle *_Nullable report);
// A residual k-means of codebooks that were trained elsewhere. `codewords`: those of all levels, end to end. `prices`: one a
// codeword in the same order, in squared distance, of a model whose codes are balanced; null with a count of 0: none.
int32_t semid_tokenizer_of_codebooks(
    semid_matrix codewords, const int64_t *_Nullable level_sizes, int64_t levels, const float *_Nullable prices,
    int64_t price_count, semid_text options, semid_handle *_Nullable tokenizer);
// An autoencoder of `kind` ("rq-vae", "vq-vae" or "rq-kmeans-plus") of weights that were trained elsewhere. `tensors`: as
// many as `count`, under the names that model.safetensors has: "encoder.0.weight" (outputs × inputs), "encoder.0.bias" and,
// with batch normalization, "encoder.0.norm.scale", ".shift", ".mean" and ".variance"; so on for every layer, and for the
// decoder; "codebooks.0" (codes × the code's dimension) ... "input.mean" and "input.scale", which may be left out together,
// say how vectors are scaled: (x - mean) / scale. Options: those of semid_defaults(). The shape (levelSizes, and of network
// hidden, codeDimension and hasBatchNorm) is that of the weights; an option that says otherwise is an error.
int32_t semid_tokenizer_of_weights(
    semid_text kind, const semid_tensor *_Nullable tensors, int64_t count, semid_text options,
    semid_handle *_Nullable tokenizer);
// What a training of these options on these vectors is to be, for programs that train by themselves: options and vectors are
// checked as semid_tokenizer_train checks them. Text: kMeans and rowLimit, or autoencoder, batchSize, epochs,
// evaluationInterval and plainSteps; dominantRows, and a warning of them where there are any. "mean" and "scale" (float32): the
// scaling of an autoencoder's vectors.
int32_t semid_tokenizer_plan(
    semid_text kind, semid_text options, semid_matrix vectors, semid_text source, int64_t threads,
    semid_handle *_Nullable result);
// A model of weights that were trained elsewhere: the tensors that its file model.safetensors has, under their names there; a
// tensor of one axis is a matrix of one row. `options`: those that semid_tokenizer_plan gave. `history`: the text of
// history.jsonl, of autoencoders; no text: none.
int32_t semid_tokenizer_of_tensors(
    semid_text kind, semid_text options, semid_texts names, const semid_matrix *_Nullable tensors, int64_t count,
    semid_text history, semid_handle *_Nullable tokenizer);
// The weights of a model with codebooks, under the names that model.safetensors has. Result: an array (float32) a name; text:
// an array of {name, rows, columns} in the order of the file.
int32_t semid_tokenizer_weights(semid_handle tokenizer, semid_handle *_Nullable result);
// A model directory of any kind: ours, or of the Python package semantic-id.
int32_t semid_tokenizer_open(semid_text path, semid_handle *_Nullable tokenizer);
// Writes the model's directory, whole or not at all. `form`: "semid", or "semantic-id" for that package's files.
int32_t semid_tokenizer_save(semid_handle tokenizer, semid_text path, semid_text form);
// Text: kind, dimension, levelSizes, fingerprint, needsDirections, hasLatents, decodes, options.
int32_t semid_tokenizer_info(semid_handle tokenizer, semid_handle *_Nullable result);
// The codewords of a level, Kₗ × the codebooks' dimension: "codewords" (float32). "prices" (float32, Kₗ): where it has them.
int32_t semid_tokenizer_codebook(semid_handle tokenizer, int64_t level, semid_handle *_Nullable result);
// Codes, rows × levels. `beam`: 0 for the model's own. `balance`: "none", "price" or "strict"; no text for the model's own.
int32_t semid_tokenizer_encode(
    semid_handle tokenizer, semid_matrix vectors, semid_text source, int64_t beam, semid_text balance, int64_t threads,
    uint16_t *_Nullable codes, int64_t capacity);
// Vectors, rows × dimension.
int32_t semid_tokenizer_decode(
    semid_handle tokenizer, semid_codes codes, int64_t threads, float *_Nullable vectors, int64_t capacity);
// The vectors that are quantized, rows × the codebooks' dimension.
int32_t semid_tokenizer_latents(
    semid_handle tokenizer, semid_matrix vectors, semid_text source, int64_t threads, float *_Nullable latents,
    int64_t capacity);

// ---- Unique IDs ------------------------------------------------------------------------------------------------------

// Tells items of equal codes apart. Without codes the model encodes. Result: "codes" (uint16) of `levels` a row, and behind
// them either "tail" (int32; -1: none) or "tail.bytes" with "tail.offsets". Text: the report, and levelSizes of "codes".
int32_t semid_resolve(
    semid_handle tokenizer, semid_matrix vectors, semid_codes codes, semid_texts ids, semid_text options,
    int64_t threads, semid_handle *_Nullable result);

// `access`: "read", "update" or "create". No path: in memory.
int32_t semid_registry_open(semid_text path, semid_text access, semid_handle *_Nullable registry);
// Gives every item its ID. `capacity`: the most items per ID; 0: as the registry has it. Result: "codes"; text: what was done.
int32_t semid_registry_add(
    semid_handle registry, semid_texts ids, semid_matrix vectors, semid_handle tokenizer, int64_t capacity,
    int64_t threads, semid_handle *_Nullable result);
// Result, by item: "found" (uint8), "codes" (zeros where there are none), "since" and "removed" (int64; -1: not).
// `generation`: 0 for the last one.
int32_t semid_registry_lookup(
    semid_handle registry, semid_texts ids, int64_t generation, semid_handle *_Nullable result);
// Items whose ID begins with `prefix`, in ID order. Result: "ids" with "ids.offsets", "codes", "since".
// `limit`: -1 for all.
int32_t semid_registry_items(
    semid_handle registry, const uint16_t *_Nullable prefix, int64_t length, int64_t generation, int64_t limit,
    semid_handle *_Nullable result);
// All items of a generation by the bytes of their ids. Result: "ids" with "ids.offsets", "codes"; text: the generation.
int32_t semid_registry_snapshot(semid_handle registry, int64_t generation, semid_handle *_Nullable result);
int32_t semid_registry_remove(
    semid_handle registry, semid_texts ids, int32_t releasing, semid_handle *_Nullable result);
// Text: all generations, an array.
int32_t semid_registry_generations(semid_handle registry, semid_handle *_Nullable result);
int32_t semid_registry_verify(semid_handle registry);
int32_t semid_registry_copy(semid_handle registry, semid_text path);

// ---- The index -------------------------------------------------------------------------------------------------------

// Builds an index at `path`. Codes, or vectors with a tokenizer, or both. Text of the result: what was built.
int32_t semid_index_build(
    semid_text path, semid_codes codes, semid_matrix vectors, semid_texts ids, semid_handle tokenizer,
    semid_table attributes, semid_text options, int64_t threads, semid_watch watch, semid_handle *_Nullable result);
// `writable`: takes the right to change the index, which one handle at a time may have. `merges`: whether small segments
// are merged after changes.
int32_t semid_index_open(
    semid_text path, int32_t writable, int32_t merges, int64_t threads, semid_handle *_Nullable index);
// The state of now, which does not change; rows and filters are those of a state.
int32_t semid_index_state(semid_handle index, semid_handle *_Nullable state);
// Text: path, items, rowLimit, dimension, metric, levelSizes, mayEndEarly, segments, hasIDs, model, attributes, bytes.
int32_t semid_index_info(semid_handle index, semid_handle *_Nullable result);
// A copy of the model that the index keeps.
int32_t semid_index_tokenizer(semid_handle index, semid_handle *_Nullable tokenizer);

// Items that may be found: those that meet the condition, and are among `allow`, and not among `deny`. All but the index
// may be left out. `unknown`: ids of no item.
int32_t semid_index_filter(
    semid_handle index, semid_text condition, semid_texts allow, semid_texts deny, semid_handle *_Nullable filter,
    int64_t *_Nullable count, int64_t *_Nullable unknown);

// The k nearest items to each query: rows (queries × k, -1 behind the last), distances (queries × k, NaN behind the last).
// `candidates`, `scan`: 0 for the default. `exact`: compare with every vector. `filter`: 0 for none. `ids`, where it is not
// null: a result with the ids of all items found, query after query, "ids" with "ids.offsets".
int32_t semid_index_search(
    semid_handle index, semid_matrix queries, int64_t k, int64_t candidates, int64_t scan, int32_t exact,
    semid_handle filter, int64_t threads, int64_t *_Nullable rows, float *_Nullable distances, int64_t capacity,
    semid_handle *_Nullable ids);
// Items around an ID. `codes` may hold -1 for any code where the rule is "match". Rules: "match", "exact", "prefix",
// "hamming", "per-level", "product", the last three with a parameter. Result by item: "rows", "prefix", "differing" (int64),
// "distance" (float32, NaN: none), "ids" with "ids.offsets". Text: isInCatalogue, budgetExhausted.
int32_t semid_index_around(
    semid_handle index, const int32_t *_Nullable codes, int64_t levels, semid_text rule, int64_t parameter,
    int64_t budget, semid_handle filter, semid_handle *_Nullable result);
// Items whose ID begins with the codes. Result: "rows" (int64), "ids" with "ids.offsets".
int32_t semid_index_prefix(
    semid_handle index, const int32_t *_Nullable codes, int64_t length, semid_handle filter,
    semid_handle *_Nullable result);
// The codes that a text spells, such as "12-4-9" or "<a_12><b_4>"; -1 for *. Result: "codes" (int32).
int32_t semid_index_parse(semid_handle index, semid_text text, int32_t prefix, semid_handle *_Nullable result);
// Rows of items, ascending. Result: "rows".
int32_t semid_index_rows(semid_handle index, semid_handle *_Nullable result);
// The row of each id, -1 where no item has it.
int32_t semid_index_rows_of(semid_handle index, semid_texts ids, int64_t *_Nullable rows, int64_t capacity);
// Of each row: its id, or its ID as text ("12-4-9": "plain"; "tokens"). Result: "ids" with "ids.offsets".
int32_t semid_index_ids_of(
    semid_handle index, const int64_t *_Nullable rows, int64_t count, semid_text what, semid_handle *_Nullable result);
// Codes as they are stored, count × levels.
int32_t semid_index_codes_of(
    semid_handle index, const int64_t *_Nullable rows, int64_t count, uint16_t *_Nullable codes, int64_t capacity);
// Vectors, count × dimension.
int32_t semid_index_vectors_of(
    semid_handle index, const int64_t *_Nullable rows, int64_t count, float *_Nullable vectors, int64_t capacity);

// Changes a writable index: adds items, replaces those of the same ids where `replaces`, deletes. Searches see all of it or
// nothing. Text of the result: what was done.
int32_t semid_index_update(
    semid_handle index, semid_texts ids, semid_matrix vectors, semid_codes codes, semid_table attributes,
    int32_t replaces, semid_texts deleted, int32_t ignores_unknown, semid_handle *_Nullable result);
int32_t semid_index_compact(semid_handle index, semid_handle *_Nullable result);
// Checks every byte. Text: hasDigest, leftovers.
int32_t semid_index_verify(semid_handle index, int64_t threads, semid_handle *_Nullable result);

// ---- Tokens and constraints ------------------------------------------------------------------------------------------

// Options: spelling (a name or a pattern), begin, end, specials.
int32_t semid_vocabulary_make(
    const int64_t *_Nullable level_sizes, int64_t levels, semid_text options, semid_handle *_Nullable vocabulary);
// All tokens in order. Result: "tokens" with "tokens.offsets"; text: levelSizes, offsets, specials, count, pattern.
int32_t semid_vocabulary_tokens(semid_handle vocabulary, semid_handle *_Nullable result);
// The text of each ID, with the tokens around it. Result: "texts" with "texts.offsets".
int32_t semid_vocabulary_texts(semid_handle vocabulary, semid_codes codes, semid_handle *_Nullable result);
// `form`: "text", a token a line; "added-tokens", an object of tokens and numbers from `first` on.
int32_t semid_vocabulary_write(semid_handle vocabulary, semid_text path, semid_text form, int64_t first);

// The automaton of the IDs of an index, or of codes. `lengths`: how many of its codes each ID has; null: all.
// `table`: the token of every code, level after level; null: as the options say. Options: tokenizer (a path), spelling,
// firstToken, vocabularySize, begin, end, padding, triggers (lists of numbers or of texts).
int32_t semid_constraint_make(
    semid_handle index, semid_handle filter, semid_codes codes, const uint8_t *_Nullable lengths,
    const int32_t *_Nullable table, int64_t table_count, semid_text options, int64_t threads,
    semid_handle *_Nullable constraint);
// Text: vocabularySize, words, start, levelSizes, ids, prefixes, states, begin, end, padding, triggers, told.
int32_t semid_constraint_info(semid_handle constraint, semid_handle *_Nullable result);
// The state of each beam after its token. A beam whose token is not allowed, or that was lost before, gets
// SEMID_NO_STATE; `lost`, where it is not null, is how many have it.
#define SEMID_NO_STATE UINT32_MAX
int32_t semid_beams_advance(
    semid_handle constraint, const uint32_t *_Nullable states, const int32_t *_Nullable tokens, int64_t count,
    uint32_t *_Nullable next, int64_t *_Nullable lost);
// The state of each row behind tokens[row][starts[row]] … tokens[row][length - 1], `stride` tokens a row. Where IDs are
// triggered, the tokens behind the last trigger count, and none where it is not there.
int32_t semid_beams_states(
    semid_handle constraint, const int64_t *_Nullable tokens, int64_t rows, int64_t length, int64_t stride,
    const int64_t *_Nullable starts, uint32_t *_Nullable states, int64_t *_Nullable lost);
// Bits of the tokens that each beam may write next: `words` a row, bit t % 32 of word t / 32 is token t. A row of
// SEMID_NO_STATE, or of a beam that is done, allows nothing. Bits beyond the vocabulary are zero.
int32_t semid_beams_mask(
    semid_handle constraint, const uint32_t *_Nullable states, int64_t count, int32_t *_Nullable mask, int64_t words);
// Scores of the tokens that each beam may write next, and −∞ for all others: `columns` a row, read from `scores` and written
// to `target`, which may not overlap. Scores beyond the vocabulary become −∞.
int32_t semid_beams_apply(
    semid_handle constraint, const uint32_t *_Nullable states, int64_t count, const float *_Nullable scores,
    int64_t columns, int64_t stride, float *_Nullable target);
// What the states mean: 1: inside or before an ID; 2: an ID is written; 4: nothing but padding may follow; 8: no state.
int32_t semid_beams_flags(
    semid_handle constraint, const uint32_t *_Nullable states, int64_t count, uint8_t *_Nullable flags);
// The arrays of the trie as .npz, as `semid corpus constraint` writes them.
int32_t semid_constraint_write(semid_handle constraint, semid_text path);

// ---- Corpora ---------------------------------------------------------------------------------------------------------

// A table in memory that stands for a file of this name in the options of a corpus.
typedef struct {
  semid_text name;
  const semid_column *_Nullable columns;
  int64_t count;        // columns
  semid_text recorded;  // the file, or folder of .parquet files, that it was read from; the manifest names it. None: no file
} semid_source;

// Writes the directory of a corpus: "sequences", "instructions", "pretrain", "mini-onerec" or "lc-rec". Options are those of
// the verbs of `semid corpus`, in groups: interactions {train, valid, test, all, split, validShare, testShare, userColumn,
// itemColumn, timeColumn, repeats}; items {codes, codesColumns, codesIDs, ids, codebookSize, modelSizes, spelling, begin, end,
// specials}; windows {maxHistory, minHistory, stride, lastTargetOnly}; texts {items, itemsIDs, itemsTitles, tokenizer,
// htmlEntities}, not of sequences; rows {tasks, templates, seed, shuffle, separator, titleSeparator, shardRows, audit,
// hideHeldOutTexts}, of instructions and pretrain. Of sequences: form, heldOut, separator, firstID, shardRows, audit; of
// instructions: form, system, nameRows, keepSharedTitles; of pretrain: heldOut; of mini-onerec: category, anyLevels, audit;
// of lc-rec: name, anyLevels, audit. Files are named by their paths, or by the names of `sources`. Text: the manifest.
int32_t semid_corpus_write(
    semid_text kind, semid_text path, semid_text options, const semid_source *_Nullable sources, int64_t count,
    int64_t threads, semid_watch watch, semid_handle *_Nullable result);

// ---- Measurements ----------------------------------------------------------------------------------------------------

// Measures codes: alone, against vectors, with the model that decodes them. Options: name, k, sample (null: all), pairs,
// metric, seed, definitions ("own", "semantic-id", "semantic-id-0.2.3"), distance of codes by the definitions of semantic-id
// ("prefix", "hamming"; null: their own). Text: the measurements.
int32_t semid_evaluate(
    semid_codes codes, semid_matrix vectors, semid_handle tokenizer, semid_text options, int64_t threads,
    semid_watch watch, semid_handle *_Nullable result);

// ---- What the Swift side uses of this target -------------------------------------------------------------------------

// The lock of the table of handles. fork() takes it, so that a child does not find it held.
void semid_table_lock(void);
void semid_table_unlock(void);
// Whether this process is a child of the one that first asked.
int32_t semid_is_forked(void);
// Keeps the parts of an error for this thread: kind, source, place, expected, found, remedy, message; null: none.
void semid_keep_error(const char *_Nullable const *_Nullable parts);
int32_t semid_is_set(const int32_t *_Nonnull flag);

#ifdef __cplusplus
}
#endif
