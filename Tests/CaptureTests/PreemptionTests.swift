import Testing

@testable import Capture

/// What uname(2) and the kernel's own choice say of preemption.
struct PreemptionTests {
  @Test(
    arguments: [
      ("#1 SMP Debian 6.1.140-1 (2025-05-22)", nil, Preemption.none),
      ("#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1", 0, .none),
      ("#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1", 1, .none),
      ("#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1", 2, .full),
      ("#1 SMP PREEMPT_DYNAMIC Debian 6.18.1-1", 3, .full),
      ("#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1", nil, .unknown),
      ("#1 SMP PREEMPT_RT Debian 6.12.43-1", 1, .full),
      ("#1 SMP PREEMPT_RT Debian 6.12.43-1", nil, .full),
      ("#2 SMP PREEMPT Wed Jan 1", nil, .full),
    ] as [(String, Int32?, Preemption)])
  func aKernelThatMayBePreemptedIsTold(version: String, mode: Int32?, expected: Preemption) {
    #expect(Preemption(version: version, mode: mode) == expected)
  }
}
