// The sixteen-lane body of kernels_avx512.c compiled for any processor: the tests hold it against the portable body
// where no AVX-512 is to be had. Nothing else calls it.
// No wide vector crosses a call: every helper is inlined.
#pragma clang diagnostic ignored "-Wpsabi"
#define LANES 16
#define TILE_ROWS 8
#define BODY(name) name##_wide
#include "bodies/all.inc"
