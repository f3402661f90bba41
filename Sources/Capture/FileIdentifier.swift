internal import CLibBPF
public import CNestaudit

/// Asks the kernel what a descriptor leads to, in the numbers that events have: on some filesystems, overlayfs
/// among them, stat(2) gives others.
public struct FileIdentifier: Sendable {
  let program: Int32

  /// The inode behind a descriptor of this process; nil if there is none.
  public func identify(_ descriptor: Int32) -> file_identity? {
    var identity = file_identity()
    identity.descriptor = UInt32(bitPattern: descriptor)
    // The kernel writes the answer over the question.
    let ran = withUnsafeMutablePointer(to: &identity) { context in
      var options = bpf_test_run_opts()
      options.sz = MemoryLayout<bpf_test_run_opts>.size
      options.ctx_in = UnsafeRawPointer(context)
      options.ctx_size_in = UInt32(MemoryLayout<file_identity>.size)
      return bpf_prog_test_run_opts(program, &options) == 0
    }
    return ran && identity.known == 1 ? identity : nil
  }
}
