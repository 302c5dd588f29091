#pragma once
#include <arrow/memory_pool.h>
#include <arrow/status.h>
#include <arrow/util/config.h>
#include <parquet/exception.h>

#include <atomic>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "cparquet.h"

namespace semid {

// A fault on its way to the C face.
struct Fault {
  int status;
  int64_t row;
  std::string expected, found;
};

inline void copy_text(char *target, size_t capacity, std::string_view text) {
  // One line: Arrow adds the place in its own source on further ones.
  text = text.substr(0, text.find('\n'));
  size_t length = text.size() < capacity - 1 ? text.size() : capacity - 1;
  std::memcpy(target, text.data(), length);
  target[length] = 0;
}

inline int report(semid_parquet_fault *fault, const Fault &cause) {
  fault->row = cause.row;
  copy_text(fault->expected, sizeof fault->expected, cause.expected);
  copy_text(fault->found, sizeof fault->found, cause.found);
  return cause.status;
}

// A status of Arrow's as a fault. Arrow reports nearly all damage as an input/output error.
inline Fault fault_of(const arrow::Status &status) {
  int kind = status.IsNotImplemented() ? SEMID_PARQUET_UNSUPPORTED : SEMID_PARQUET_MALFORMED;
  return {kind, -1, "", status.message()};
}

inline void check(const arrow::Status &status) {
  if (!status.ok()) throw fault_of(status);
}

template <typename Value>
Value check(arrow::Result<Value> &&result) {
  if (!result.ok()) throw fault_of(result.status());
  return std::move(result).ValueUnsafe();
}

// Runs `body`, whatever it throws.
template <typename Body>
int guarded(semid_parquet_fault *fault, Body &&body) noexcept {
  try {
    try {
      body();
      return 0;
    } catch (const Fault &cause) {
      return report(fault, cause);
    } catch (const parquet::ParquetStatusException &error) {
      return report(fault, fault_of(error.status()));
    } catch (const std::bad_alloc &) {
      return report(fault, {SEMID_PARQUET_MALFORMED, -1, "", "contents that ask for more memory than there is"});
    } catch (const std::exception &error) {
      return report(fault, {SEMID_PARQUET_MALFORMED, -1, "", error.what()});
    }
  } catch (...) {
    fault->row = -1;
    fault->expected[0] = fault->found[0] = 0;
    return SEMID_PARQUET_MALFORMED;
  }
}

// Arrow's memory, up to a limit.
class LimitedPool final : public arrow::MemoryPool {
 public:
  explicit LimitedPool(int64_t limit) : pool_(arrow::default_memory_pool()), limit_(limit) {}

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t **out) override {
    ARROW_RETURN_NOT_OK(Reserve(size));
    auto status = pool_->Allocate(size, alignment, out);
    if (!status.ok()) used_ -= size;
    return status;
  }

  arrow::Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment, uint8_t **memory) override {
    ARROW_RETURN_NOT_OK(Reserve(new_size - old_size));
    auto status = pool_->Reallocate(old_size, new_size, alignment, memory);
    if (!status.ok()) used_ -= new_size - old_size;
    return status;
  }

  void Free(uint8_t *buffer, int64_t size, int64_t alignment) override {
    pool_->Free(buffer, size, alignment);
    used_ -= size;
  }

  int64_t bytes_allocated() const override { return used_; }
  int64_t total_bytes_allocated() const override { return pool_->total_bytes_allocated(); }
  int64_t num_allocations() const override { return pool_->num_allocations(); }
  std::string backend_name() const override { return pool_->backend_name(); }

 private:
  arrow::Status Reserve(int64_t bytes) {
    if ((used_ += bytes) <= limit_) return arrow::Status::OK();
    used_ -= bytes;
    return arrow::Status::OutOfMemory("contents that ask for more memory than the limit of ", limit_, " bytes");
  }

  arrow::MemoryPool *pool_;
  const int64_t limit_;
  std::atomic<int64_t> used_{0};
};

}  // namespace semid
