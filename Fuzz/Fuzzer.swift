import Foundation
import SemanticID

/// libFuzzer's side: its `main` calls the two functions below. Run it through `scripts/fuzz`.
///
/// `SEMID_FUZZ_TARGET` names the target; `SEMID_FUZZ_SEEDS` a folder that gets the target's seeds before the start.
private let target: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["SEMID_FUZZ_TARGET"] ?? ""
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
    exit(name.isEmpty ? 0 : 64)
  }
  return target
}()

@_cdecl("LLVMFuzzerInitialize")
func initialize(_ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer) -> CInt {
  let target = target
  guard let folder = ProcessInfo.processInfo.environment["SEMID_FUZZ_SEEDS"] else { return 0 }
  do {
    for (index, seed) in try target.seeds().enumerated() {
      try Data(seed).write(to: URL(fileURLWithPath: "\(folder)/seed-\(index)"))
    }
  } catch {
    print("the seeds of \(target.name): \(error)")
    exit(70)
  }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Refusing an input with an error made for users is right; what must not happen is a crash, a hang, memory beyond the
  // limit, or an error of another type.
  do {
    try target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
  } catch is InputError {
  } catch {
    preconditionFailure("not an InputError: \(error)")
  }
  return 0
}
