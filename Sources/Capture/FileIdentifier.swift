public import CNestaudit

/// Asks the kernel what a descriptor leads to, in the numbers that events have: on some filesystems, overlayfs
/// among them, stat(2) gives others.
public struct FileIdentifier: Sendable {
  let program: Int32

  /// The inode behind a descriptor of this process; nil if there is none.
  public func identify(_ descriptor: Int32) -> file_identity? {
    var identity = file_identity()
    identity.descriptor = UInt32(bitPattern: descriptor)
    let ran = SyscallProgram.run(program, &identity)
    return ran && identity.known == 1 ? identity : nil
  }
}
