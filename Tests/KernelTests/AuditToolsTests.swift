import Foundation
import TestSupport
import Testing

/// That the tools would complain: a check that finds nothing must be one that could.
@Suite(.enabled(if: Machine.isRoot, "needs root: auditd's tools read their configuration"))
struct AuditToolsChecks {
  @Test func aDamagedLogWouldBeNoticed() throws {
    let whole = """
      type=SYSCALL msg=audit(1700000000.000:7): arch=c000003e syscall=62 success=yes exit=0 a0=1 \
      a1=0 a2=0 a3=0 items=0 ppid=1 pid=2 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 \
      fsgid=0 tty=(none) ses=1 comm="x" exe="/x" key=(null)
      type=PROCTITLE msg=audit(1700000000.000:7): proctitle="x"

      """
    try withTemporaryDirectory { area in
      let log = area.appending(path: "audit.log")
      try whole.write(to: log, atomically: true, encoding: .utf8)
      let complaints = try AuditTools.complaints(about: log)
      #expect(complaints == [])
      for damaged in [
        whole.replacing("type=SYSCALL", with: "type=SYSKALL"),
        whole.replacing(/type=PROCTITLE.*\n/, with: ""),
        whole.replacing("items=0", with: "items=1"),
        whole + "type=SYSCALL msg=audit(1700000000.000:8): nonsense\n",
      ] {
        try damaged.write(to: log, atomically: true, encoding: .utf8)
        #expect(try AuditTools.complaints(about: log) != [], "\(damaged)")
      }
    }
  }
}
