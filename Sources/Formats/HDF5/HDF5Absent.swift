#if !HDF5
  import Synchronization
  package import Vectors

  // A build without libhdf5 (the trait HDF5 is off), as the Python package has: every way in says so.

  extension HDF5File {
    static func absent(_ path: String) -> InputError {
      InputError(
        .unsupported, path, expected: "a format that this build has", found: "HDF5, which it was built without",
        remedy: "read or write it with h5py, and hand the arrays over")
    }
  }

  /// What `HDF5Child` takes the lock of.
  struct HDF5Library {
    static let lock = Mutex(())
  }

  /// Takes the place of the writer; nothing is ever written.
  package final class HDF5Writer {
    package enum Compression: Hashable, Sendable {
      case none
      case gzip(level: Int = 4)
    }

    package final class Rows {
      package func append(_ piece: Matrix) throws {}
    }

    package static func write<Result>(to path: String, _ body: (HDF5Writer) throws -> Result) throws -> Result {
      throw HDF5File.absent(path)
    }

    private init() {}

    package func write(_ matrix: Matrix, as name: String, compression: Compression = .none) throws {}
    package func floats(_ name: String, rows: Int, columns: Int, compression: Compression = .none) throws -> Rows {
      Rows()
    }
    package func write(
      _ values: Buffer<Int32>, rows: Int, columns: Int, as name: String, compression: Compression = .none
    ) throws {}
    package func write(
      _ values: Buffer<Int64>, rows: Int, columns: Int, as name: String, compression: Compression = .none
    ) throws {}
    package func write(_ values: Buffer<Float>, as name: String, compression: Compression = .none) throws {}
    package func write(_ strings: StringColumn, as name: String) throws {}
    package func set(_ text: String, attribute name: String) throws {}
    package func set(_ number: Int, attribute name: String) throws {}
    package func set(_ number: Double, attribute name: String) throws {}
    package func set(_ value: Bool, attribute name: String) throws {}
  }
#endif
