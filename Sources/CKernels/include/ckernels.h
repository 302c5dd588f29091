#pragma once
#include "processors.h"
