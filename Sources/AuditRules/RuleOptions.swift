import CLibAudit
import Glibc

/// One line of a rule file, read option by option as auditctl.c, setopt reads it, and done as handle_request
/// does it.
struct RuleOptions {
  let place: Rule.Place
  let words: [[UInt8]]
  /// Whether users and groups may be given by name: libaudit looks them up on the host.
  var takesNames = true

  /// What the line asks for, while its options are read.
  private struct Reading {
    enum Operation { case append, prepend, delete }
    var operation: Operation?
    var list = RuleList.exit
    var action = RuleAction.always
    var isWatch = false
    var keys: [[UInt8]] = []
    var contids: [(before: Int, field: Rule.Field)] = []
    /// The option has nothing to do with a rule, and ends the line.
    var isDone = false
    /// Words at the end that belong to an option that has taken more than one.
    var takenAtEnd = 0
    /// What was odd, but no reason to refuse it.
    var warnings: [String] = []
    /// Likewise, if the rules are those of the host's daemon.
    var hostWarnings: [String] = []
  }

  func failure(_ reason: String) -> RuleError {
    RuleError(file: place.file, line: place.line, reason: reason)
  }

  private func refused(_ reason: String, _ refusal: RuleError.Refusal) -> RuleError {
    var error = failure(reason)
    error.refusal = refusal
    return error
  }

  /// - Parameter isTolerant: `-i` and `-c` set it: a later line that is wrong does not end the reading.
  func apply(to ruleset: inout Ruleset, isTolerant: inout Bool) throws(RuleError) {
    var arguments = ([Array("auditctl".utf8)] + words).map {
      strdup(String(decoding: $0, as: UTF8.self))
    }
    let count = Int32(arguments.count)
    arguments.append(nil)
    // getopt moves the pointers about, and libaudit cuts the words; both stay ours to free.
    let owned = arguments
    defer { for word in owned { free(word) } }

    let builder = try LibauditRule(place: place)
    defer { builder.free() }
    var reading = Reading()
    while !reading.isDone {
      let option = nestaudit_next_option(count, &arguments)
      if option < 0 { break }
      let value = nestaudit_option_value().map { Array(String(cString: $0).utf8) } ?? []
      try take(option, value, builder, &reading, &ruleset, &isTolerant)
    }
    let next = Int(nestaudit_option_index())
    if next < arguments.count - 1 - reading.takenAtEnd, let stray = arguments[next] {
      throw failure("'\(String(cString: stray))' belongs to no option; an option begins with '-'")
    }
    try finish(reading, builder, &ruleset)
  }

  private func take(
    _ option: Int32, _ value: [UInt8], _ builder: LibauditRule, _ reading: inout Reading,
    _ ruleset: inout Ruleset, _ isTolerant: inout Bool
  ) throws(RuleError) {
    let text = String(decoding: value, as: UTF8.self)
    guard option >= 32, option != UInt8(ascii: "?") else {
      return try takeLong(option, text, &reading, &ruleset.settings)
    }
    switch Character(UnicodeScalar(UInt8(option))) {
    case "a", "A", "d":
      let letter = Character(UnicodeScalar(UInt8(option)))
      guard reading.operation == nil else { throw failure("one rule a line") }
      (reading.list, reading.action) = try listAndAction(text)
      reading.operation = letter == "a" ? .append : letter == "A" ? .prepend : .delete
    case "w", "W":
      guard reading.operation == nil else {
        throw failure("a watch cannot be given with a syscall; use -F path= or -F dir=")
      }
      reading.operation = option == UInt8(ascii: "w") ? .append : .delete
      reading.isWatch = true
      try builder.addWatch(try watchPath(text, &reading))
    case "S": try takeSyscalls(value, builder, &reading)
    case "F": try takeField(text, builder, &reading)
    case "C":
      guard reading.operation != nil else { throw failure("list must be given before -C") }
      try builder.addComparison(text, filter: reading.list)
    case "k":
      guard builder.takesKey, reading.operation != nil else {
        throw failure("key option needs a watch or syscall given prior to it")
      }
      try addKey(value, &reading)
    case "p":
      guard reading.operation != nil else {
        throw failure("permission option needs a watch given prior to it")
      }
      try builder.setPermissions(text)
    case "D": try deleteAll(&ruleset, &reading)
    case "e": ruleset.settings.enabled = try level(text, "Enable")
    case "f":
      ruleset.settings.failure = try level(text, "Failure")
      if ruleset.settings.failure == 2 {
        reading.hostWarnings.append(
          "-f 2: the host is never stopped; what is lost is said, as with -f 1")
      }
    case "r": ruleset.settings.rateLimit = try number(text, "Rate")
    case "b": ruleset.settings.backlogLimit = try number(text, "Backlog")
    case "q": try addEquivalent(text, builder, &reading, &ruleset.settings)
    case "t": reading.isDone = true
    case "i", "c":
      isTolerant = true
      reading.isDone = true
    case "l", "s", "v", "m":
      reading.warnings.append(
        "nothing is done for -\(Character(UnicodeScalar(UInt8(option)))) here")
      reading.isDone = true
    case "R": throw failure("nested rule files are not supported")
    default: throw failure(unknownOption())
    }
  }

  private func takeLong(
    _ option: Int32, _ text: String, _ reading: inout Reading, _ settings: inout Settings
  ) throws(RuleError) {
    switch UInt32(bitPattern: option) {
    case OPTION_LOGINUID_IMMUTABLE.rawValue:
      settings.isLoginuidImmutable = true
      reading.warnings.append(
        "--loginuid-immutable is the whole machine's: set it with auditctl on the host")
      reading.isDone = true
    case OPTION_BACKLOG_WAIT_TIME.rawValue:
      settings.backlogWaitTime = try number(text, "Backlog_wait_time")
      if settings.backlogWaitTime != 0 {
        reading.hostWarnings.append(
          "--backlog_wait_time: the host is never made to wait; what has no room is lost, and said")
      }
    case OPTION_RESET_LOST.rawValue:
      settings.resetsLost = true
      reading.isDone = true
    case OPTION_RESET_BACKLOG_WAIT_TIME_ACTUAL.rawValue:
      settings.resetsWaited = true
      reading.isDone = true
    case OPTION_SIGNAL.rawValue:
      throw failure("--signal is not for a rule file; signal the collector itself")
    default: throw failure(unknownOption())
    }
  }

  private func unknownOption() -> String {
    let index = Int(nestaudit_option_index())
    let word = index >= 2 ? words[min(index - 2, words.count - 1)] : words[0]
    return "option \(String(decoding: word, as: UTF8.self)) is invalid, or lacks its value"
  }

  // MARK: Rules

  /// auditctl.c, audit_rule_setup: either may be first.
  private func listAndAction(_ text: String) throws(RuleError) -> (RuleList, RuleAction) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var list: RuleList?
    var action: RuleAction?
    for part in parts {
      if let known = RuleList.allCases.first(where: { $0.name == part }) { list = known }
      if part == "always" { action = .always }
      if part == "never" { action = .never }
    }
    guard parts.count == 2, let list, let action else {
      throw failure(
        "bad keyword \(text); write a list and an action, such as always,exit (lists: "
          + RuleList.allCases.map(\.name).joined(separator: ", ") + "; actions: always, never)")
    }
    return (list, action)
  }

  private func takeSyscalls(
    _ value: [UInt8], _ builder: LibauditRule, _ reading: inout Reading
  ) throws(RuleError) {
    if reading.operation != nil, [.task, .user, .filesystem, .exclude].contains(reading.list) {
      throw failure("syscall auditing cannot be put on list \(reading.list.name)")
    }
    let text = String(decoding: value, as: UTF8.self)
    if reading.operation != nil, reading.list == .ioUring {
      return try builder.addOperations(text)
    }
    let isGuess = try builder.addSyscalls(text)
    if isGuess, reading.operation == .append || reading.operation == .prepend {
      reading.warnings.append("32/64 bit syscall mismatch; you should specify an arch")
    }
  }

  private func takeField(
    _ text: String, _ builder: LibauditRule, _ reading: inout Reading
  ) throws(RuleError) {
    guard reading.operation != nil else { throw failure("list must be given before field") }
    if text.hasPrefix("key=") {
      try addKey(Array(text.dropFirst(4).utf8), &reading)
    } else if text.hasPrefix("contid"), let field = try contid(text) {
      guard [.exit, .user, .exclude].contains(reading.list) else {
        throw failure("contid goes with the lists exit, user and exclude")
      }
      reading.contids.append((builder.fieldCount, field))
    } else {
      if !takesNames { try checkNumber(text) }
      try builder.addField(text, filter: reading.list)
    }
  }

  /// lib/libaudit.c, audit_rule_fieldpair_data: what it would look up as a name.
  private func checkNumber(_ text: String) throws(RuleError) {
    let name = text.prefix { !"=!<>&".contains($0) }
    guard name.hasSuffix("uid") || name.hasSuffix("gid") else { return }
    let value = text.dropFirst(name.count).drop { "=!<>&".contains($0) }
    let digits = value.hasPrefix("-") ? value.dropFirst() : value
    let isNumber = digits.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard isNumber == true || value == "unset" else {
      throw failure("-F \(text): give the number; a name would be one of the host's")
    }
  }

  /// All eight operators; the longer spelling first, as libaudit looks for them.
  private func contid(_ text: String) throws(RuleError) -> Rule.Field? {
    let rest = text.dropFirst("contid".count)
    let longestFirst = Rule.Operator.allCases.sorted { $0.symbol.count > $1.symbol.count }
    guard let operation = longestFirst.first(where: { rest.hasPrefix($0.symbol) }) else {
      return nil
    }
    let value = String(rest.dropFirst(operation.symbol.count))
    let number = value == "-1" || value == "unset" ? UInt64.max : UInt64(value)
    guard let number else {
      throw failure("-F \(text): a contid is a number from 0 to 18446744073709551615, or unset")
    }
    return Rule.Field(
      type: Rule.Field.contid, operation: operation, value: 0, contid: number)
  }

  private func addKey(_ key: [UInt8], _ reading: inout Reading) throws(RuleError) {
    let before = reading.keys.reduce(0) { $0 + $1.count } + max(reading.keys.count - 1, 0)
    guard before + key.count + (reading.keys.isEmpty ? 0 : 1) <= Int(AUDIT_MAX_KEY_LEN) else {
      throw failure("key option exceeds size limit: all keys of a rule have 256 bytes")
    }
    if key.contains(1) { reading.warnings.append("a key has an illegal character in it") }
    if !key.isEmpty { reading.keys.append(key) }
  }

  /// Looked for by bytes: with a combining mark behind it, it is no character of its own.
  private static let slash = UInt8(ascii: "/")

  /// auditctl.c: check_path, audit_setup_watch_name.
  private func watchPath(_ text: String, _ reading: inout Reading) throws(RuleError) -> String {
    guard text.utf8.first == Self.slash else {
      throw failure("the path '\(text)' must start with '/'")
    }
    guard text.utf8.count < 4096 else { throw failure("the path is too big: 4095 bytes at most") }
    var path = text
    if path.utf8.count > 2 {
      while path.utf8.count > 1, path.utf8.last == Self.slash { path.unicodeScalars.removeLast() }
    }
    guard (path.utf8.split(separator: Self.slash).last?.count ?? 0) <= 255 else {
      throw failure("the base name of the path is too big: 255 bytes at most")
    }
    if text.contains("..") {
      reading.warnings.append("relative path notation ('..') is not supported")
    }
    if text.contains("*") || text.contains("?") {
      reading.warnings.append("wildcard notation is not supported: '\(text)' is taken as it is")
    }
    return path
  }

  private func finish(
    _ reading: Reading, _ builder: LibauditRule, _ ruleset: inout Ruleset
  ) throws(RuleError) {
    for warning in reading.warnings { ruleset.warnings.append(failure(warning)) }
    for warning in reading.hostWarnings {
      var warning = failure(warning)
      warning.concernsHostAlone = true
      ruleset.warnings.append(warning)
    }
    guard let operation = reading.operation else {
      if builder.namesSyscalls { throw failure("no list specified; write -a always,exit first") }
      return
    }
    if ruleset.settings.enabled == 2 {
      throw failure("the rules are locked by -e 2 above; put it last")
    }
    if !reading.keys.isEmpty {
      try builder.addKey(Array(reading.keys.joined(separator: [1])), filter: reading.list)
    }
    if reading.list != .task, !builder.namesSyscalls { _ = try builder.addSyscalls("all") }
    let rule = try builder.rule(
      list: reading.list, action: reading.action, isWatch: reading.isWatch,
      contids: reading.contids)
    do {
      try rule.checkAsKernel()
    } catch {
      throw failure(error.reason)
    }
    do {
      switch operation {
      case .append: try ruleset.append(rule)
      case .prepend: ruleset.prepend(rule)
      case .delete: try ruleset.delete(rule)
      }
    } catch .exists {
      throw refused("Rule exists", .exists(rule))
    } catch {
      throw refused("no such rule to delete (No such file or directory)", .absent(rule))
    }
  }

  // MARK: Settings

  private func deleteAll(_ ruleset: inout Ruleset, _ reading: inout Reading) throws(RuleError) {
    reading.isDone = true
    if ruleset.settings.enabled == 2 {
      throw failure("the rules are locked by -e 2 above; put it last")
    }
    switch words.count {
    case 1: ruleset.deleteAll(key: [])
    case 3 where words[1] == Array("-k".utf8):
      ruleset.deleteAll(key: words[2])
      reading.takenAtEnd = 2
    default: throw failure("-D stands alone, or with -k and a key")
    }
  }

  private func level(_ text: String, _ name: String) throws(RuleError) -> Int {
    guard let level = Int(text), text.count == 1, (0...2).contains(level) else {
      throw failure("\(name) must be 0, 1, or 2 was \(text)")
    }
    return level
  }

  private func number(_ text: String, _ name: String) throws(RuleError) -> Int {
    guard let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    else { throw failure("\(name) must be a numeric value was \(text)") }
    return Int(UInt32(truncatingIfNeeded: strtoul(text, nil, 0)))
  }

  private func addEquivalent(
    _ text: String, _ builder: LibauditRule, _ reading: inout Reading, _ settings: inout Settings
  ) throws(RuleError) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !builder.namesSyscalls, parts.count == 2,
      parts.allSatisfy({ $0.utf8.first == Self.slash })
    else {
      throw failure("-q takes a mount point and a subtree: -q /mount,/subtree")
    }
    settings.equivalents.append(.init(mount: parts[0], subtree: parts[1]))
    reading.isDone = true
  }
}
