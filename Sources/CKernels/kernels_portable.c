// The body for any processor: 128-bit vectors, which the compiler gives to SSE2 and NEON.
#define LANES 4
#define TILE_ROWS 2
#define BODY(name) name##_portable
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include "bodies/all.inc"
