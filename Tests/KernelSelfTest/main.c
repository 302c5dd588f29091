// Every function of every body of the kernels against its definition, written as a plain loop, and against the
// portable body. scripts/test-avx512 builds and runs it, in an emulator where the processor has no AVX-512.
//
//   kernel-selftest [ROUNDS [SEED]]
//
// Each round draws other sizes and values. Prints a line for each body and function; exits with 1 on a difference, 2
// on bad arguments. A read or write out of bounds ends it by a signal.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static size_t run_checks(const char *body_name, const semid_kernels *body, const check *checks, size_t rounds,
                         uint64_t seed) {
  const semid_kernels *portable = semid_kernels_of(SEMID_PORTABLE);
  size_t failed = 0;
  for (; checks->name; checks++) {
    // The line's beginning first: it says where a signal came from.
    printf("%-9s %-17s", body_name, checks->name);
    fflush(stdout);
    comparisons = failures = 0;
    for (size_t round = 0; round < rounds; round++) {
      seed_random(seed + round);
      checks->run(body, portable);
      end_case();
    }
    if (failures)
      printf("\n%-9s %-17s WRONG in %zu of %zu comparisons\n", body_name, checks->name, failures, comparisons);
    else
      printf(" ok    %zu comparisons\n", comparisons);
    fflush(stdout);
    failed += failures != 0;
  }
  return failed;
}

int main(int count, char **arguments) {
  size_t numbers[2] = {1, 1};
  for (int i = 1; i < count; i++) {
    char *end;
    unsigned long long number = strtoull(arguments[i], &end, 10);
    if (i > 2 || *end || !*arguments[i]) {
      fprintf(stderr, "usage: %s [ROUNDS [SEED]]\n", arguments[0]);
      return 2;
    }
    numbers[i - 1] = (size_t)number;
  }
  static const char *const names[] = {"portable", "avx2", "avx512"};
  struct { const char *name; const semid_kernels *body; } bodies[] = {
      {"portable", semid_kernels_of(SEMID_PORTABLE)},
      {"wide", semid_kernels_wide()},
      {"avx2", semid_kernels_of(SEMID_AVX2)},
      {"avx512", semid_kernels_of(SEMID_AVX512)},
  };
  printf("in use: %s; rounds: %zu; seed: %zu\n", names[semid_kernel_level()], numbers[0], numbers[1]);
  size_t failed = 0;
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    if (!bodies[i].body) {
      printf("%-9s not supported by this processor\n", bodies[i].name);
      continue;
    }
    failed += run_checks(bodies[i].name, bodies[i].body, element_checks, numbers[0], numbers[1]);
    failed += run_checks(bodies[i].name, bodies[i].body, conversion_checks, numbers[0], numbers[1]);
    failed += run_checks(bodies[i].name, bodies[i].body, nearest_checks, numbers[0], numbers[1]);
    failed += run_checks(bodies[i].name, bodies[i].body, beam_checks, numbers[0], numbers[1]);
    failed += run_checks(bodies[i].name, bodies[i].body, sketch_checks, numbers[0], numbers[1]);
  }
  if (failed) printf("kernel self test: FAILED in %zu functions\n", failed);
  else printf("kernel self test: passed\n");
  return failed != 0;
}
