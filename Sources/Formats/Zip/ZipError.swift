import CLibzip
import Vectors

/// Runs `body` with a libzip error object and turns what it holds into an `InputError` when `body` returns nil.
func zipping<Result>(
  _ source: String, _ kind: InputError.Kind = .malformed, at place: String? = nil,
  _ body: (UnsafeMutablePointer<zip_error_t>) -> Result?
) throws -> Result {
  var error = zip_error_t()
  zip_error_init(&error)
  defer { zip_error_fini(&error) }
  guard let result = body(&error) else {
    throw InputError(
      kind, source, at: place, expected: "a zip archive", found: String(cString: zip_error_strerror(&error)))
  }
  return result
}
