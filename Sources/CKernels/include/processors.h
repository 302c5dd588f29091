#pragma once

/// Processors that this process may run on; at least 1.
int semid_processors(void);

/// Tells the processor that a loop waits for another thread.
static inline void semid_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}
