#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt,bmi"))), apply_to = function)
#define HAS_FMA 1
#define HAS_F16C 1
#define HAS_AVX2 1
#define LANES 8
#define TILE_ROWS 6
#define BODY(name) name##_avx2
#include "bodies/all.inc"
#pragma clang attribute pop
#endif
