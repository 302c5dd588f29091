import CFuzzer
import SemanticID

// fuzz --seeds FOLDER   writes the seeds and prints the parsers' names
// fuzz PARSER …         fuzzes one parser; the rest is for libFuzzer
let names = parsers.keys.sorted()
guard CommandLine.argc > 1, let first = CommandLine.arguments.dropFirst().first else {
  fatalError("name a parser: \(names.joined(separator: ", "))")
}
if first == "--seeds", let folder = CommandLine.arguments.dropFirst(2).first {
  try writeSeeds(to: folder)
  print(names.joined(separator: "\n"))
} else {
  guard let parser = parsers[first] else { fatalError("there is no parser \(first): \(names)") }
  Chosen.parser = parser
  var count = CommandLine.argc - 1
  // libFuzzer takes the first argument for the program's name.
  var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
  _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
    // A copy of exactly this size: AddressSanitizer sees a read beyond its end.
    let bytes = Buffer(UnsafeBufferPointer(start: start, count: count))
    do {
      try Chosen.parser(bytes)
    } catch is InputError {
    } catch {
      fatalError("an error of another type: \(error)")
    }
    return 0
  }
}

/// Set once, before the loop: libFuzzer's callback is a C function and carries nothing.
enum Chosen {
  nonisolated(unsafe) static var parser: Parser = { _ in }
}
