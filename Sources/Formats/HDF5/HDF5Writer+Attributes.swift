#if HDF5
  import CHDF5
  import Vectors

  /// Attributes of the root group.
  extension HDF5Writer {
    /// Sets a text.
    package func set(_ text: String, attribute name: String) throws {
      let library = HDF5Library(path: path, attribute: name)
      guard !text.utf8.contains(0) else {
        throw InputError(.unsupported, path, at: library.place, expected: "text without zero bytes", found: "one")
      }
      try library.run {
        let type = try library.check(semid_h5_text(semid_h5_variable()))
        defer { H5Tclose(type) }
        try text.withCString { pointer in
          try withUnsafePointer(to: pointer) { try writeAttribute(name, type, type, $0, library) }
        }
      }
    }

    /// Sets a 64-bit integer.
    package func set(_ number: Int, attribute name: String) throws {
      let library = HDF5Library(path: path, attribute: name)
      try library.run {
        try withUnsafePointer(to: Int64(number)) {
          try writeAttribute(name, semid_h5_file_int64(), semid_h5_native_int64(), $0, library)
        }
      }
    }

    /// Sets a 64-bit float.
    package func set(_ number: Double, attribute name: String) throws {
      let library = HDF5Library(path: path, attribute: name)
      try library.run {
        try withUnsafePointer(to: number) {
          try writeAttribute(name, semid_h5_file_double(), semid_h5_native_double(), $0, library)
        }
      }
    }

    /// Sets a truth value, as h5py stores and reads it: an enumeration of FALSE and TRUE.
    package func set(_ value: Bool, attribute name: String) throws {
      let library = HDF5Library(path: path, attribute: name)
      try library.run {
        let type = try library.check(semid_h5_truth())
        defer { H5Tclose(type) }
        try withUnsafePointer(to: Int8(value ? 1 : 0)) { try writeAttribute(name, type, type, $0, library) }
      }
    }

    private func writeAttribute(
      _ name: String, _ stored: hid_t, _ memory: hid_t, _ value: UnsafeRawPointer, _ library: HDF5Library
    ) throws {
      let space = try library.check(H5Screate(H5S_SCALAR))
      defer { H5Sclose(space) }
      let attribute = try library.check(
        H5Acreate2(file, name, stored, space, semid_h5_default(), semid_h5_default()))
      defer { H5Aclose(attribute) }
      try library.check(H5Awrite(attribute, memory, value))
    }
  }
#endif
