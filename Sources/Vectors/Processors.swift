import CKernels

extension ThreadPool {
  /// Number of processors that this process may run on: those of the affinity mask, where the system has one.
  public static let processors = Int(semid_processors())
}
