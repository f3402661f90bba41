/// Conditions on files: what is at a rule's path is compared with what the names led to.
extension ConditionJudge {
  /// `path`, and a watch on a file: by the object of a name, or by its text.
  func path(_ condition: Condition, _ name: Int?) -> ConditionAnswer {
    // A rule that is found by a name is asked about each; without any it is not found at all.
    guard let name else { return noNames }
    guard let recorded = names[name] else { return .untold(missing(name)) }
    if isAtPath(condition, recorded) { return .met }
    if let reason = whyUntold(condition.test, recorded) { return .untold(reason) }
    return .failed("\(describe(recorded)); \(expected(condition.test))")
  }

  /// `dir`, and a watch on a directory: a name's object or what is above it, or its text.
  func below(_ condition: Condition) -> ConditionAnswer {
    if names.isEmpty { return noNames }
    var reasons: [String] = []
    for index in names.indices {
      guard let recorded = names[index] else {
        reasons.append(missing(index))
        continue
      }
      if isBelow(condition, recorded, chains[index]) { return .met }
      if let reason = whyUntold(condition.test, recorded) {
        reasons.append(reason)
      } else if let object = recorded.object, let top = watched[Int(condition.test.value)],
        top.ino != 0,
        top.dev == object.dev, chains[index] == nil
      {
        reasons.append("which directories are above \(recorded.shown)")
      }
    }
    if let first = reasons.first { return .untold(first) }
    let shown = names.compactMap { $0.map(describe) }.joined(separator: "; ")
    return .failed("\(shown); \(expected(condition.test))")
  }

  /// `exe`: the records have the program's path, not its inode, which is looked up.
  func executable(_ condition: Condition) -> ConditionAnswer {
    let test = condition.test
    guard let program = event.executable else { return .untold("the program's inode") }
    let isSame: Bool
    if program.utf8.elementsEqual(condition.path) {
      isSame = true
    } else {
      guard let wanted = watched[Int(test.value)] else { return .untold(noRoot(test)) }
      if wanted.ino == 0 {
        isSame = false
      } else {
        guard let found = files.object(program), found.ino != 0 else {
          return .untold("the inode of \(program)")
        }
        isSame = found.ino == wanted.ino && found.dev == wanted.dev
      }
    }
    return isSame == test.isEquality ? .met : .failed("exe is \(program)")
  }

  private var noNames: ConditionAnswer { .failed("the event has no names") }

  /// As `RuleTest`: the same object, or the same text.
  private func isAtPath(_ condition: Condition, _ name: RecordedName) -> Bool {
    if let object = name.object, let wanted = watched[Int(condition.test.value)],
      wanted.ino != 0, wanted.ino == object.ino, wanted.dev == object.dev
    {
      return true
    }
    return name.text == .path(condition.path)
  }

  private func isBelow(
    _ condition: Condition, _ name: RecordedName, _ chain: [WatchObject]?
  ) -> Bool {
    if isAtPath(condition, name) { return true }
    if let chain, let wanted = watched[Int(condition.test.value)],
      chain.contains(where: { $0.ino == wanted.ino && $0.dev == wanted.dev })
    {
      return true
    }
    guard case .path(let text) = name.text else { return false }
    let path = condition.path
    return text.starts(with: path.count > 1 ? path + [UInt8(ascii: "/")] : path)
  }

  /// Why it cannot be said of a name that it does not meet the condition; nil if it can.
  private func whyUntold(_ test: RuleTest, _ name: RecordedName) -> String? {
    if name.text == .untold { return "the directory that \(name.shown) begins at" }
    return name.object != nil && watched[Int(test.value)] == nil ? noRoot(test) : nil
  }

  private func describe(_ name: RecordedName) -> String {
    let text =
      if case .path(let path) = name.text { String(decoding: path, as: UTF8.self) } else {
        name.shown
      }
    guard let object = name.object else { return "the name is \(text)" }
    return "the name is \(text) (\(Self.text(object.dev, object.ino)))"
  }

  private func expected(_ test: RuleTest) -> String {
    let path = watches[Int(test.value)].path
    guard let wanted = watched[Int(test.value)], wanted.ino != 0 else {
      return "at \(path) is nothing now"
    }
    return "at \(path) is \(Self.text(wanted.dev, wanted.ino)) now"
  }

  /// As a PATH record has them.
  private static func text(_ dev: UInt32, _ ino: UInt64) -> String {
    func hex(_ value: UInt32) -> String {
      let digits = String(value, radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }
    return "inode \(ino) on \(hex(dev >> 20)):\(hex(dev & 0xfffff))"
  }
}

extension Condition {
  /// Of a condition on a path, without slashes at its end.
  fileprivate var path: [UInt8] {
    var path = field.string ?? []
    while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
    return path
  }
}
