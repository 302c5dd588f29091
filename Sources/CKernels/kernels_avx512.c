#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c,popcnt,bmi"))), apply_to = function)
#define HAS_FMA 1
#define HAS_F16C 1
#define HAS_VNNI 1
#define LANES 16
// Eight rows keep two multipliers of latency 5 nearly busy; with more, row pointers spill, and loads are the limit.
#define TILE_ROWS 8
#define BODY(name) name##_avx512
#include "bodies/all.inc"
#pragma clang attribute pop
#endif
