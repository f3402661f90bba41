import CLibAudit

/// A condition of a rule, as it is asked and as people know it.
struct Condition {
  let field: Rule.Field
  let test: RuleTest
  /// In auditctl's words, without `-F`.
  let text: String
}

/// What is known of a condition by the records of an event.
enum ConditionAnswer {
  case met
  /// And the value in the records.
  case failed(String)
  /// And what would have to be known.
  case untold(String)
}

/// Asks conditions about an event of which only the records are there.
///
/// Where the records tell enough, `RuleTest` itself answers, so that the answer is the one that the daemon gave;
/// but for conditions on paths, of which records tell other things than events do.
struct ConditionJudge {
  let event: RecordedEvent
  let subject: RecordedSubject
  /// What is at the rules' paths, by number of the watch; nil where that is not known.
  let watched: [RootFile?]
  let watches: [WatchPath]
  let files: RuleFiles
  /// Of each name what it leads to and the directories above that, in its mount; nil if that is not known.
  let chains: [[RootFile]?]
  /// The SOCKADDR may be missing because the rules leave records out.
  let mayLackAddress: Bool

  var names: [RecordedName?] { event.names }

  init(
    _ event: RecordedEvent, watches: [WatchPath], watched: [RootFile?], files: RuleFiles,
    mayLackAddress: Bool
  ) {
    self.event = event
    self.watches = watches
    self.watched = watched
    self.files = files
    self.mayLackAddress = mayLackAddress
    subject = RecordedSubject(event)
    chains = event.names.map { name in
      // Only where the name still leads to the object does it tell what is above.
      guard let object = name?.object, case .path(let path)? = name?.text,
        let chain = files.ancestry(String(decoding: path, as: UTF8.self)), let found = chain.first,
        found.dev == object.dev,
        found.ino == object.ino
      else { return nil }
      return chain
    }
  }

  /// - Parameter name: the only name that counts, for a rule that is found by a name's object.
  func answer(_ condition: Condition, name: Int?) -> ConditionAnswer {
    let test = condition.test
    switch test.kind {
    case .met: return .met
    case .unmet:
      return .failed("labels are not told by the record, and no security module is asked for them")
    case .arch:
      let isKnown = AuditArch.all.contains(event.arch)
      return plain(
        test,
        "arch is \(isKnown ? Rule.archName(event.arch) : "0x" + String(event.arch, radix: 16))")
    case .number, .auid: return number(condition)
    case .group: return group(condition)
    case .permission: return permission(condition)
    case .path: return path(condition, name)
    case .directory: return below(condition)
    case .watch:
      guard let watched = watched[Int(test.value)] else { return .untold(noRoot(test)) }
      return watched.isDirectory ? below(condition) : path(condition, name)
    case .executable: return executable(condition)
    case .inode, .deviceMajor, .deviceMinor, .owner, .ownerGroup:
      return objects(condition, name, decisive: true)
    case .fileType: return objects(condition, nil, decisive: test.isEquality)
    case .comparison: return comparison(condition, name)
    case .addressFamily:
      if event.addressFamily == nil, mayLackAddress { return .untold("the address") }
      return plain(
        test, event.addressFamily.map { "the family is \($0)" } ?? "no address was given")
    case .contid:
      let chain = event.contids.map(String.init).joined(separator: ",^")
      return plain(test, chain.isEmpty ? "contid is unset" : "contid is \(chain)")
    case .filesystem, .messageType: return .untold(AuditField.name(condition.field.type))
    }
  }

  private func isMet(_ test: RuleTest, _ subject: RuleSubject, name: Int? = nil) -> Bool {
    test.isMet(by: subject, watches: nil, name: name)
  }

  private func plain(_ test: RuleTest, _ value: String) -> ConditionAnswer {
    isMet(test, subject.whole) ? .met : .failed(value)
  }

  // MARK: Numbers

  private func number(_ condition: Condition) -> ConditionAnswer {
    let name = AuditField.name(condition.field.type)
    switch condition.field.type {
    case AUDIT_EXIT, AUDIT_SUCCESS:
      guard let result = event.result else { return .failed("the syscall does not return") }
      let failed = (-4095..<0).contains(result)
      return plain(
        condition.test,
        condition.field.type == AUDIT_SUCCESS
          ? "success is \(failed ? "no" : "yes")" : "exit is \(Self.result(result))")
    case AUDIT_ARG0...AUDIT_ARG3:
      guard let value = event.arguments[Int(condition.field.type - AUDIT_ARG0)] else {
        return .untold(name)
      }
      let low = String(UInt32(truncatingIfNeeded: value), radix: 16)
      let whole = String(value, radix: 16)
      return plain(
        condition.test,
        "\(name) is 0x\(whole)" + (low == whole ? "" : ", of which 0x\(low) is compared"))
    default:
      guard let value = event.numbers[name] else { return .untold(name) }
      return plain(condition.test, Self.value(name, value))
    }
  }

  private func group(_ condition: Condition) -> ConditionAnswer {
    let name = AuditField.name(condition.field.type)
    guard let own = event.numbers[name] else { return .untold(name) }
    let isMet = isMet(condition.test, subject.whole)
    // Only the own group is in the records: of = it can say yes, of != it can say no.
    switch condition.field.operation {
    case .equal where !isMet, .notEqual where isMet:
      return .untold("\(name) is \(own), supplementary groups")
    default: return isMet ? .met : .failed("\(name) is \(own)")
    }
  }

  private func permission(_ condition: Condition) -> ConditionAnswer {
    let classes = SyscallClasses.arches[event.arch == AuditArch.i386 ? 1 : 0]
    let both = SyscallClasses.read | SyscallClasses.write
    var flags: UInt64?
    switch event.syscall {
    case classes.open: flags = event.arguments[1]
    case classes.openat: flags = event.arguments[2]
    case classes.openat2: flags = event.openFlags
    case classes.socketcall:
      guard event.arguments[0] != nil else { return .untold("a0") }
      return plain(condition.test, "the call is no bind")
    default:
      let letters = [
        ("r", SyscallClasses.read), ("w", SyscallClasses.write), ("x", SyscallClasses.execute),
        ("a", SyscallClasses.attribute),
      ]
      .filter { classes.mayMatch($0.1, Int(event.syscall)) }.map(\.0).joined()
      return plain(condition.test, letters.isEmpty ? "the syscall has none" : "perm is \(letters)")
    }
    // Whatever the flags are, they ask for one of the two.
    guard let flags else {
      return condition.field.value & both == both
        ? plain(condition.test, "it opens") : .untold("the flags of the open")
    }
    let access = SyscallClasses.access(ofFlags: flags)
    let words =
      access == both
      ? "reading and writing" : access == SyscallClasses.write ? "writing" : "reading"
    return plain(condition.test, "it opens for \(words)")
  }

  private func comparison(_ condition: Condition, _ name: Int?) -> ConditionAnswer {
    guard let pair = FieldComparison(rawValue: condition.field.value)?.names else {
      return .failed("it compares nothing known")
    }
    guard let left = event.numbers[pair.0] else { return .untold(pair.0) }
    if pair.1.hasPrefix("obj_") {
      return objects(condition, name, decisive: true, prefix: Self.value(pair.0, left) + ", ")
    }
    guard let right = event.numbers[pair.1] else { return .untold(pair.1) }
    return plain(condition.test, "\(Self.value(pair.0, left)), \(Self.value(pair.1, right))")
  }

  // MARK: Objects

  /// - Parameter decisive: the answer for which one name is enough.
  private func objects(
    _ condition: Condition, _ name: Int?, decisive: Bool, prefix: String = ""
  ) -> ConditionAnswer {
    func value(_ index: Int) -> String? { names[index].map { objectValue(condition, $0) } }
    if let name {
      guard let shown = value(name) else { return .untold(missing(name)) }
      let isMet = isMet(condition.test, subject.with(name: name), name: 0)
      return isMet ? .met : .failed(prefix + shown)
    }
    let known = names.indices.filter { names[$0] != nil }
    let isDecided = known.contains { isMet(condition.test, subject.with(name: $0)) == decisive }
    if !isDecided, known.count < names.count {
      return .untold("names that the records lack")
    }
    let shown =
      names.isEmpty ? "the event has no names" : known.compactMap(value).joined(separator: "; ")
    return isDecided == decisive ? .met : .failed(prefix + shown)
  }

  /// What the condition asks of a name.
  private func objectValue(_ condition: Condition, _ name: RecordedName) -> String {
    guard let object = name.object else { return "\(name.shown): no object is known" }
    let value =
      switch condition.test.kind {
      case .inode: "inode is \(object.ino)"
      case .deviceMajor: "devmajor is \(object.dev >> 20) or \(object.rdev >> 20)"
      case .deviceMinor: "devminor is \(object.dev & 0xfffff) or \(object.rdev & 0xfffff)"
      case .owner: "obj_uid is \(object.uid)"
      case .ownerGroup: "obj_gid is \(object.gid)"
      case .fileType: "mode is 0\(String(object.mode, radix: 8))"
      default: "obj_uid is \(object.uid), obj_gid is \(object.gid)"
      }
    return "\(name.shown): \(value)"
  }

  func missing(_ name: Int) -> String { "the records lack PATH item \(name)" }

  func noRoot(_ test: RuleTest) -> String {
    "what is at \(watches[Int(test.value)].path), as no process of the container is known"
  }
}

extension ConditionJudge {
  // MARK: Words

  static func result(_ value: Int64) -> String {
    guard (-4095..<0).contains(value), let name = audit_errno_to_name(Int32(-value)) else {
      return "\(value)"
    }
    return "\(value) (\(String(cString: name)))"
  }

  private static func value(_ name: String, _ value: UInt32) -> String {
    if value == .max, name == "auid" || name == "sessionid" {
      return "\(name) is unset (\(value))"
    }
    return name == "pers" ? "pers is 0x\(String(value, radix: 16))" : "\(name) is \(value)"
  }
}
