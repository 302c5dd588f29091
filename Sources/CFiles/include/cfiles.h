#pragma once

/// Exchanges two names in one step (`RENAME_EXCHANGE`, `RENAME_SWAP`), which Swift's C library modules do not show.
///
/// Returns 0, or -1 with `errno`; EINVAL, ENOSYS or ENOTSUP say that the file system or the kernel cannot.
int semid_exchange_names(const char *first, const char *second);
