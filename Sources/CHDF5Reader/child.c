#ifdef SEMID_HDF5
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

// Set in the child only, after the fork.
static int output = -1;
static uint32_t patience = 30;

void send_bytes(const void *bytes, size_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t written = write(output, next, count < (1u << 30) ? count : (1u << 30));
    if (written < 0) {
      if (errno == EINTR) continue;
      _exit(3);
    }
    next += written;
    count -= (size_t)written;
  }
}

void send_header(uint32_t tag, uint32_t detail, uint64_t bytes) {
  semid_h5_frame frame = {tag, detail, bytes};
  send_bytes(&frame, sizeof frame);
}

void send_frame(uint32_t tag, uint32_t detail, const void *payload, size_t bytes) {
  send_header(tag, detail, bytes);
  send_bytes(payload, bytes);
}

void fail(uint32_t fault, const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length < 0) length = 0;
  if ((size_t)length >= sizeof text) length = sizeof text - 1;
  send_frame(SEMID_H5_ERROR, fault, text, (size_t)length);
  _exit(1);
}

static herr_t keep_first(unsigned depth, const H5E_error2_t *error, void *text) {
  if (depth == 0 && error->desc) snprintf(text, 512, "%s", error->desc);
  return 0;
}

void fail_library(const char *doing) {
  char text[512] = "no reason given";
  // Upward starts where the error arose.
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, text);
  fail(SEMID_H5_MALFORMED, "%s: %s", doing, text);
}

void begin_step(void) {
  struct rusage usage;
  struct rlimit limit;
  if (getrusage(RUSAGE_SELF, &usage) != 0 || getrlimit(RLIMIT_CPU, &limit) != 0) return;
  rlim_t wanted = (rlim_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1 + patience;
  if (limit.rlim_max == RLIM_INFINITY || wanted < limit.rlim_max) {
    limit.rlim_cur = wanted;
    setrlimit(RLIMIT_CPU, &limit);
  }
}

void *allocate(size_t bytes) {
  void *memory = malloc(bytes > 0 ? bytes : 1);
  if (!memory) fail(SEMID_H5_MALFORMED, "needs %zu bytes for one piece, more than there is", bytes);
  return memory;
}

// A child may allocate `bytes` beyond what the fork gave it. Where the system does not say how much that is, the limit
// is left alone: sizes are checked before they are allocated as well.
static void limit_memory(uint64_t bytes) {
#if defined(__linux__)
  FILE *file = fopen("/proc/self/statm", "r");
  unsigned long long pages = 0;
  if (!file) return;
  int read = fscanf(file, "%llu", &pages);
  fclose(file);
  struct rlimit limit;
  if (read != 1 || getrlimit(RLIMIT_AS, &limit) != 0) return;
  rlim_t wanted = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
  if (wanted < bytes || (limit.rlim_max != RLIM_INFINITY && wanted > limit.rlim_max)) return;
  limit.rlim_cur = wanted;
  setrlimit(RLIMIT_AS, &limit);
#else
  (void)bytes;
#endif
}

// What other threads of the parent have open is not the child's to keep alive: locks on files, ends of pipes, sockets.
static void close_inherited(void) {
#if defined(__linux__) && defined(SYS_close_range)
  if ((output == 3 || syscall(SYS_close_range, 3u, (unsigned)output - 1, 0) == 0) &&
      syscall(SYS_close_range, (unsigned)output + 1, ~0u, 0) == 0)
    return;
#endif
  long limit = sysconf(_SC_OPEN_MAX);
  if (limit < 0 || limit > 65536) limit = 65536;
  for (int descriptor = 3; descriptor < limit; descriptor++)
    if (descriptor != output) close(descriptor);
}

static void prepare(const semid_h5_request *request) {
  // A parent without standard streams: the pipe must not be where they are made below.
  if (output <= STDERR_FILENO) output = fcntl(output, F_DUPFD, STDERR_FILENO + 1);
  close_inherited();
  // A crash is an answer here: no handler of the parent's, no core file, no message of the C library.
  for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere >= 0) {
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
  }
  patience = request->patience;
  limit_memory(request->memory_limit);
  begin_step();
}

static _Noreturn void answer(const semid_h5_request *request) {
  prepare(request);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t file = H5Fopen(request->path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) fail_library("cannot be opened");
  if (request->kind == SEMID_H5_CONTENTS) {
    send_contents(file);
  } else if (request->kind == SEMID_H5_ROWS) {
    add_filters();
    hid_t group = H5Gopen2(file, request->dataset[0] ? request->dataset : "/", H5P_DEFAULT);
    if (group < 0) fail_library("cannot be opened");
    send_named_rows(group);
  } else {
    add_filters();
    hid_t dataset = H5Dopen2(file, request->dataset, H5P_DEFAULT);
    if (dataset < 0) fail_library("cannot be opened");
    switch (request->kind) {
      case SEMID_H5_FLOATS: send_floats(dataset); break;
      case SEMID_H5_DOUBLES: send_doubles(dataset); break;
      case SEMID_H5_INTEGERS: send_integers(dataset); break;
      case SEMID_H5_STRINGS: send_strings(dataset); break;
      default: _exit(2);
    }
  }
  send_frame(SEMID_H5_END, 0, NULL, 0);
  // Not exit: what the parent has open, files of libhdf5 included, is the parent's to close.
  _exit(0);
}

int semid_h5_start(const semid_h5_request *request, semid_h5_child *child) {
  int ends[2];
#if defined(__linux__)
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
#else
  if (pipe(ends) != 0) return errno;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
  pid_t process = fork();
  if (process == 0) {
    close(ends[0]);
    output = ends[1];
    answer(request);
  }
  int reason = errno;
  close(ends[1]);
  if (process < 0) {
    close(ends[0]);
    return reason;
  }
  child->descriptor = ends[0];
  child->process = process;
  return 0;
}

int semid_h5_finish(semid_h5_child child, int abandon) {
  close(child.descriptor);
  if (abandon) kill(child.process, SIGKILL);
  int status = 0;
  pid_t ended;
  do ended = waitpid(child.process, &status, 0);
  while (ended < 0 && errno == EINTR);
  return ended == child.process && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
#endif
