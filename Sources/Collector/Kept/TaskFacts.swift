internal import AuditRecords
import CNestaudit
import FoundationEssentials

/// What is kept of tasks: what BPF has said of each once, what goes before a syscall that is not told yet, and what task
/// lists have said.
final class TaskFacts {
  private let ledger: Ledger
  /// Tasks of which parts are kept.
  private var withParts: Set<UInt32> = []

  init(_ ledger: Ledger) { self.ledger = ledger }

  @inline(__always)
  func tell(_ kind: Facts.Kind, _ event: UnsafeRawBufferPointer) { ledger.facts?.add(kind, event) }

  func tellEnd(of task: UInt32) { ledger.facts?.add(.exit, task) }

  func tell(_ verdicts: ForkTable.Kept) {
    guard let facts = ledger.facts, let json = try? JSONEncoder().encode(verdicts) else { return }
    json.withUnsafeBytes { facts.add(.verdicts, $0) }
  }

  /// Tells what has come of syscalls that have not ended yet, and of which the parts are used up: at a commit that is
  /// nearly none.
  func tellParts(of processes: inout ProcessTable) {
    guard let facts = ledger.facts else { return }
    let new = processes.takeNewParts()
    if new.isEmpty, withParts.isEmpty { return }
    for task in withParts.union(new) { tellParts(of: task, processes, facts) }
  }

  private func tellParts(
    of task: UInt32, _ processes: borrowing ProcessTable, _ facts: Facts
  ) {
    let parts = processes.parts(task)
    let isEmpty = parts.allSatisfy { $0.count == 0 }
    if isEmpty, withParts.remove(task) == nil { return }
    if !isEmpty { withParts.insert(task) }
    var head = [task]
    head += parts.map { UInt32($0.count) }
    var bytes: [UInt8] = []
    for part in parts { bytes += part }
    head.withUnsafeBytes { head in bytes.withUnsafeBytes { facts.add(.parts, head, $0) } }
  }

  func tellAll(of processes: borrowing ProcessTable, _ forks: ForkTable) {
    guard let facts = ledger.facts else { return }
    processes.forEach { facts.add(.process, $0.bytes) }
    for task in withParts { tellParts(of: task, processes, facts) }
    for verdicts in forks.all { tell(verdicts) }
  }

  /// Takes up a fact that an earlier collector has kept of a task; of others nothing is done.
  func restore(
    _ kind: Facts.Kind, _ bytes: UnsafeRawBufferPointer, in processes: inout ProcessTable
  ) {
    switch kind {
    case .process:
      if let event = ProcessEvent(bytes) { processes.update(event) }
    case .exit:
      let task = bytes.loadUnaligned(as: UInt32.self)
      processes.remove(task)
      withParts.remove(task)
    case .parts:
      let head = (0..<6).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
      var at = 24
      let parts = head.dropFirst().map { count in
        defer { at += Int(count) }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<(at + Int(count))])
      }
      processes.restore(parts, of: head[0])
      if at == 24 { withParts.remove(head[0]) } else { withParts.insert(head[0]) }
    case .verdicts, .container, .gone, .cgroup, .held, .loss, .rules: break
    }
  }

  /// Takes up what task lists have said.
  func restore(
    _ kind: Facts.Kind, _ bytes: UnsafeRawBufferPointer, in forks: ForkTable,
    daemon: (String) -> Daemon?
  ) {
    switch kind {
    case .exit: forks.remove(bytes.loadUnaligned(as: UInt32.self))
    case .verdicts:
      if let kept = try? JSONDecoder().decode(ForkTable.Kept.self, from: Data(bytes)) {
        forks.restore(kept, daemon: daemon)
      }
    case .process, .parts, .container, .gone, .cgroup, .held, .loss, .rules: break
    }
  }
}
