import Testing

@testable import Capture

struct ProgramWeightsTests {
  @Test func everyProgramIsInOneShareAndTheHeavyOnesInDifferentOnes() {
    let programs =
      ["nestaudit_sys_exit", "nestaudit_process_exit"] + (0..<40).map { "small_\($0)" }
    let shares = ProgramWeights.shares(of: programs)
    #expect(shares.joined().sorted() == programs.sorted())
    if shares.count > 1 {
      #expect(!shares.contains { $0.contains(programs[0]) && $0.contains(programs[1]) })
    }
    #expect(ProgramWeights.shares(of: []).isEmpty)
  }
}
