import CNestaudit
import Testing

@testable import Collector

struct SeccompLogTests {
  @Test(arguments: [
    ("kill_process kill_thread trap errno user_notif trace log\n", 7), ("", 0), ("\n", 0),
    ("kill_process\n", 1), ("kill_thread errno\n", 2), ("trap", 4), ("kill trapped\n", 0),
  ])
  func theNamesOfTheSysctlAreKnown(text: String, bits: UInt32) {
    #expect(SeccompLog.parse(Array(text.utf8)[...]) == bits)
  }

  @Test func aKernelWithoutTheSysctlLogsNothing() {
    #expect(SeccompLog.read("/proc/sys/kernel/seccomp/none") == 0)
  }
}
