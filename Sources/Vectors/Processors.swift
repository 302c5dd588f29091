import CKernels

extension ThreadPool {
  /// Processors this process may run on: the affinity mask's where the system has one.
  public static let processors = Int(semid_processors())
}
