/// Lines after auditctl's grammar: every list, field and operator, with values that fit and some that do not.
struct RuleGrammar {
  private static let operators = ["=", "!=", "<", "<=", ">", ">=", "&", "&="]
  private static let lists = ["exit", "exit", "exit", "task", "user", "exclude", "filesystem"]
  private static let ids = ["0", "5", "1000", "root", "-1", "unset", "4294967294", "4294967295"]
  private static let numbers = [
    "0", "1", "-1", "0x10", "017", "2147483647", "2147483648", "-2147483648", "4294967295",
    "4294967296", "99999999999", "word", "",
  ]
  private static let paths = [
    "/etc/passwd", "/etc", "/etc/", "/", "//", "etc", "/a/../b", "/*", "/é", "/a b", "/\u{1}",
  ]
  private static let labels = ["staff_u", "s0", "a:b", ""]
  private static let values: [(field: String, values: [String])] = [
    ("arch", ["b64", "b32", "x86_64", "0xc000003e", "0x40000003", "b65"]),
    ("perm", ["r", "wa", "RX", "rwxa", "q", "rwxar"]),
    ("exit", ["0", "-EACCES", "-13", "EACCES", "-4095", "-4096", "-2147483648", "-NOSUCH"]),
    ("success", ["0", "1", "yes", "no", "2"]), ("key", ["k", "", "a\u{1}b", "é"]),
    ("path", paths), ("dir", paths), ("exe", paths),
    ("filetype", ["file", "dir", "socket", "link", "character", "block", "fifo", "32768", "x"]),
    ("msgtype", ["CWD", "1307", "SYSCALL", "0", "2999", "NOSUCH"]),
    ("fstype", ["tracefs", "debugfs", "0x64626720", "x"]),
    ("saddr_fam", ["2", "10", "46", "inet"]),
    ("contid", ["0", "5", "unset", "-1", "18446744073709551615", "18446744073709551616"]),
    ("auid", ids), ("loginuid", ids), ("uid", ids), ("euid", ids), ("suid", ids), ("fsuid", ids),
    ("obj_uid", ids), ("gid", ids), ("egid", ids), ("sgid", ids), ("fsgid", ids), ("obj_gid", ids),
    ("sessionid", ids), ("a0", numbers), ("a1", numbers), ("a2", numbers), ("a3", numbers),
    ("pid", numbers), ("ppid", numbers), ("pers", numbers), ("devmajor", numbers),
    ("devminor", numbers), ("inode", numbers), ("loginuid_set", numbers), ("subj_user", labels),
    ("subj_role", labels), ("subj_type", labels), ("subj_sen", labels), ("subj_clr", labels),
    ("obj_user", labels), ("obj_role", labels), ("obj_type", labels), ("obj_lev_low", labels),
    ("obj_lev_high", labels), ("field_compare", numbers), ("nosuchfield", numbers),
  ]
  private static let compared = [
    "uid", "euid", "suid", "fsuid", "auid", "obj_uid", "gid", "egid", "sgid", "fsgid", "obj_gid",
  ]
  private static let syscalls = [
    "openat", "open", "close", "execve", "kill", "connect", "socketcall", "chown32", "all", "0",
    "59", "511", "512", "2015", "2016", "-1", "nosuch", "openat,open,unlinkat", ",", "",
  ]

  /// A rule, or now and then another option.
  static func line(_ random: inout Random) -> String {
    switch random.below(16) {
    case 0: setting(&random)
    case 1, 2: watch(&random)
    default: rule(&random)
    }
  }

  private static func setting(_ random: inout Random) -> String {
    let option = random.one(of: [
      "-b", "-f", "-r", "-e", "--backlog_wait_time", "-D -k", "-q", "-m",
    ])
    return "\(option) \(random.one(of: numbers + ["/tmp,/etc"]))"
  }

  private static func watch(_ random: inout Random) -> String {
    var line = "\(random.once(in: 8) ? "-W" : "-w") \(random.one(of: paths))"
    if !random.once(in: 4) { line += " -p \(random.one(of: ["r", "wa", "rwxa", "q"]))" }
    if random.once(in: 2) { line += " -k \(key(&random))" }
    return line
  }

  private static func rule(_ random: inout Random) -> String {
    let option = random.one(of: ["-a", "-a", "-a", "-a", "-A", "-d"])
    let list = random.one(of: lists)
    var line = "\(option) \(random.one(of: ["always", "never"])),\(list)"
    if random.once(in: 3) { line += " -F arch=\(random.one(of: ["b64", "b32"]))" }
    if list == "exit" || random.once(in: 16) {
      for _ in 0...random.below(2) { line += " -S \(random.one(of: syscalls))" }
    }
    // The kernel takes 64 fields.
    let count = random.once(in: 64) ? random.below(80) : random.below(5)
    for _ in 0..<count { line += " " + condition(&random) }
    for _ in 0..<random.below(3) { line += " -k \(key(&random))" }
    return line
  }

  private static func condition(_ random: inout Random) -> String {
    if random.once(in: 8) {
      let left = random.one(of: compared)
      return "-C \(left)\(random.one(of: ["=", "!="]))\(random.one(of: compared))"
    }
    let (field, values) = random.one(of: values)
    // Most fields take = and !=.
    let operation = random.once(in: 2) ? "=" : random.one(of: operators)
    return "-F \(field)\(operation)\(random.one(of: values))"
  }

  private static func key(_ random: inout Random) -> String {
    random.once(in: 32)
      ? String(repeating: "k", count: random.below(300)) : "key\(random.below(9))"
  }
}
