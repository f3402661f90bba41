/// The event of some records as conditions on anything but paths are asked about it, at addresses that stay.
final class RecordedSubject {
  /// Without names.
  private(set) var whole = RuleSubject()
  private let contids: UnsafeMutableBufferPointer<UInt64>
  private let names: UnsafeMutableBufferPointer<RuleName>

  init(_ event: RecordedEvent) {
    contids = .allocate(capacity: event.contids.count)
    _ = contids.initialize(from: event.contids)
    names = .allocate(capacity: event.names.count)
    names.initialize(repeating: RuleName())
    for (index, name) in event.names.enumerated() {
      if let object = name?.object { names[index] = RuleName(object) }
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
}

extension RuleName {
  fileprivate init(_ object: RecordedName.Object) {
    self.init()
    hasObject = true
    (dev, ino) = (object.dev, object.ino)
    (rdev, mode, uid, gid) = (object.rdev, object.mode, object.uid, object.gid)
  }
}
