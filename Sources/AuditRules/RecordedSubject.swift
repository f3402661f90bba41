/// The event of some records as conditions are asked about it, at addresses that stay.
final class RecordedSubject {
  /// Without names.
  private(set) var whole = RuleSubject()
  private var texts: [UnsafeMutableRawBufferPointer] = []
  private var ancestors: [UnsafeMutableBufferPointer<UInt64>] = []
  private let contids: UnsafeMutableBufferPointer<UInt64>
  private let names: UnsafeMutableBufferPointer<RuleName>
  /// Of each name: whether all directories above its object are known.
  private(set) var hasAncestors: [Bool] = []

  init(_ event: RecordedEvent, files: RuleFiles) {
    contids = .allocate(capacity: event.contids.count)
    _ = contids.initialize(from: event.contids)
    names = .allocate(capacity: event.names.count)
    names.initialize(repeating: RuleName())
    for (index, name) in event.names.enumerated() {
      if let name { names[index] = make(name, files) } else { hasAncestors.append(false) }
    }
    whole.arch = event.arch
    whole.syscall = event.syscall
    whole.result = event.result ?? 0
    whole.hasResult = event.result != nil
    let arguments = event.arguments.map { $0 ?? 0 }
    (whole.a0, whole.a1, whole.a2, whole.a3) = (
      arguments[0], arguments[1], arguments[2], arguments[3]
    )
    whole.openFlags = event.openFlags ?? 0
    whole.addressFamily = event.addressFamily
    setNumbers(event.numbers)
    whole.contids = UnsafeBufferPointer(contids)
  }

  deinit {
    for text in texts { text.deallocate() }
    for list in ancestors { list.deallocate() }
    contids.deallocate()
    names.deallocate()
  }

  /// The subject with one name alone.
  func with(name: Int) -> RuleSubject {
    var subject = whole
    subject.names = UnsafeBufferPointer(rebasing: names[name...name])
    return subject
  }

  private func setNumbers(_ numbers: [String: UInt32]) {
    func number(_ name: String) -> UInt32 { numbers[name] ?? 0 }
    (whole.pid, whole.ppid) = (number("pid"), number("ppid"))
    (whole.uid, whole.euid) = (number("uid"), number("euid"))
    (whole.suid, whole.fsuid) = (number("suid"), number("fsuid"))
    (whole.gid, whole.egid) = (number("gid"), number("egid"))
    (whole.sgid, whole.fsgid) = (number("sgid"), number("fsgid"))
    (whole.auid, whole.ses) = (number("auid"), number("sessionid"))
    whole.pers = number("pers")
  }

  private func make(_ recorded: RecordedName, _ files: RuleFiles) -> RuleName {
    var name = RuleName()
    if case .path(let path) = recorded.text {
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: path.utf8.count, alignment: 1)
      copy.copyBytes(from: path.utf8)
      texts.append(copy)
      name.text = UnsafeRawBufferPointer(copy)
    }
    guard let object = recorded.object else {
      hasAncestors.append(true)
      return name
    }
    name.hasObject = true
    name.object = WatchObject(dev: object.dev, ino: object.ino)
    (name.rdev, name.mode, name.uid, name.gid) = (object.rdev, object.mode, object.uid, object.gid)
    // Only where the name still leads to the object does the name tell what is above it.
    if case .path(let path) = recorded.text, let line = files.ancestry(path),
      let found = line.first, found.dev == object.dev, found.ino == object.ino
    {
      let above = line.dropFirst().prefix { $0.dev == object.dev }.map(\.ino)
      let copy = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: above.count)
      _ = copy.initialize(from: above)
      ancestors.append(copy)
      name.ancestors = UnsafeBufferPointer(copy)
      hasAncestors.append(true)
    } else {
      hasAncestors.append(false)
    }
    return name
  }
}
