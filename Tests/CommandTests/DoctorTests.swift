import ArgumentParser
import TestSupport
import Testing

@testable import nestaudit

struct DoctorTests {
  @Test(arguments: [
    ("6.1.0-13-amd64", "x86_64", Check.State.ok), ("6.12", "x86_64", .ok), ("7.0", "x86_64", .ok),
    ("5.15.0", "x86_64", .fail), ("6.8.0", "aarch64", .fail), ("?", "x86_64", .fail),
  ])
  func kernelMustBeRecent(release: String, machine: String, state: Check.State) {
    #expect(kernelCheck(release: release, machine: machine).state == state)
  }

  @Test(arguments: [
    ("CapEff:\t000001ffffffffff\n", Check.State.ok), ("CapEff:\t0000000000200000\n", .ok),
    ("CapEff:\t000000c000000000\n", .ok), ("CapEff:\t0000008000000000\n", .fail), ("", .fail),
  ])
  func capabilitiesDecide(status: String, state: Check.State) {
    #expect(privilegeCheck(status: status).state == state)
  }

  @Test(arguments: [
    ("lockdown,capability,apparmor,bpf\n", Check.State.ok, "subj= and obj= are AppArmor's"),
    ("capability,selinux", .warn, "those of selinux are not written: subj= and obj= are absent"),
    ("", .ok, "no security module gives any"),
  ])
  func labelsAreThoseOfAppArmor(modules: String, state: Check.State, detail: String) {
    let check = labelCheck(modules: modules)
    #expect(check.state == state)
    #expect(check.detail == detail)
  }

  @Test func unifiedHierarchyIsNeeded() {
    #expect(cgroupCheck(mounts: "none /a tmpfs rw 0 0\ncgroup2 /b cgroup2 rw 0 0\n").state == .ok)
    #expect(cgroupCheck(mounts: "cgroup /b cgroup rw 0 0\n").state == .fail)
  }

  @Test func directoryThatCanBeMadeWillDo() throws {
    let area = try Area()
    #expect(directoryCheck("d", area.path + "/a/b", cure: "").state == .ok)
    try area.append("", to: "file")
    #expect(directoryCheck("d", area.path + "/file", cure: "").state == .fail)
  }

  @Test func reportNamesTheCure() {
    let checks = [
      Check(name: "a", state: .ok, detail: "x"),
      Check(name: "long", state: .fail, detail: "y", cure: "z"),
    ]
    #expect(
      DoctorReport.lines(checks, isColored: false)
        == ["ok    a     x", "fail  long  y", "            → z"])
  }
}

struct EndingTests {
  @Test(arguments: [
    ["tail"], ["tail", "x", "-n", "-1"], ["tail", "x", "--raw", "--json"], ["ps", "--bogus"],
    ["dance"], ["tail", "x", "--color", "pink"],
  ])
  func wrongUsageIsTwoAndOneLine(arguments: [String]) {
    let ending = ending(arguments)
    #expect(ending?.status == 2)
    #expect(ending?.complaint?.contains("\n") == false)
    #expect(ending?.text == nil)
  }

  @Test func versionAndHelpAreFine() throws {
    #expect(ending(["--version"])?.text == programVersion)
    var help = try Nestaudit.parseAsRoot(["tail", "--help"])
    let error = #expect(throws: (any Error).self) { try help.run() }
    let ending = try Ending(#require(error))
    #expect(ending.status == 0)
    #expect(ending.text?.contains("USAGE: nestaudit tail") == true)
  }

  @Test func failureIsOneAndSaysWhy() {
    let ending = Ending(Failure("a\nb"))
    #expect(ending.status == 1)
    #expect(ending.complaint == "a b")
  }

  @Test func statusOfItsOwnIsKeptAndSilent() {
    #expect(Ending(ExitCode(1)).status == 1)
    #expect(Ending(ExitCode(1)).complaint == nil)
  }

  private func ending(_ arguments: [String]) -> Ending? {
    do {
      _ = try Nestaudit.parseAsRoot(arguments)
      return nil
    } catch {
      return Ending(error)
    }
  }
}
