#pragma once
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE  // pipe2, strnlen
#endif
#include <hdf5.h>
#include <stddef.h>

#include "chdf5reader.h"

// The child's side. A child answers one request and exits, so it closes only what it opens in a loop.

// Sends one frame, header and payload.
void send_frame(uint32_t tag, uint32_t detail, const void *payload, size_t bytes);
// The pieces that `send_frame` is made of, for payloads in several parts.
void send_header(uint32_t tag, uint32_t detail, uint64_t bytes);
void send_bytes(const void *bytes, size_t count);

// Ends the child with an ERROR frame.
_Noreturn void fail(uint32_t fault, const char *format, ...) __attribute__((format(printf, 2, 3)));
// As `fail`, with the innermost message of libhdf5 after the text.
_Noreturn void fail_library(const char *doing);

// Gives the next step its own processor seconds.
void begin_step(void);

// malloc, or an ERROR frame.
void *allocate(size_t bytes);

// Adds what this library unpacks itself to libhdf5's filters.
void add_filters(void);

void send_contents(hid_t file);
void send_floats(hid_t dataset);
void send_doubles(hid_t dataset);
void send_integers(hid_t dataset);
void send_strings(hid_t dataset);
void send_named_rows(hid_t group);
