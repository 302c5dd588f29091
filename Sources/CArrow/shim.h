#pragma once
// Empty on purpose: Arrow is C++. This module exists for its pkg-config flags; CParquet includes the headers.
