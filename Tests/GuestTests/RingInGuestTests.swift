import Foundation
import TestSupport
import Testing

extension OtherKernels {
  @Test(arguments: BootedGuests.lines)
  func requestsAreToldAsTheKernelTellsThem(line: String) throws {
    let run = try run(line)
    let parity = try RingParity(
      reference: try run.kernelEvents(), candidate: try run.events(), in: run.area)
    print("Linux \(line)\n\(parity.table)")
    for comparison in parity.all {
      for difference in comparison.differences { print("Linux \(line), io_uring: \(difference)") }
      #expect(comparison.missing == 0)
      #expect(comparison.extra == 0)
      for (type, share) in comparison.records { #expect(share.isWhole, "\(type)") }
    }
    #expect(parity.done.events.total >= 10)
    #expect(parity.alone.events.total >= 40)
    try writeParity("ring-hooks-\(line)", parity.table)
  }
}
