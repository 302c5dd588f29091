#pragma once
#include "kernels.h"

/// One body of every kernel, under the kernels' names without their prefix.
typedef struct {
#define KERNEL(result, name, parameters, arguments) result(*name) parameters;
#include "../kernels.def"
#undef KERNEL
} semid_kernels;

/// The body in use, and each body for the tests, which hold them against the portable one.
const semid_kernels *semid_kernels_in_use(void);
/// NULL where the processor cannot run it.
const semid_kernels *semid_kernels_of(semid_level level);
/// The AVX-512 body's sixteen lanes lowered to what every processor has: its logic, where its instructions lack.
const semid_kernels *semid_kernels_wide(void);
