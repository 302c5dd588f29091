#if HDF5
  import CHDF5
  import Synchronization
  import Vectors

  /// Calls into libhdf5 by this process, which only writes with it.
  ///
  /// libhdf5 is not safe to call from several threads at a time unless it was built so (Debian's is, Homebrew's is not),
  /// and a child must not be forked while another thread is inside it: every call takes one lock.
  struct HDF5Library {
    static let lock = Mutex(())

    /// What is written, for errors.
    let path: String
    let place: String?

    init(path: String, dataset: String? = nil) {
      self.path = path
      place = dataset.map(HDF5File.place)
    }

    init(path: String, attribute: String) {
      self.path = path
      place = "attribute \"\(attribute)\""
    }

    /// Runs `body` with the library to itself.
    func run<Result: Sendable>(_ body: () throws -> Result) throws -> Result {
      try Self.lock.withLock { _ in
        semid_h5_silence()
        return try body()
      }
    }

    /// Passes on an identifier or a status; a negative one throws, with the library's innermost message.
    @discardableResult
    func check<Status: SignedInteger>(_ status: Status) throws -> Status {
      guard status < 0 else { return status }
      let reason = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
        semid_h5_last_error(text.baseAddress, text.count)
        return text.baseAddress.map { String(cString: $0) } ?? ""
      }
      throw InputError(.io, path, at: place, found: "cannot be written: \(reason)")
    }
  }
#endif
