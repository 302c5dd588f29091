#pragma once
#include "selftest.h"

extern size_t comparisons, failures;
