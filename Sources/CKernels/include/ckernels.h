#pragma once
#include "bodies.h"
#include "constraint.h"
#include "kernels.h"
#include "processors.h"
#include "trie.h"
