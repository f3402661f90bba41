public import Foundation

/// Runs `body` while the kernel's own audit, with an auditd of its own, writes what `rules`
/// (auditctl's language) ask for, in a format of auditd's. Afterwards the kernel's audit is as it was. The log that was
/// written, whole.
///
/// The kernel has one audit: where it is in use this fails, and touches nothing. Should the test
/// process die, `scripts/kernel-audit` restores the machine by itself.
public func withKernelAudit(
  rules: String, format: String = "RAW", in area: URL, _ body: () throws -> Void
) throws -> URL {
  let directory = area.appending(path: "kernel-audit")
  let manager = FileManager.default
  try manager.createDirectory(at: directory, withIntermediateDirectories: true)
  let file = directory.appending(path: "audit.rules")
  try rules.write(to: file, atomically: true, encoding: .utf8)
  try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)

  let audit = try Program(
    Machine.script("kernel-audit"), [directory.path, file.path, format], holdsInput: true)
  do {
    try wait(for: "the kernel's audit") {
      guard audit.isRunning else { throw SupportError("no kernel audit: \(audit.written)") }
      return audit.written.contains("ready")
    }
    try body()
  } catch {
    _ = try? audit.finish()
    throw error
  }
  let result = try audit.finish()
  guard result.status == 0, result.output.contains("lost 0\n") else {
    throw SupportError("the kernel's audit: \(result.output)\(result.errors)")
  }
  return directory.appending(path: "log/audit.log")
}
