@testable import AuditRules

/// An event to ask rules about, with the memory that it points to.
final class Event {
  private(set) var subject = RuleSubject()
  private var memory: [UnsafeMutableRawPointer] = []

  init(_ random: inout Random) {
    subject.arch = random.once(in: 16) ? Values.number(&random) : random.one(of: AuditArch.all)
    subject.syscall = random.one(of: Values.syscalls)
    subject.hasResult = !random.once(in: 8)
    subject.result = Int64(Int32(bitPattern: Values.number(&random)))
    if random.once(in: 16) { subject.result = Int64(bitPattern: random.next()) }
    subject.a0 = Values.argument(&random)
    subject.a1 = Values.argument(&random)
    subject.a2 = Values.argument(&random)
    subject.a3 = Values.argument(&random)
    subject.openFlags = Values.argument(&random)
    if random.once(in: 2) { subject.addressFamily = UInt16(truncatingIfNeeded: random.next() & 15) }
    for id in [
      \RuleSubject.pid, \.ppid, \.uid, \.euid, \.suid, \.fsuid, \.gid, \.egid, \.sgid, \.fsgid,
      \.auid, \.ses, \.pers,
    ] { subject[keyPath: id] = Values.number(&random) }
    subject.groups = keep((0..<random.below(6)).map { _ in Values.number(&random) })
    subject.contids = keep((0..<random.below(4)).map { _ in random.one(of: Values.contids) })
    subject.executable = Objects.executable(&random)
    let names = (0..<random.below(5)).map { _ in
      Objects.name(&random, texts: { keep($0) }, chains: { keep($0) })
    }
    subject.names = keep(names)
  }

  deinit { for piece in memory { piece.deallocate() } }

  /// Of values without references: they are never destroyed.
  private func keep<Value>(_ values: [Value]) -> UnsafeBufferPointer<Value> {
    let copy = UnsafeMutableBufferPointer<Value>.allocate(capacity: values.count)
    _ = copy.initialize(from: values)
    memory.append(UnsafeMutableRawPointer(copy.baseAddress!))
    return UnsafeBufferPointer(copy)
  }
}
