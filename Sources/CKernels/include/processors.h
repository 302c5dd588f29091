#pragma once

/// Processors that this process may run on; at least 1.
int semid_processors(void);
