import TestSupport
import Testing

/// A thread rewrites names while another one calls the kernel with them.
extension OtherKernels {
  @Test(arguments: BootedGuests.lines)
  func everyNameIsTheKernels(line: String) throws {
    let names = try run(line).racedNames()
    print("Linux \(line): names rewritten in \(GuestRun.races) calls: \(names)")
    #expect(names.right == names.count)
    #expect(names.count >= GuestRun.races)
  }
}
