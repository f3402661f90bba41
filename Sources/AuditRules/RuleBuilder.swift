import CLibAudit
import CNestaudit
import Glibc

/// Makes a rule of a line: libaudit reads it as it does for auditctl, and what it makes of it is the rule.
struct RuleBuilder {
  let line: RuleLine

  private static let exitFilter: Int32 = 4  // AUDIT_FILTER_EXIT
  private static let permissions: [Character: UInt32] = ["x": 1, "w": 2, "r": 4, "a": 8]

  // MARK: -a, -A

  func appendRule(to ruleset: inout Ruleset, first: Bool) throws(RuleError) {
    guard line.words.count > 1 else {
      throw line.failure("\(line.words[0]) needs a list and an action")
    }
    let action = try listAndAction(line.words[1])
    let builder = try LibauditRule(line: line)
    defer { builder.free() }

    var keys: [String] = []
    var words = line.words[2...]
    while let option = words.popFirst() {
      guard ["-S", "-F", "-k"].contains(option) else {
        if ["-C", "-p", "-w"].contains(option) || option.hasPrefix("-") {
          throw line.failure(
            option == "-p" ? "-p needs -w; with -a use -F perm=" : RuleLine.refusal(option))
        }
        throw line.failure("'\(option)' belongs to no option")
      }
      guard let value = words.popFirst() else { throw line.failure("\(option) needs a value") }
      switch option {
      case "-S": try builder.addSyscalls(value)
      case "-k": keys.append(value)
      default:
        if value.hasPrefix("key=") {
          keys.append(String(value.dropFirst(4)))
        } else {
          try builder.addField(value, filter: Self.exitFilter)
        }
      }
    }
    if !keys.isEmpty {
      try builder.addField("key=" + keys.joined(separator: "\u{1}"), filter: Self.exitFilter)
    }
    if !builder.namesSyscalls {
      // As auditctl does: a rule of the exit list without -S is for all of them.
      try builder.addSyscalls("all")
    }
    let rule = try builder.rule(action: action, implicitPaths: false)
    if first { ruleset.rules.insert(rule, at: 0) } else { ruleset.rules.append(rule) }
  }

  private func listAndAction(_ text: String) throws(RuleError) -> UInt32 {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      throw line.failure("'\(text)' is no list and action; write always,exit or never,exit")
    }
    let lists = ["task", "exit", "user", "exclude", "filesystem", "io_uring"]
    let actions = ["always", "never"]
    guard let list = parts.first(where: lists.contains) else {
      throw line.failure("'\(text)' names no list; write always,exit or never,exit")
    }
    guard let action = parts.first(where: actions.contains) else {
      throw line.failure("'\(text)' names no action; write always,exit or never,exit")
    }
    guard list == "exit" else { throw line.failure("list \(list) is not supported yet") }
    return action == "always" ? RULE_ALWAYS.rawValue : RULE_NEVER.rawValue
  }

  // MARK: -w

  func appendWatch(to ruleset: inout Ruleset) throws(RuleError) {
    guard line.words.count > 1 else { throw line.failure("-w needs a path") }
    let path = try watchPath(line.words[1])
    let builder = try LibauditRule(line: line)
    defer { builder.free() }
    try builder.addWatch(path)

    var keys: [String] = []
    var words = line.words[2...]
    while let option = words.popFirst() {
      guard option == "-p" || option == "-k" else {
        throw line.failure("\(option) does not go with -w; use -a always,exit -F path=…")
      }
      guard let value = words.popFirst() else { throw line.failure("\(option) needs a value") }
      if option == "-k" {
        keys.append(value)
        continue
      }
      var mask: UInt32 = 0
      for letter in value {
        guard let bit = Self.permissions[Character(letter.lowercased())] else {
          throw line.failure("permission '\(letter)' is none of r, w, x, a")
        }
        mask |= bit
      }
      try builder.setPermissions(mask)
    }
    if !keys.isEmpty {
      try builder.addField("key=" + keys.joined(separator: "\u{1}"), filter: Self.exitFilter)
    }
    ruleset.rules.append(
      try builder.rule(action: RULE_ALWAYS.rawValue, implicitPaths: true))
  }

  /// auditctl.c, audit_setup_watch_name.
  private func watchPath(_ text: String) throws(RuleError) -> String {
    guard text.hasPrefix("/") else { throw line.failure("the path '\(text)' must begin with '/'") }
    guard text.utf8.count < 4096 else { throw line.failure("the path is longer than 4095 bytes") }
    var path = text
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    guard (path.split(separator: "/").last?.utf8.count ?? 0) <= 255 else {
      throw line.failure("the last name of the path is longer than 255 bytes")
    }
    if path.contains("/../") || path.hasSuffix("/..") {
      throw line.failure("the path '\(text)' must not have '..' in it")
    }
    return path
  }
}
