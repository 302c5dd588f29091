#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE  // strdup
#endif
#include "semid.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- The lock of the table of handles --------------------------------------------------------------------------------

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t errors;
static pid_t first_process;
static _Atomic int32_t forked;

static void before_fork(void) { pthread_mutex_lock(&table); }
static void after_fork(void) { pthread_mutex_unlock(&table); }
static void in_child(void) {
  // A lock that the parent's thread took is this thread's now: the child has no other.
  pthread_mutex_unlock(&table);
  atomic_store(&forked, getpid() != first_process);
}

static void free_parts(void *parts);

static void prepare(void) {
  first_process = getpid();
  pthread_key_create(&errors, free_parts);
  pthread_atfork(before_fork, after_fork, in_child);
}

void semid_table_lock(void) {
  pthread_once(&once, prepare);
  pthread_mutex_lock(&table);
}

void semid_table_unlock(void) { pthread_mutex_unlock(&table); }

int32_t semid_is_forked(void) {
  pthread_once(&once, prepare);
  return atomic_load(&forked);
}

int32_t semid_is_set(const int32_t *flag) { return __atomic_load_n(flag, __ATOMIC_RELAXED) != 0; }

// ---- Errors, by thread -----------------------------------------------------------------------------------------------

enum { PARTS = 7 };
static const char *const names[PARTS] = {"kind", "source", "place", "expected", "found", "remedy", "message"};

static void free_parts(void *value) {
  char **parts = value;
  for (int part = 0; part < PARTS; part++) free(parts[part]);
  free(parts);
}

void semid_keep_error(const char *const *parts) {
  pthread_once(&once, prepare);
  char **kept = pthread_getspecific(errors);
  if (!kept) {
    kept = calloc(PARTS, sizeof *kept);
    if (!kept) return;
    if (pthread_setspecific(errors, kept) != 0) {
      free(kept);
      return;
    }
  }
  for (int part = 0; part < PARTS; part++) {
    free(kept[part]);
    kept[part] = parts && parts[part] ? strdup(parts[part]) : NULL;
  }
}

const char *semid_error(const char *part) {
  pthread_once(&once, prepare);
  char **kept = pthread_getspecific(errors);
  if (!kept || !part) return NULL;
  for (int index = 0; index < PARTS; index++)
    if (strcmp(names[index], part) == 0) return kept[index];
  return NULL;
}
