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

  @Test(arguments: BootedGuests.lines)
  func everyFlagIsTheKernels(line: String) throws {
    let flags = try run(line).racedFlags()
    print("Linux \(line): flags rewritten in \(GuestRun.racedFlags) calls: \(flags)")
    #expect(flags.forged == 0)
    #expect(flags.right.values.reduce(0, +) == GuestRun.racedFlags)
    #expect(flags.right.values.allSatisfy { $0 > 0 })
  }
}
