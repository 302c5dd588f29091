#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "include/bodies.h"

#define KERNEL(result, name, parameters, arguments) result semid_##name##_portable parameters;
#include "kernels.def"
#undef KERNEL
#define KERNEL(result, name, parameters, arguments) .name = semid_##name##_portable,
static const semid_kernels kernels_portable = {
#include "kernels.def"
};
#undef KERNEL

#define KERNEL(result, name, parameters, arguments) result semid_##name##_wide parameters;
#include "kernels.def"
#undef KERNEL
#define KERNEL(result, name, parameters, arguments) .name = semid_##name##_wide,
static const semid_kernels kernels_wide = {
#include "kernels.def"
};
#undef KERNEL

#if defined(__x86_64__)
#define KERNEL(result, name, parameters, arguments) result semid_##name##_avx2 parameters;
#include "kernels.def"
#undef KERNEL
#define KERNEL(result, name, parameters, arguments) .name = semid_##name##_avx2,
static const semid_kernels kernels_avx2 = {
#include "kernels.def"
};
#undef KERNEL

#define KERNEL(result, name, parameters, arguments) result semid_##name##_avx512 parameters;
#include "kernels.def"
#undef KERNEL
#define KERNEL(result, name, parameters, arguments) .name = semid_##name##_avx512,
static const semid_kernels kernels_avx512 = {
#include "kernels.def"
};
#undef KERNEL
#endif

int semid_kernel_supported(semid_level level) {
  switch (level) {
    case SEMID_PORTABLE: return 1;
#if defined(__x86_64__)
    case SEMID_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") &&
             __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
    case SEMID_AVX512:
      return semid_kernel_supported(SEMID_AVX2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
#endif
    default: return 0;
  }
}

const semid_kernels *semid_kernels_of(semid_level level) {
  if (!semid_kernel_supported(level)) return NULL;
  switch (level) {
#if defined(__x86_64__)
    case SEMID_AVX2: return &kernels_avx2;
    case SEMID_AVX512: return &kernels_avx512;
#endif
    default: return &kernels_portable;
  }
}

const semid_kernels *semid_kernels_wide(void) { return &kernels_wide; }

// Written once, before main; read only from then on.
static semid_level level_in_use = SEMID_PORTABLE;
static const semid_kernels *in_use = &kernels_portable;
#if defined(__x86_64__)
static semid_kernels mixed;
#endif
static int request_fault = 0;

#if defined(__x86_64__)
/// AMD's family 19h; of its processors, those of Zen 4 alone have AVX-512.
static int is_zen4(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(0, &a, &b, &c, &d) || b != 0x68747541 || d != 0x69746e65 || c != 0x444d4163) return 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  return (a >> 8 & 15) == 15 && (a >> 20 & 255) + 15 == 0x19;
}
#endif

__attribute__((constructor)) static void choose_body(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  static const char *const names[] = {"portable", "avx2", "avx512"};
  const char *request = getenv("SEMID_KERNELS");
  int highest = SEMID_AVX512;
  if (request && *request) {
    int wanted = -1;
    for (int level = 0; level <= SEMID_AVX512; level++)
      if (!strcmp(request, names[level])) wanted = level;
    if (wanted < 0) request_fault = 1;
    else if (!semid_kernel_supported((semid_level)wanted)) request_fault = 2;
    if (wanted >= 0) highest = wanted;
  }
  for (int level = highest; level >= 0; level--)
    if (semid_kernel_supported((semid_level)level)) {
      level_in_use = (semid_level)level;
      in_use = semid_kernels_of(level_in_use);
      break;
    }
#if defined(__x86_64__)
  // A factor that is broadcast from memory to 512 bits costs this processor two loads: the products of 256 bits are more
  // than twice as fast there. Both add up in the same order, so the results are the same bits.
  if (level_in_use == SEMID_AVX512 && is_zen4()) {
    mixed = kernels_avx512;
    mixed.multiply = kernels_avx2.multiply;
    in_use = &mixed;
  }
#endif
}

semid_level semid_kernel_level(void) { return level_in_use; }
int semid_kernel_request_fault(void) { return request_fault; }
const semid_kernels *semid_kernels_in_use(void) { return in_use; }

size_t semid_codebook_panel_count(size_t count, size_t d) {
  return semid_panels(count) * SEMID_PANEL * semid_rounded_width(d);
}
size_t semid_codebook_square_count(size_t count) { return semid_panels(count) * SEMID_PANEL; }

// A function of kernels.h calls the body in use.
#define KERNEL(result, name, parameters, arguments) \
  result semid_##name parameters { return in_use->name arguments; }
#include "kernels.def"
#undef KERNEL

size_t semid_product_panel_count(size_t terms, size_t outputs) { return semid_panels(outputs) * SEMID_PANEL * terms; }

void semid_product_pack(const float *matrix, size_t terms, size_t outputs, size_t term_stride, size_t output_stride,
    float *panels) {
  for (size_t first = 0; first < outputs; first += SEMID_PANEL, panels += SEMID_PANEL * terms) {
    const float *source = matrix + first * output_stride;
    size_t valid = outputs - first < SEMID_PANEL ? outputs - first : SEMID_PANEL;
    if (valid < SEMID_PANEL) memset(panels, 0, SEMID_PANEL * terms * sizeof(float));
    if (output_stride == 1) {
      for (size_t k = 0; k < terms; k++)
        memcpy(panels + k * SEMID_PANEL, source + k * term_stride, valid * sizeof(float));
    } else {
      // Four terms at a time: whole reads of the rows, and no line written twice over.
      size_t k = 0;
      for (; k + 4 <= terms; k += 4)
        for (size_t j = 0; j < valid; j++)
          for (size_t t = 0; t < 4; t++)
            panels[(k + t) * SEMID_PANEL + j] = source[j * output_stride + (k + t) * term_stride];
      for (; k < terms; k++)
        for (size_t j = 0; j < valid; j++)
          panels[k * SEMID_PANEL + j] = source[j * output_stride + k * term_stride];
    }
  }
}
