// Conversions between element types: bit for bit.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "selftest.h"

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

/// A finite half's value, from the format's definition.
static double half_value(uint16_t half) {
  int exponent = half >> 10 & 31, fraction = half & 1023;
  double magnitude = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
  return half >> 15 ? -magnitude : magnitude;
}

static void half_to_float(const semid_kernels *body, const semid_kernels *portable) {
  enum { ALL = 65536 };
  uint16_t *halves = TAKE(uint16_t, ALL);
  float *floats = TAKE(float, ALL), *expected = TAKE(float, ALL);
  for (size_t i = 0; i < ALL; i++) halves[i] = (uint16_t)i;
  body->half_to_float(halves, ALL, floats);
  portable->half_to_float(halves, ALL, expected);
  EXPECT(memcmp(floats, expected, ALL * 4) == 0, "not the portable body's bits");
  for (uint32_t h = 0; h < ALL; h++) {
    uint32_t magnitude = h & 0x7fff;
    if (magnitude < 0x7c00)
      EXPECT((double)floats[h] == half_value((uint16_t)h) && signbit(floats[h]) == (int)(h >> 15), "half %04x", h);
    else if (magnitude == 0x7c00)
      EXPECT(isinf(floats[h]) && signbit(floats[h]) == (int)(h >> 15), "half %04x", h);
    else
      EXPECT(isnan(floats[h]), "half %04x", h);
  }
  end_case();
  for (size_t s = 0; s < SIZES; s++) {
    size_t n = sizes[s];
    halves = TAKE(uint16_t, n), floats = TAKE(float, n);
    for (size_t i = 0; i < n; i++) halves[i] = (uint16_t)random_below(0x7c00);
    body->half_to_float(halves, n, floats);
    for (size_t i = 0; i < n; i++) EXPECT((double)floats[i] == half_value(halves[i]), "n %zu, at %zu", n, i);
    end_case();
  }
}

static void bfloat_to_float(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  for (size_t s = 0; s < SIZES; s++) {
    size_t n = sizes[s];
    uint16_t *source = TAKE(uint16_t, n);
    float *floats = TAKE(float, n);
    for (size_t i = 0; i < n; i++) {
      source[i] = (uint16_t)random_bits();
      if (random_below(20) == 0) source[i] |= 0x7f80;  // NaN or infinite
    }
    body->bfloat_to_float(source, n, floats);
    for (size_t i = 0; i < n; i++)
      EXPECT(bits_of(floats[i]) == (uint32_t)source[i] << 16, "%04x became %08x", source[i], bits_of(floats[i]));
    end_case();
  }
}

const check conversion_checks[] = {
    {"half_to_float", half_to_float},
    {"bfloat_to_float", bfloat_to_float},
    {NULL, NULL},
};
