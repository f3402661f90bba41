internal import AuditRules

/// What a line of auditctl's options asks for.
enum ControlCommand: Equatable {
  /// `-l`, `-l -k KEY`
  case list(key: [UInt8]?)
  /// `-s`
  case settings
  /// Everything that changes something.
  case change(RuleOperation, prints: Printed)

  /// What auditctl prints when it is done.
  enum Printed: Equatable {
    case nothing
    /// The settings, as after `-e`, `-f`, `-r` and `-b`.
    case settings
    /// The rules that are left, as after `-D`.
    case rules
    /// What a count was before it began anew, as after `--reset-lost`.
    case former(String)
  }

  /// Reads as much of the options as is needed to know what is asked; whether they are right, the parser of rules says.
  init(_ words: [String]) throws(ControlRefusal) {
    guard let first = words.first else {
      throw ControlRefusal("say what to do, in auditctl's options: -l, -s, -a, -d, -w, -D, -e …")
    }
    guard !words.contains(where: { $0.utf8.contains(0) }) else {
      throw ControlRefusal("an option has a byte 0 in it")
    }
    if let reason = Self.elsewhere[first] { throw ControlRefusal("\(first): \(reason)") }
    if words.contains("-l") {
      self = .list(key: try Self.key(words.filter { $0 != "-l" && $0 != "-i" }))
    } else if first == "-s" {
      guard words.dropFirst().allSatisfy({ $0 == "-i" }) else {
        throw ControlRefusal("-s stands alone")
      }
      self = .settings
    } else {
      self = Self.change(words)
    }
  }

  /// What auditctl does and a daemon does not.
  private static let elsewhere = [
    "-R": "a daemon's files are read again by 'nestaudit reload', on the host",
    "-m": "a message is sent to the kernel's audit, by auditctl",
    "-h": "see auditctl(8) and nestaudit-ctl(8)", "-v": "see 'nestaudit --version'",
    "-i": "means something only where files are read",
    "-c": "means something only where files are read",
    "-t": "there are no trees to trim", "--signal": "signal the collector itself",
    "--loginuid-immutable": "it is the whole machine's: set it with auditctl on the host",
  ]

  /// auditctl.c, setopt: beside -l there may be a key and nothing else.
  private static func key(_ words: [String]) throws(ControlRefusal) -> [UInt8]? {
    switch words.count {
    case 0: return nil
    case 2 where words[0] == "-k": return Array(words[1].utf8)
    default: throw ControlRefusal("-l stands alone, or with -k and a key")
    }
  }

  private static func change(_ words: [String]) -> Self {
    for word in words {
      switch word.prefix(2) {
      case "-a", "-A", "-w": return .change(.add, prints: .nothing)
      case "-d", "-W": return .change(.remove, prints: .nothing)
      case "-D": return .change(.remove, prints: .rules)
      case "-e", "-f", "-r", "-b": return .change(.set, prints: .settings)
      case "--" where word == "--reset-lost": return .change(.set, prints: .former("lost"))
      case "--" where word == "--reset_backlog_wait_time_actual":
        return .change(.set, prints: .former("backlog_wait_time_actual"))
      case "--" where word.hasPrefix("--backlog_wait_time"): return .change(.set, prints: .settings)
      default: continue
      }
    }
    return .change(.set, prints: .nothing)
  }
}
