// Conversions between element types: bit for bit.
#include <math.h>
#include <stdio.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "selftest.h"

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

static float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
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

/// The nearest half, ties to the even one, by search among all of one sign.
static uint16_t nearest_half(float value) {
  uint16_t sign = signbit(value) ? 0x8000 : 0, low = 0, high = 0x7c00;
  double magnitude = fabs((double)value);
  if (magnitude >= 65520) return sign | 0x7c00;
  while (high - low > 1) {
    uint16_t middle = (uint16_t)((low + high) / 2);
    if (half_value(middle) <= magnitude) low = middle;
    else high = middle;
  }
  double above = high == 0x7c00 ? 65536 : half_value(high);  // infinity is rounded to as 2¹⁶ would be
  double down = magnitude - half_value(low), up = above - magnitude;
  return sign | (down < up || (down == up && low % 2 == 0) ? low : high);
}

#ifdef __x86_64__
__attribute__((target("f16c"))) static int tie_goes_up(void) {
  volatile float tie = 1 + 0x1p-11f;  // between 3c00 and 3c01
  return _mm_extract_epi16(_mm_cvtps_ph(_mm_set1_ps(tie), _MM_FROUND_TO_NEAREST_INT), 0) == 0x3c01;
}
#endif

/// Whether the processor's own instruction rounds ties up, as Bochs 2.7 does and no processor.
static int is_processor_at_fault(void) {
#ifdef __x86_64__
  if (__builtin_cpu_supports("f16c") && tie_goes_up()) {
    static int is_told = 0;
    if (!is_told++) printf(" (vcvtps2ph of this machine, emulated, rounds ties up: ties are left out)");
    return 1;
  }
#endif
  return 0;
}

static int is_tie(float value) {
  double magnitude = fabs((double)value);
  int exponent;
  if (!(magnitude > 0 && magnitude < 65536)) return 0;
  frexp(magnitude, &exponent);
  double units = ldexp(magnitude, exponent - 1 < -14 ? 24 : 11 - exponent);  // of the half's last place
  return units - floor(units) == 0.5;
}

static void float_to_half(const semid_kernels *body, const semid_kernels *portable) {
  static const float special[] = {0, -0.0f, 65504, 65519.99f, 65520, 1e30f, -1e30f, 1e-30f, 0x1p-24f, 0x1p-25f,
                                  0x1.000002p-25f, 0x1p-14f, 0x1.ffcp-15f, 0x1.fffffep-15f, INFINITY, -INFINITY};
  int is_instruction = body != portable && body != semid_kernels_wide();
  int without_ties = is_instruction && is_processor_at_fault();
  for (size_t s = 0; s < SIZES; s++) {
    size_t n = sizes[s];
    float *floats = TAKE(float, n);
    uint16_t *halves = TAKE(uint16_t, n), *expected = TAKE(uint16_t, n);
    for (size_t i = 0; i < n; i++)
      switch (random_below(5)) {
        case 0: floats[i] = special[random_below(16)]; break;
        case 1: floats[i] = float_of((uint32_t)random_bits()); break;
        case 2:  // half way between two halves, or beside that
          floats[i] = float_of((uint32_t)(0x33000000 + random_below(0x14800000)) & ~0xfffu);
          floats[i] = float_of(bits_of(floats[i]) + (uint32_t)random_below(3) - 1);
          break;
        default: floats[i] = random_float(random_below(2) ? 70000 : 1e-4f);
      }
    body->float_to_half(floats, n, halves);
    portable->float_to_half(floats, n, expected);
    for (size_t i = 0; i < n; i++) {
      if (without_ties && is_tie(floats[i])) continue;
      EXPECT(halves[i] == expected[i], "%08x: %04x, portable %04x", bits_of(floats[i]), halves[i], expected[i]);
      if (isnan(floats[i])) EXPECT((halves[i] & 0x7fff) > 0x7c00, "NaN became %04x", halves[i]);
      else
        EXPECT(halves[i] == nearest_half(floats[i]), "%08x: %04x, nearest is %04x", bits_of(floats[i]), halves[i],
               nearest_half(floats[i]));
    }
    end_case();
  }
}

static void bfloat(const semid_kernels *body, const semid_kernels *portable) {
  for (size_t s = 0; s < SIZES; s++) {
    size_t n = sizes[s];
    float *floats = TAKE(float, n), *back = TAKE(float, n);
    uint16_t *rounded = TAKE(uint16_t, n), *expected = TAKE(uint16_t, n);
    for (size_t i = 0; i < n; i++) {
      uint32_t bits = (uint32_t)random_bits();
      if (random_below(3) == 0) bits = (bits & 0xffff0000) + 0x7fff + (uint32_t)random_below(3);  // near a tie
      if (random_below(20) == 0) bits |= 0x7f800000;                                              // NaN or infinite
      floats[i] = float_of(bits);
    }
    body->float_to_bfloat(floats, n, rounded);
    portable->float_to_bfloat(floats, n, expected);
    body->bfloat_to_float(rounded, n, back);
    for (size_t i = 0; i < n; i++) {
      uint32_t bits = bits_of(floats[i]), low = bits & 0xffff;
      EXPECT(rounded[i] == expected[i], "%08x: %04x, portable %04x", bits, rounded[i], expected[i]);
      EXPECT(bits_of(back[i]) == (uint32_t)rounded[i] << 16, "%04x became %08x", rounded[i], bits_of(back[i]));
      if (isnan(floats[i])) EXPECT(isnan(back[i]), "NaN %08x became %04x", bits, rounded[i]);
      else
        EXPECT(rounded[i] == (bits >> 16) + (low > 0x8000 || (low == 0x8000 && (bits >> 16 & 1))), "%08x: %04x", bits,
               rounded[i]);
    }
    end_case();
  }
}

static void float_to_int8(const semid_kernels *body, const semid_kernels *portable) {
  static const float special[] = {0, -0.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 126.5f, 127.5f, 1e9f, -1e9f, -126.5f,
                                  INFINITY, -INFINITY, NAN, 3e38f};
  for (size_t s = 0; s < SIZES; s++) {
    size_t n = sizes[s];
    float *floats = TAKE(float, n), scale = random_below(2) ? 1 : 0.01f + fabsf(random_float(10));
    int8_t *bytes = TAKE(int8_t, n), *expected = TAKE(int8_t, n);
    for (size_t i = 0; i < n; i++) floats[i] = random_below(3) ? random_float(200) : special[random_below(16)];
    body->float_to_int8(floats, n, scale, bytes);
    portable->float_to_int8(floats, n, scale, expected);
    for (size_t i = 0; i < n; i++) {
      float product = floats[i] * scale;
      double value = nearbyint((double)product);
      int byte = isnan(product) || value > 127 ? 127 : value < -127 ? -127 : (int)value;
      EXPECT(bytes[i] == byte && expected[i] == byte, "%g · %g: %d, portable %d, by hand %d", (double)floats[i],
             (double)scale, bytes[i], expected[i], byte);
    }
    end_case();
  }
}

const check conversion_checks[] = {
    {"half_to_float", half_to_float},
    {"float_to_half", float_to_half},
    {"bfloat", bfloat},
    {"float_to_int8", float_to_int8},
    {NULL, NULL},
};
