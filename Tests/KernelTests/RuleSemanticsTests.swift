import Foundation
import TestSupport
import Testing

/// One rule at a time, under the kernel's audit and ours at once: the same events, with the same keys.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: rules against the kernel's audit"))
struct RuleSemantics {
  /// Syscalls whose objects are known with any way of capturing.
  private static let objects = "-S open,openat,fchmod,fchown,fsetxattr,execve -F success=1"

  static let single: [String] = {
    func each(_ start: String, _ conditions: [String]) -> [String] {
      conditions.map { "-a always,exit \(start) \($0) -k one" }
    }
    let all = ["=", "!=", "<", "<=", ">", ">=", "&", "&="]
    let ordered = Array(all.prefix(6))
    let equality = ["=", "!="]
    var rules: [String] = []
    for (field, value) in [
      ("a0", "1"), ("a1", "2"), ("a2", "0x3"), ("a3", "3"), ("pers", "0x40000"),
    ] {
      rules += each("-S lseek,getppid,openat", all.map { "-F \(field)\($0)\(value)" })
    }
    for field in ["uid", "euid", "suid", "fsuid"] {
      rules += each("-S openat", ordered.map { "-F \(field)\($0)1234" })
    }
    for (field, value) in [("gid", "11"), ("egid", "12"), ("sgid", "13"), ("fsgid", "12")] {
      rules += each("-S openat", ordered.map { "-F \(field)\($0)\(value)" })
    }
    rules += each(
      "-S openat", equality.map { "-F gid\($0)2345" } + equality.map { "-F egid\($0)60000" })
    rules += each(
      "-S openat",
      [
        "-F exit=-ENOENT", "-F exit=-2", "-F exit!=-2", "-F exit<0", "-F exit>=0", "-F exit>100",
        "-F exit<=3",
      ])
    rules += each(
      "-S openat",
      ["=", "!=", "<", "<=", ">", ">="].flatMap { ["-F success\($0)1", "-F success\($0)0"] })
    rules += each(
      "-S getppid,openat",
      [
        "-F auid=7777", "-F auid!=7777", "-F auid>7776", "-F auid<=5", "-F auid=unset",
        "-F auid!=unset", "-F sessionid!=unset", "-F sessionid>0",
      ])
    rules += each("-F arch=b32", ["-S open", "-S getppid", "-S openat,access", "-S all"])
    rules += each("-F arch!=b64", ["-S 5", "-S 64"])
    rules += each("-F arch=b64", ["-S access,umask", "-S 110", "-S all -F a0=0"])
    for mask in ["r", "w", "x", "a", "rw", "wa", "rx", "rwxa"] {
      rules += each("-S all", ["-F perm=\(mask)"])
    }
    rules += each(objects, all.filter { !$0.contains("&") }.map { "-F devmajor\($0)1" })
    rules += each(objects, all.map { "-F devminor\($0)3" })
    rules += each(objects, ordered.flatMap { ["-F obj_uid\($0)1234", "-F obj_gid\($0)2345"] })
    rules += each(
      objects,
      ["file", "dir", "character", "fifo", "link", "block", "socket"].flatMap { type in
        equality.map { "-F filetype\($0)\(type)" }
      })
    rules += each(objects, equality.map { "-F inode\($0)$INODE" })
    rules += each(
      "-S openat,getppid", equality.map { "-F exe\($0)$D/dir/program" } + ["-F exe=/bin/true"])
    rules += each(
      "-S openat",
      [
        "-F path=$D/file", "-F path=$D/dir/inner", "-F path=/etc/passwd", "-F path=$D/dir",
        "-F path=$D/missing", "-F dir=$D/dir", "-F dir=$D", "-F dir=/proc", "-F dir=/etc -F perm=r",
      ])
    rules += [
      "-w $D/file -p r -k one", "-w $D/file -p wa -k one", "-w $D/dir -p rwxa -k one",
      "-w $D/dir/program -p x -k one", "-w $D -p wa -k one", "-w /etc/passwd -p w -k one",
      "-w $D/missing -p rw -k one",
    ]
    for pair in [
      "uid=euid", "uid=suid", "uid=fsuid", "uid=auid", "euid=suid", "euid=fsuid", "suid=fsuid",
      "auid=euid", "auid=suid", "auid=fsuid", "gid=egid", "gid=sgid", "gid=fsgid", "egid=sgid",
      "egid=fsgid", "sgid=fsgid",
    ] {
      rules += each("-S openat", ["-C \(pair)", "-C \(pair.replacing("=", with: "!="))"])
    }
    for pair in [
      "uid=obj_uid", "euid=obj_uid", "suid=obj_uid", "fsuid=obj_uid", "auid=obj_uid", "gid=obj_gid",
      "egid=obj_gid", "sgid=obj_gid", "fsgid=obj_gid",
    ] {
      rules += each(objects, ["-C \(pair)", "-C \(pair.replacing("=", with: "!="))"])
    }
    rules += each(
      "-S connect,bind",
      ordered.map { "-F saddr_fam\($0)2" } + ["-F saddr_fam=1", "-F saddr_fam=10"])
    rules += each("-S openat", ["-F subj_type=x", "-F subj_type!=x", "-F obj_type=x"])
    rules += each(
      "-S getppid,openat", ["-F ppid=1", "-F pid=1", "-F pid!=1", "-F pid>1", "-F ppid>=2"])
    rules += [
      "-a never,exit -S openat -F success=0\n-a always,exit -S openat -k rest",
      "-a never,task -F uid=1234\n-a always,exit -S openat -k rest",
      "-a always,task -F uid=1234", "-a never,task -F auid=7777\n-a always,exit -S openat",
      "-a always,exclude -F msgtype=CWD\n-a always,exit -S openat",
      "-a never,exclude -F msgtype>=1327\n-a always,exit -S openat",
      "-a always,exclude -F uid=1234\n-a always,exit -S openat",
      "-a always,exclude -F msgtype=SYSCALL -F uid=1234\n-a always,exit -S openat",
      "-a always,exclude -F msgtype=PROCTITLE -F gid=11 -F exe=$D/program\n-a always,exit -S openat",
      "-a never,filesystem -F fstype=0x9fa0\n-a always,exit -S openat -F success=1 -F path=/proc/self/status",
      "-a never,filesystem -F fstype=0x9fa0\n-a always,exit -S openat",
    ]
    return rules
  }()

  @Test func everyRuleMatchesWhatItMatchesInTheKernel() throws {
    try withTemporaryDirectory { area in
      let comparison = try RuleComparison(in: area)
      let file = try FileManager.default.attributesOfItem(atPath: comparison.path + "/file")
      let inode = "\(file[.systemFileNumber] ?? 0)"
      let cases = try comparison.run(Self.single.map { $0.replacing("$INODE", with: inode) })
      #expect(cases.count >= 150)
      var matching = 0
      for one in cases {
        if one.ours != one.kernel { Issue.record("\(Self.difference(one))") }
        if !one.kernel.isEmpty { matching += 1 }
      }
      print("\(cases.count) rules, \(matching) of them with events")
      #expect(matching > 100)
    }
  }

  /// Rulesets of 1 to 30 rules, made by chance from a fixed seed.
  @Test func rulesetsMadeByChanceMatchWhatTheyMatchInTheKernel() throws {
    var chance = RandomRules(seed: 20_260_000)
    let rulesets = (0..<500).map { _ in chance.ruleset() }
    try withTemporaryDirectory { area in
      let cases = try RuleComparison(in: area).run(rulesets)
      #expect(cases.count == 500)
      for one in cases where one.ours != one.kernel {
        Issue.record("\(Self.difference(one))")
      }
      let events = cases.reduce(0) { $0 + $1.kernel.count }
      print("\(cases.count) rulesets, \(events) events")
      #expect(events > 10_000)
    }
  }

  /// What differs, in few lines.
  static func difference(_ one: RuleComparison.Case) -> String {
    let difference = one.ours.difference(from: one.kernel)
    let lines = difference.prefix(6).map { change in
      switch change {
      case .insert(_, let line, _): "ours alone: \(line)"
      case .remove(_, let line, _): "the kernel's alone: \(line)"
      }
    }
    return (["\(one.rules): kernel \(one.kernel.count), ours \(one.ours.count)"] + lines)
      .joined(separator: "\n")
  }
}
