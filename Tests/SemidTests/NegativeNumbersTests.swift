import ArgumentParser
import Testing

@testable import semid

@Suite struct NegativeNumbersTests {
  @Test(arguments: [
    (["--levels", "-3"], ["--levels=-3"]), (["--tolerance", "-1e-4", "x"], ["--tolerance=-1e-4", "x"]),
    (["--share", "-.5"], ["--share=-.5"]), (["-m", "-3"], ["-m", "-3"]), (["--levels=2", "-3"], ["--levels=2", "-3"]),
    (["--json", "-o", "x"], ["--json", "-o", "x"]), (["--", "-3"], ["--", "-3"]), (["-inf", "-"], ["-inf", "-"]),
  ]) func negativeNumbersBelongToTheirOption(words: [String], expected: [String]) {
    #expect(NegativeNumbers.joined(words) == expected)
  }

  @Test func levelsBelowOneAreAFaultThatNamesThem() {
    let words = NegativeNumbers.joined(["train", "rq-kmeans", "x.npy", "--output", "m", "--levels", "-3"])
    let error = #expect(throws: (any Error).self) { try Semid.parseAsRoot(words) }
    let text = error.map { Semid.message(for: $0) } ?? ""
    #expect(text.contains("--levels: expected 1 to 256, found -3"), "\(text)")
  }
}
