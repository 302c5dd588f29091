import CKernels

/// Which body of the hot loops this process runs.
package enum Kernels: String, Sendable, CaseIterable {
  case portable, avx2, avx512

  /// The best body that the processor has, or the one that the environment's `SEMID_KERNELS` names.
  package static let inUse: Kernels =
    switch semid_kernel_level() {
    case SEMID_AVX512: .avx512
    case SEMID_AVX2: .avx2
    default: .portable
    }

  /// - Throws: `InputError` when `SEMID_KERNELS` names no body, or one that this processor cannot run.
  package static func checkRequest() throws {
    let fault = semid_kernel_request_fault()
    guard fault != 0 else { return }
    throw InputError(
      .usage, "SEMID_KERNELS",
      expected: fault == 1 ? "portable, avx2 or avx512" : "kernels that this processor can run",
      found: fault == 1 ? "another name" : "instructions that it lacks",
      remedy: "unset it to run the best there are: here \(inUse.rawValue)")
  }
}
