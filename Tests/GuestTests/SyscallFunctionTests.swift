import CNestaudit
import Foundation
import TestSupport
import Testing

@testable import Capture

/// Rules that name few syscalls: those are told where their functions return, and no other syscall is looked at.
@Suite(
  .serialized, .enabled(if: Machine.isRoot, "needs root: other kernels, in virtual machines"))
struct SyscallFunctions {
  /// Who opens files while rules come and go, and how many each time.
  private static let (opener, opens): (UInt32, Int) = (64_996, 200)

  /// The workload's rules but for that on all syscalls, and as many of the others as there may be programs for.
  private static let rules =
    (Workload.parityRules + Workload.programRules).split(
      separator: "\n", omittingEmptySubsequences: false
    )
    .filter { rule in
      !["-S all", "-S stat,", "-S newfstatat", "-S setxattr,", "-S mount,", "-S mknod,stat64,"]
        .contains { rule.contains($0) }
    }.joined(separator: "\n")

  /// Boots a kernel and has the script `functions` run; what it left behind.
  private func run(_ line: String, in area: URL) throws -> URL {
    let manager = FileManager.default
    let results = area.appending(path: "results")
    try manager.createDirectory(at: results, withIntermediateDirectories: true)
    let file = area.appending(path: "kernel.rules")
    try Self.rules.write(to: file, atomically: true, encoding: .utf8)
    try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    try Configuration(in: area).daemon(
      "host", scope: "host = yes",
      rules: Self.rules
        + "-b 1000000\n-a always,exit -F arch=b64 -S openat -F uid=\(Self.opener) -k opened\n"
        + "-a always,exit -F arch=b64 -S renameat2 -F path=\(area.path)/memory/moved -k moved\n")
    let result = try Program(
      Machine.script("vm"),
      [
        "--kernel", line, "--memory", "2048", "--timeout", "1600", "--writable", results.path,
        Machine.package.appending(path: "Tests/GuestTests/functions").path, area.path,
        Machine.products.path, Machine.package.appending(path: "scripts").path,
      ]
    ).finish(limit: .seconds(830))
    guard result.status == 0 else {
      let told = (try? text("collector", in: results)) ?? ""
      throw SupportError("Linux \(line): exit status \(result.status): \(result.errors)\(told)")
    }
    return results
  }

  private func text(_ name: String, in results: URL) throws -> String {
    try String(contentsOf: results.appending(path: name), encoding: .utf8)
  }

  @Test(arguments: BootedGuests.lines)
  func tellWhatTheKernelTells(line: String) throws {
    let directory = try Area()
    let area = URL(filePath: directory.path)
    let results = try run(line, in: area)

    try compareFunctions(results)

    // Who looks at every syscall.
    for (name, all) in [
      ("at-first", false), ("with-few", false), ("with-many", true), ("with-listener", true),
    ] {
      let tracepoints = try text(name, in: results).split(separator: "\n")
      #expect(tracepoints.contains("sched_process_exec"), "\(name): \(tracepoints)")
      #expect(tracepoints.contains("sys_exit") == all, "\(name): \(tracepoints)")
    }

    let ours = try AuditEvent.read(results.appending(path: "log/host/audit.log"))
    let told = try text("kernel-audit", in: results)
    #expect(told.contains("lost 0\n") && !told.contains("ended by itself"))
    let kernels = try AuditEvent.read(results.appending(path: "kernel/log/audit.log"))
    try compare(ours, with: kernels, line, in: area)
    #expect(
      try OwnRecords.told(in: results.appending(path: "log/host/audit.log"))
        == OwnRecords.told(in: results.appending(path: "kernel/log/audit.log")))

    // A file that is moved away and back, by the name that is watched.
    #expect(ours.count { $0.syscall?["key"] == "moved" } == 40)

    let answers = ours.filter { $0.first("FANOTIFY") != nil }
    #expect(answers.count % 2 == 0 && answers.count >= 14)
    for answer in answers.suffix(answers.count / 2) { #expect(answer.syscall != nil) }

    // Each open once, whatever rules came and went.
    let times = try #require(
      Int(try text("opened", in: results).trimmingCharacters(in: .whitespacesAndNewlines)))
    let opened = self.opened(in: ours)
    print("Linux \(line): \(opened.count) opens while rules came and went")
    #expect(times > 5)
    #expect(opened.count == times * Self.opens)
    let again = try AuditEvent.read(results.appending(path: "log-again/host/audit.log"))
    #expect(self.opened(in: again).count == Self.opens)
    #expect(ours.map(\.serial) == Array(1...UInt64(ours.count)))
    #expect(!ours.contains { $0.lines[0].contains("lost-events") })
  }

  /// The functions that programs are put on against those that the kernel has called.
  private func compareFunctions(_ results: URL) throws {
    var called: [Int: String] = [:]
    for line in try text("trace", in: results).split(separator: "\n") {
      guard let call = line.firstMatch(of: /-(\d+) +\[.*: (__\w+) <-/), let task = Int(call.1)
      else { continue }
      if called[task] == nil { called[task] = String(call.2) }
    }
    var compared = 0
    for line in try text("numbers", in: results).split(separator: "\n") {
      let words = line.split(separator: " ")
      let arch = Int((words[0] == "i386" ? POLICY_ARCH_32 : POLICY_ARCH_64).rawValue)
      let number = try #require(Int(words[1]))
      // Behind those of this kernel the child has only ended.
      guard let task = Int(words[2]), let function = called[task],
        function != "__x64_sys_exit_group" || (words[0] == "x86_64" && number == 231),
        let name = SyscallFunctionNames.function(arch: arch, syscall: number)
      else { continue }
      compared += 1
      #expect(function == name.own || function == name.bare, "\(line)")
    }
    #expect(compared > 750)
  }

  private func opened(in log: [AuditEvent]) -> [AuditEvent] {
    log.filter {
      $0.syscall?["key"] == "opened" && $0.first("PATH")?["name"] == "/etc/passwd"
    }
  }

  private func compare(
    _ ours: [AuditEvent], with kernels: [AuditEvent], _ line: String, in area: URL
  ) throws {
    func events(_ log: [AuditEvent], _ key: String) -> [AuditEvent] {
      log.filter { $0.syscall?["key"] == key && $0.syscall?["syscall"] != "59" }
    }
    let rows = try ParityRow.all(
      reference: events(kernels, "parity"), candidate: events(ours, "parity"), in: area,
      ignoring: { _ in [] })
    let programs = try Comparison(
      "programs", reference: events(kernels, "programs").inOrderOfText,
      candidate: events(ours, "programs").inOrderOfText, in: area)
    let comparisons = rows.map(\.comparison) + [programs]
    for comparison in comparisons {
      #expect(comparison.missing == 0, "\(comparison.text)")
      #expect(comparison.extra == 0, "\(comparison.text)")
    }
    let sum = Comparison.Share.sum(of: comparisons.map(\.events))
    print("Linux \(line): \(sum.identical) of \(sum.total) events identical")
    #expect(sum.total >= 1000)
    #expect(Double(sum.identical) >= 0.99 * Double(sum.total))
  }
}
