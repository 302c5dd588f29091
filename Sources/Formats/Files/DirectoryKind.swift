import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A kind of directory that the engine writes: a model, a corpus.
///
/// A directory of the kind is known by what its files hold, not by their names: `config.json` and `model.safetensors` are
/// also what Hugging Face calls the files of its models. Only a directory of the kind is replaced.
package struct DirectoryKind: Sendable {
  /// What errors call it: `a model that semid wrote`; nil where nothing may be replaced.
  let title: String?
  /// What a directory holds that is not of the kind: `notes.txt`. nil: nothing.
  let foreign: @Sendable (_ directory: String) throws -> String?

  /// - Parameter foreign: names what is not of the kind among the entries of a directory; nil where there is nothing of
  ///   the sort. An error says the same as a name would: what cannot be read is not ours.
  package init(_ title: String, foreign: @escaping @Sendable (_ directory: String) throws -> String?) {
    self.init(title: title, foreign: foreign)
  }

  /// A directory of regular files, flat.
  ///
  /// - Parameters:
  ///   - files: by name, whether what is at a path is the kind's file of that name. It reads the file; an error means no.
  ///   - mark: the file without which none of the others is taken for the kind's; nil where each tells by itself.
  package init(_ title: String, files: [String: @Sendable (_ path: String) throws -> Bool], marked mark: String? = nil)
  {
    self.init(title) { directory in
      let names = try FileSystem.names(in: directory).filter { !TemporaryName.isTemporary($0) }
      if let mark, let name = names.first, !names.contains(mark) { return "\(name) without \(mark)" }
      for name in names {
        guard let isOurs = files[name] else { return name }
        let path = directory + "/" + name
        guard FileSystem.isRegularFile(path) else { return "\(name), which is no file" }
        guard (try? isOurs(path)) == true else { return "\(name) of another origin" }
      }
      return nil
    }
  }

  /// A directory that says itself which files it holds, also in folders, and how long each is.
  ///
  /// - Parameters:
  ///   - listName: the file that says it.
  ///   - sizes: reads it: bytes by path in the directory.
  package init(
    _ title: String, listedBy listName: String, sizes: @escaping @Sendable (_ path: String) throws -> [String: Int]
  ) {
    self.init(title) { directory in
      var pending = try FileSystem.names(in: directory).filter { !TemporaryName.isTemporary($0) }
      guard let first = pending.first else { return nil }
      let list = directory + "/" + listName
      guard FileSystem.isRegularFile(list), let sizes = try? sizes(list) else { return first }
      while let name = pending.popLast() {
        if name == listName { continue }
        let path = directory + "/" + name
        if FileSystem.isFolder(path), sizes.keys.contains(where: { $0.hasPrefix(name + "/") }) {
          pending += try FileSystem.names(in: path).map { name + "/" + $0 }
        } else if !FileSystem.isRegularFile(path) || sizes[name] != FileSystem.size(of: path) {
          return sizes[name] == nil ? name : "\(name), which was changed"
        }
      }
      return nil
    }
  }

  /// Nothing that stands at a path is replaced, but for an empty directory.
  package static let new = DirectoryKind(title: nil) { directory in
    try FileSystem.names(in: directory).first { !TemporaryName.isTemporary($0) }
  }

  private init(title: String?, foreign: @escaping @Sendable (_ directory: String) throws -> String?) {
    self.title = title
    self.foreign = foreign
  }

  /// Looks at what stands at `path`, before any work is done for it.
  ///
  /// - Throws: `InputError` of kind `cannotCreate`, unless nothing, an empty directory or one of this kind is there.
  func check(replacing path: String, source: String) throws {
    switch try FileSystem.entry(at: path) {
    case .absent: return
    case .file, .stream:
      throw InputError(.cannotCreate, source, expected: "a directory, or nothing", found: "a file")
    case .directory:
      let found: String?
      do {
        found = try foreign(path)
      } catch {
        found = "something that cannot be read (\(error))"
      }
      if let found {
        throw InputError(
          .cannotCreate, source,
          expected: title.map { "nothing, an empty directory, or \($0)" } ?? "nothing, or an empty directory",
          found: "a directory that also holds \(found)", remedy: "choose another place, or move the directory away")
      }
    }
  }
}
