import AuditRules
import Foundation
import TestSupport
import Testing

/// Every line is given to auditctl, which gives it to the kernel, and to our parser: both accept it or neither
/// does, and both print it alike.
@Suite(
  .serialized, .enabled(if: Machine.isRoot, "needs root: auditctl loads rules into the kernel"))
struct RuleLanguageTests {
  /// Every list with every field, every operator and several values.
  static let fields: [String] = {
    let values: [String: [String]] = [
      "arch": ["b64", "b32", "b65", "0xc000003e"], "exe": ["/usr/bin/true", "true", "/usr/"],
      "path": ["/etc/passwd", "etc/passwd", "/etc/"], "dir": ["/etc", "/etc/", "etc"],
      "exit": ["-EACCES", "-13", "3", "ENOENT", "-NOSUCH"], "key": ["k"],
      "perm": ["wa", "RX", "q", "rwxar"], "filetype": ["file", "dir", "socket", "nothing"],
      "msgtype": ["CWD", "1307", "NOSUCH"], "fstype": ["tracefs", "0x01021994", "nosuch"],
      "subj_user": ["u"], "obj_type": ["t"], "subj_sen": ["s0"], "obj_lev_low": ["s0"],
      "auid": ["1000", "unset", "-1", "root"], "sessionid": ["5", "unset"],
      "uid": ["0", "root", "-1", "nosuchuser"], "gid": ["0", "root", "nosuchgroup"],
    ]
    let names = [
      "a0", "a1", "a2", "a3", "arch", "auid", "devmajor", "devminor", "dir", "egid", "euid",
      "exe", "exit", "filetype", "fsgid", "fstype", "fsuid", "gid", "inode", "key", "msgtype",
      "obj_gid", "obj_lev_low", "obj_type", "obj_uid", "path", "perm", "pers", "pid", "ppid",
      "saddr_fam", "sessionid", "sgid", "subj_sen", "subj_user", "success", "suid", "uid",
      "loginuid_set", "nosuchfield",
    ]
    let operators = ["=", "!=", "<", "<=", ">", ">=", "&", "&="]
    return ["exit", "task", "user", "exclude", "filesystem"].flatMap { list in
      names.flatMap { name in
        operators.flatMap { operation in
          (values[name] ?? ["1", "0x10", "word"]).map { value in
            let syscall = list == "exit" && name != "arch" ? " -S openat" : ""
            return "-a always,\(list)\(syscall) -F \(name)\(operation)\(value)"
          }
        }
      }
    }
  }()

  static let comparisons: [String] = {
    let names = [
      "uid", "euid", "suid", "fsuid", "auid", "obj_uid", "gid", "egid", "sgid", "fsgid", "obj_gid",
      "pid",
    ]
    return names.flatMap { left in
      names.flatMap { right in
        ["=", "!="].map { "-a always,exit -S openat -C \(left)\($0)\(right)" }
      }
    } + ["-a always,task -C uid=euid", "-a always,exit -C uid<euid", "-a always,exit -C uid="]
  }()

  static let others = [
    "-a always,exit -S all", "-a exit,always -S open -S close", "-a never,exit -S 2,3,write",
    "-a always,exit -F arch=b32 -S socketcall,chown32", "-a always,exit -F arch=b64 -S chown32",
    "-a always,exit -S nosuch", "-a always,exit -S 2015", "-a always,exit -S 2016",
    "-a always,exit -S 2040", "-a always,exit", "-a always,exit -F pid=1", "-A never,exit -S kill",
    "-a always,entry -S open", "-a possible,exit -S open", "-a always -S open", "-a always,exit,x",
    "-a always,task", "-a never,task", "-a always,task -S open", "-a never,task -F uid=5",
    "-a always,user -S open", "-a always,exclude -S open", "-a always,filesystem -S open",
    "-a always,exclude", "-a never,user", "-a always,filesystem",
    "-a always,exit -S open -F arch=b64", "-a always,exit -S open -a always,exit -S close",
    "-a always,exit -S open -k one -k two", "-a always,exit -S open -F key=one -F key=two",
    "-a always,exit -k early -S open", "-a always,exit -F key=early -S open", "-k alone",
    "-a always,exit -S open -k \(String(repeating: "k", count: 256))",
    "-a always,exit -S open -k \(String(repeating: "k", count: 257))",
    "-a always,exit -F path=/etc/passwd -F perm=wa -k p", "-a never,exit -F dir=/etc -F perm=r",
    "-a always,exit -F path=/etc/passwd -F path=/etc/group",
    "-a always,exit -F inode=5 -F dir=/etc",
    "-a always,exit -F exe=/bin/true -F exe=/bin/false",
    "-a always,exit -F path=/etc/passwd -S open",
    "-a always,exit -F auid>=1000 -F auid!=4294967295 -F uid!=0 -S open",
    "-w /etc/passwd", "-w /etc/passwd -p wa -k identity", "-w /etc/ -p r",
    "-w /etc -p xwra -k a -k b", "-w / -p x -k root", "-a always,exit -S all -F path=/",
    "-a always,exit -S all -F dir=/", "-w // -p r",
    "-w etc/passwd", "-w /etc/passwd -p q", "-w /etc/passwd -p rwxar", "-w /etc/passwd -S open",
    "-w /etc/passwd -F uid=5", "-w /etc/passwd -a always,exit", "-a always,exit -w /etc/passwd",
    "-w /etc/\(String(repeating: "n", count: 256)) -p r", "-w /usr/bin/true -p x -F auid>=1000",
    "-W /etc/passwd", "-d always,exit -S open", "-D", "-D -k x", "-D x", "-p r", "-S open",
    "-F uid=5",
    "-C uid=euid", "-t", "-q /tmp,/etc", "-q /tmp", "-b 100", "-b x", "-r 5", "-r -5", "-f 1",
    "-f 3",
    "-e x", "-e 5", "--backlog_wait_time 100", "--backlog_wait_time x", "--reset-lost", "-i", "-c",
    "-R /tmp/x", "-z", "--nosuch", "word", "-a", "-S", "-b 10 20", "-a always,exit -S open word",
    "-aalways,exit -Sopen -kattached", "-a always,exit\t-S open", "# -z", "  -b 100",
    "-w /tmp/a\\ b -p r",
    "-a always,exit -S open -F exit>=-5 -F exit!=-EPERM",
    "-a always,exit -S mount -F a0&=0x7fffffff",
    "-a always,exit -S open -F uid=99999999999", "-a always,exit -F saddr_fam=10 -S connect",
    "-a always,exit -F saddr_fam=46 -S connect", "-v", "-h",
  ]

  @Test func everyFieldAndOperatorIsTakenAsByAuditctl() throws { try compareTogether(Self.fields) }

  @Test func everyComparisonIsTakenAsByAuditctl() throws { try compareTogether(Self.comparisons) }

  @Test func everyOptionIsTakenAsByAuditctl() throws { try compare(Self.others) }

  /// What Debian ships: the same lines are refused, or mean paths that this machine does not have.
  @Test func theExamplesOfAuditdAreTakenAsByAuditctl() throws {
    let directory = URL(filePath: "/usr/share/doc/auditd/examples/rules")
    let files = try FileManager.default.contentsOfDirectory(
      at: directory, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "rules" }
    #expect(files.count > 30)
    var lines: Set<String> = []
    for file in files {
      lines.formUnion(
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init))
    }
    // Immutable until the next boot, and of the whole machine.
    lines.subtract(["-e 2", "--loginuid-immutable"])
    try compare(lines.sorted())
  }

  @Test func whatIsRefusedIsSaidWithFileAndLine() throws {
    for line in Self.others + Self.comparisons {
      guard case .failure(let error) = parsed("# first\n\(line)\n") else { continue }
      #expect(error.description.hasPrefix("audit.rules:2: "), "\(line): \(error)")
      #expect(!error.description.contains("\n"), "\(line): \(error)")
    }
  }

  private func parsed(_ text: String) -> Result<Ruleset, RuleError> {
    Result { () throws(RuleError) in try RuleFile.parse(text, file: "audit.rules") }
  }

  /// Many lines at once: what is accepted is what is listed. Where that differs, line by line.
  private func compareTogether(_ lines: [String]) throws {
    for start in stride(from: 0, to: lines.count, by: 100) {
      let some = Array(lines[start..<min(start + 100, lines.count)])
      let text = (["-i"] + some).joined(separator: "\n")
      let ours = Rule.listing(try RuleFile.parse(text, file: "audit.rules").rules)
      let theirs = try listed(afterLoading: text)
      if ours.joined(separator: "\n") != theirs { try compare(some) }
    }
  }

  private func listed(afterLoading text: String) throws -> String {
    try withTemporaryDirectory { area in
      let file = area.appending(path: "audit.rules")
      try "\(text)\n".write(to: file, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
      defer { _ = try? Program.run("auditctl", ["-D"]) }
      _ = try Program.run("auditctl", ["-R", file.path])
      let listed = try Program.output(of: "auditctl", ["-l"])
      return listed == "No rules\n" ? "" : String(listed.dropLast())
    }
  }

  private func compare(_ lines: [String]) throws {
    var accepted = 0
    var refused = 0
    try withTemporaryDirectory { area in
      let file = area.appending(path: "audit.rules")
      let manager = FileManager.default
      guard try Program.output(of: "auditctl", ["-l"]) == "No rules\n" else {
        throw SupportError("THE KERNEL'S AUDIT HAS RULES; they are left alone")
      }
      let restore = try settings()
      defer {
        for option in restore + [["-D"]] { _ = try? Program.run("auditctl", option) }
      }
      for line in lines {
        try "\(line)\n".write(to: file, atomically: true, encoding: .utf8)
        try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        let theirs = try Program.run("auditctl", ["-R", file.path])
        let listed = try Program.output(of: "auditctl", ["-l"])
        if listed != "No rules\n" { _ = try Program.run("auditctl", ["-D"]) }

        switch parsed(line) {
        case .success(let ruleset):
          let text = Rule.listing(ruleset.rules).map { $0 + "\n" }.joined()
          if theirs.status == 0 {
            #expect(
              text.isEmpty ? listed == "No rules\n" : text == listed,
              "\(line): ours \(text) theirs \(listed)")
            accepted += 1
          } else {
            #expect(try isMissing(ruleset), "\(line): auditctl refuses it: \(theirs.errors)")
          }
        case .failure(let error):
          #expect(theirs.status != 0, "auditctl takes \(line); we say: \(error)")
          refused += 1
        }
      }
    }
    #expect(accepted + refused > 0)
  }

  /// The options by which the kernel's settings are as they are now: the lines change them.
  private func settings() throws -> [[String]] {
    let options = [
      "backlog_limit": "-b", "rate_limit": "-r", "failure": "-f",
      "backlog_wait_time": "--backlog_wait_time",
    ]
    return try Program.output(of: "auditctl", ["-s"]).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      return words.first.flatMap { options[$0] }.map { [$0, words[1]] }
    }
  }

  /// auditctl wants the path of a rule to be there; a nested daemon waits for it.
  private func isMissing(_ ruleset: Ruleset) throws -> Bool {
    CompiledRuleset(ruleset).watchPaths.contains { watch in
      !FileManager.default.fileExists(atPath: watch.path)
    }
  }
}
