/// Rulesets made by chance, always the same for a seed, of rules that auditctl accepts.
struct RandomRules {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// splitmix64
  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  private mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  private mutating func one(of texts: [String]) -> String { texts[below(texts.count)] }

  private static let ordered = ["=", "!=", "<", "<=", ">", ">="]
  private static let all = ordered + ["&", "&="]
  private static let syscalls = [
    "openat", "open", "getppid", "lseek", "fchmod", "fchown", "connect", "execve", "access",
    "umask", "kill", "fsetxattr", "fgetxattr", "all",
  ]

  /// Of 1 to 30 rules, each another one.
  mutating func ruleset() -> String {
    var rules: [String] = []
    for _ in 0...below(30) {
      let rule = below(12) == 0 ? other() : exitRule()
      if !rules.contains(rule) { rules.append(rule) }
    }
    return rules.joined(separator: "\n")
  }

  private mutating func other() -> String {
    let action = one(of: ["always", "never"])
    switch below(4) {
    case 0: return "-a \(action),task -F uid\(one(of: Self.ordered))\(one(of: ["0", "1234"]))"
    case 1:
      return "-a \(action),exclude -F msgtype=\(one(of: ["CWD", "PATH", "PROCTITLE", "SOCKADDR"]))"
    case 2:
      return
        "-a \(action),exclude -F msgtype=\(one(of: ["SYSCALL", "CWD"])) -F uid=\(one(of: ["0", "1234"]))"
    default: return "-a \(action),exclude -F gid\(one(of: Self.ordered))11 -F msgtype=CWD"
    }
  }

  private mutating func exitRule() -> String {
    if below(10) == 0 {
      let path = one(of: ["$D/file", "$D/dir", "$D/dir/inner", "/etc/passwd", "$D/fifo", "/dev"])
      let key = below(3) == 0 ? "" : " -k key\(below(9))"
      return "-w \(path) -p \(one(of: ["r", "w", "x", "a", "rw", "rwxa"]))\(key)"
    }
    var rule = "\(one(of: ["-a", "-a", "-a", "-A"])) \(one(of: ["always", "always", "never"])),exit"
    let asksObjects = below(8) == 0
    switch below(6) {
    // Syscalls whose objects are known with any way of capturing.
    case _ where asksObjects: rule += " -S openat,fchmod,fchown,execve"
    case 0: rule += " -F arch=b32 -S \(one(of: ["open", "openat", "all", "access"]))"
    case 1, 2: rule += " -F arch=b64 -S \(one(of: Self.syscalls))"
    default: rule += " -S \(one(of: Self.syscalls)) -S \(one(of: Self.syscalls))"
    }
    for _ in 0..<below(4) { rule += " " + condition() }
    if asksObjects { rule += " " + file() }
    if below(4) != 0 { rule += " -k key\(below(9))" }
    return rule
  }

  private mutating func condition() -> String {
    switch below(13) {
    case 0:
      let field = one(of: ["uid", "euid", "suid", "fsuid"])
      return "-F \(field)\(one(of: Self.ordered))\(one(of: ["0", "1234", "5"]))"
    case 1:
      let field = one(of: ["gid", "egid", "sgid", "fsgid"])
      return "-F \(field)\(one(of: Self.ordered))\(one(of: ["0", "11", "12", "2345", "60000"]))"
    case 2:
      return "-F a\(below(4))\(one(of: Self.all))\(one(of: ["0", "1", "2", "0x800", "0xffffffff"]))"
    case 3: return "-F success\(one(of: Self.ordered))\(below(2))"
    case 4:
      return "-F exit\(one(of: Self.ordered))\(one(of: ["0", "3", "-ENOENT", "-EACCES", "-EBADF"]))"
    case 5: return "-F auid\(one(of: Self.ordered))\(one(of: ["7777", "1000", "8000"]))"
    case 6: return "-F pers\(one(of: Self.all))\(one(of: ["0", "0x40000", "0x400000"]))"
    case 7: return "-F exe\(one(of: ["=", "!="]))\(one(of: ["$D/program", "$D/dir/program"]))"
    case 8:
      let pair = one(of: ["uid", "euid", "suid", "fsuid", "auid"])
      let other = ["uid": "euid", "euid": "fsuid", "suid": "uid", "fsuid": "suid", "auid": "uid"]
      return "-C \(pair)\(one(of: ["=", "!="]))\(other[pair]!)"
    case 9: return "-F saddr_fam\(one(of: Self.ordered))\(one(of: ["1", "2", "10"]))"
    case 10: return "-F perm=\(one(of: ["r", "w", "x", "a", "wa", "rwxa"]))"
    case 11: return "-F ppid\(one(of: Self.ordered))\(one(of: ["0", "1"]))"
    default: return "-F sessionid\(one(of: Self.ordered))\(one(of: ["0", "unset"]))"
    }
  }

  /// What asks for objects, where they are known with any way of capturing.
  private mutating func file() -> String {
    let success = "-F success=1 "
    switch below(7) {
    case 0: return success + "-F path=\(one(of: ["$D/file", "$D/dir", "/etc/passwd", "/dev/null"]))"
    case 1: return success + "-F dir=\(one(of: ["$D/dir", "$D", "/proc", "/etc"]))"
    case 2:
      return success
        + "-F filetype\(one(of: ["=", "!="]))\(one(of: ["file", "dir", "fifo", "character"]))"
    case 3: return success + "-F obj_uid\(one(of: Self.ordered))1234"
    case 4: return success + "-F devmajor\(one(of: Self.ordered))1"
    case 5: return success + "-F devminor\(one(of: Self.all))3"
    default:
      return success + "-C \(one(of: ["uid", "euid", "fsuid"]))\(one(of: ["=", "!="]))obj_uid"
    }
  }
}
