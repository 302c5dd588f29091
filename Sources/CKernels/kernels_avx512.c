#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c,popcnt"))), apply_to = function)
#define HAS_FMA 1
#define HAS_F16C 1
#define HAS_VNNI 1
#define LANES 16
#define TILE_ROWS 12
#define BODY(name) name##_avx512
#include "bodies/all.inc"
#pragma clang attribute pop
#endif
