import Foundation
import TestSupport
import Testing

/// Boots every kernel once, side by side, for all tests of a suite.
struct BootedGuests: SuiteTrait, TestScoping {
  /// The runs by the kernels' lines.
  @TaskLocal static var runs: [String: GuestRun] = [:]

  /// The kernels that `scripts/vm` knows.
  static let lines = ["6.1", "6.12"]

  func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @Sendable () async throws -> Void
  ) async throws {
    let area = try Area()
    let runs = try boot(in: URL(filePath: area.path))
    try await Self.$runs.withValue(runs) { try await function() }
    withExtendedLifetime(area) {}
  }

  private func boot(in area: URL) throws -> [String: GuestRun] {
    let runs = try Self.lines.map { try GuestRun(line: $0, in: area) }
    let programs = try runs.map { try $0.start() }
    for (run, program) in zip(runs, programs) {
      let result = try program.finish(limit: .seconds(1830))
      guard result.status == 0 else {
        throw SupportError(
          """
          the guest with Linux \(run.line): exit status \(result.status): \
          \(result.errors)\(result.output)
          \((try? run.text("collector")) ?? "")\((try? run.text("kernel-audit")) ?? "")
          """)
      }
    }
    return Dictionary(uniqueKeysWithValues: zip(Self.lines, runs))
  }
}

extension Trait where Self == BootedGuests {
  /// Boots every kernel.
  static var guests: Self { Self() }
}
