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
      switch isBelow(condition, recorded, chains[index]) {
      case true?: return .met
      case false?: break
      case nil:
        reasons.append(
          whyUntold(condition.test, recorded) ?? "which directories are above \(recorded.shown)")
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
      // Both by stat(2), which numbers the files of some file systems otherwise than the kernel does.
      let watch = watches[Int(test.value)]
      guard let wanted = files.object(watch.path, watch.follows) else {
        return .untold(noRoot(test))
      }
      if wanted.ino == 0 {
        isSame = false
      } else {
        guard let found = files.object(program, false), found.ino != 0 else {
          return .untold("the inode of \(program)")
        }
        isSame = found.ino == wanted.ino && found.dev == wanted.dev
      }
    }
    return isSame == test.isEquality ? .met : .failed("exe is \(program)")
  }

  private var noNames: ConditionAnswer { .failed("the event has no names") }

  /// As `RuleTest`: the object itself where it is known, or its name in its directory; else the text alone.
  private func isAtPath(_ condition: Condition, _ name: RecordedName) -> Bool {
    let wanted = watched[Int(condition.test.value)]
    if let object = name.object, let wanted, wanted.ino != 0, wanted.ino == object.ino,
      wanted.dev == object.dev
    {
      return true
    }
    guard name.text == .path(condition.path) else { return false }
    // Another file was there then. Of a link the rule means itself, and the name has led through it.
    return name.object == nil || !isLink(condition)
  }

  /// Whether a link that the rule does not follow is at its path now.
  private func isLink(_ condition: Condition) -> Bool {
    let watch = watches[Int(condition.test.value)]
    return !watch.follows && files.object(watch.path, true) != files.object(watch.path, false)
  }

  /// nil if it is not told.
  private func isBelow(
    _ condition: Condition, _ name: RecordedName, _ chain: [RootFile]?
  ) -> Bool? {
    if isAtPath(condition, name) { return true }
    guard let object = name.object else {
      return name.text == .untold ? nil : isTextBelow(condition, name)
    }
    guard let wanted = watched[Int(condition.test.value)] else { return nil }
    // The kernel's audit takes what is mounted below a directory for a part of it.
    let tops = ([wanted] + wanted.mounts).filter { $0.ino != 0 && $0.dev == object.dev }
    func has(_ chain: [RootFile]) -> Bool {
      chain.contains { link in tops.contains { $0.ino == link.ino && $0.dev == link.dev } }
    }
    guard case .path(let text) = name.text, let chain else {
      // The file is gone or another one; its directory may still be there.
      if case .path(let text) = name.text, isTextBelow(condition, name),
        let above = files.ancestry(String(decoding: text.directory, as: UTF8.self)), has(above)
      {
        return true
      }
      return tops.isEmpty && !isTextBelow(condition, name) ? false : nil
    }
    if has(chain) { return true }
    if tops.isEmpty { return false }
    // Above a mount in the path the directories of its file system are others than those of the path.
    let mount = chain.dropFirst().reduce(text) { path, _ in path.directory }
    return condition.path.isBelow(mount) ? false : nil
  }

  private func isTextBelow(_ condition: Condition, _ name: RecordedName) -> Bool {
    guard case .path(let text) = name.text else { return false }
    return text.isBelow(condition.path)
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

extension [UInt8] {
  /// Of an absolute path the one that it is in.
  fileprivate var directory: [UInt8] {
    let slash = UInt8(ascii: "/")
    let end = lastIndex(of: slash) ?? 0
    return end == 0 ? [slash] : Array(self[..<end])
  }

  /// Whether an absolute path is another one or below it.
  fileprivate func isBelow(_ path: [UInt8]) -> Bool {
    self == path || starts(with: path.count > 1 ? path + [UInt8(ascii: "/")] : path)
  }
}
