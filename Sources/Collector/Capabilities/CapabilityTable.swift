internal import AuditRecords
import CNestaudit
internal import Capture
import Glibc

/// The capabilities of files that events name: asked once for each version of a file, by a thread of its own.
///
/// Lives on the drain thread, which waits for an answer, but not long.
final class CapabilityTable {
  /// How many files are remembered.
  private static let limit = 65536
  /// An answer is waited for as long as this at most.
  private static let longestWait: Int64 = 250_000_000
  /// What can be waited in a row; it grows again by an eleventh of the time that passes.
  private static let mostCredit: Int64 = 500_000_000

  private let outside: Outside
  private let identifier: FileIdentifier
  private let reader = PatientReader<CapabilityQuestion, FileCapabilities?>(
    name: "capabilities", read: { $0.answer() })
  private var known: [CapabilityFile: FileCapabilities] = [:]
  private var asked: [UInt64: CapabilityFile] = [:]
  private var nextNumber: UInt64 = 1
  private var credit = mostCredit
  private var creditTime = Clock.read(CLOCK_MONOTONIC)

  init(identifier: FileIdentifier, outside: Outside) {
    self.identifier = identifier
    self.outside = outside
  }

  /// Answers what the renderer asks of the names that it has planned for an event.
  // Out of line: next to no event needs it.
  @inline(never)
  func answer(
    _ renderer: inout EventRenderer, _ event: SyscallEvent, of process: ProcessEvent,
    in entry: ContainerEntry
  ) {
    for index in 0..<renderer.nameCount where renderer.asksForCapabilities(ofName: index) {
      guard let object = renderer.name(index).object else { continue }
      let file = CapabilityFile(object)
      let found: FileCapabilities?
      if let replayed = outside.replayed {
        found = replayed.capabilities[file] ?? nil
      } else {
        found =
          known[file]
          ?? ask(question(file, object, renderer.way(toName: index), event, process, entry))
        outside.recorder?.capabilities(file, in: entry, found)
      }
      renderer.setCapabilities(
        found.map { Self.inForce($0, for: object.owner, in: entry) }, ofName: index)
    }
  }

  /// Once a second: leaves a thread behind that gets no answer.
  func tidy() {
    reader.relieve()
    take()
  }

  /// security/commoncap.c, rootid_owns_currentns: those of a root count in his user namespace and below alone.
  private static func inForce(
    _ found: FileCapabilities, for root: UInt32, in entry: ContainerEntry
  ) -> FileCapabilities {
    if found.version < 3 || found.rootID == 0 || found.rootID == root { return found }
    var place: ContainerEntry? = entry
    while let current = place {
      let map = current.container?.uidMap ?? []
      if map.contains(where: { $0.first == 0 && $0.lower == found.rootID }) { return found }
      place = current.outer
    }
    return .none
  }

  private func ask(_ question: CapabilityQuestion) -> FileCapabilities? {
    let number = nextNumber
    nextNumber += 1
    asked[number] = question.file
    let start = Clock.read(CLOCK_MONOTONIC)
    credit = min(Self.mostCredit, credit + (start - creditTime) / 11)
    reader.ask(number, question)
    reader.wait(for: number, atMost: min(Self.longestWait, max(credit, 0)))
    creditTime = Clock.read(CLOCK_MONOTONIC)
    credit -= creditTime - start
    return take(number)
  }

  /// Keeps what has been answered; returns the answer with a number, if it is there.
  @discardableResult
  private func take(_ wanted: UInt64 = 0) -> FileCapabilities? {
    var answer: FileCapabilities?
    for (number, found) in reader.take() {
      guard let file = asked.removeValue(forKey: number) else { continue }
      if number == wanted { answer = found }
      guard let found, file.isSettled else { continue }
      if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
      known[file] = found
    }
    return answer
  }

  // MARK: Questions

  private func question(
    _ file: CapabilityFile, _ object: event_object, _ name: UnsafeRawBufferPointer?,
    _ event: SyscallEvent, _ process: ProcessEvent, _ entry: ContainerEntry
  ) -> CapabilityQuestion {
    let pid = process.fixed.tgid
    let isProgram =
      object.ino == process.fixed.exe_ino && object.dev == process.fixed.exe_dev
    var link: String?
    if isProgram {
      link = "/proc/\(pid)/exe"
    } else if UInt32(object.role) == OBJECT_DESCRIPTOR.rawValue {
      link = "/proc/\(pid)/fd/\(UInt32(truncatingIfNeeded: event.fixed.args.0))"
    }
    return CapabilityQuestion(
      file: file, process: pid, initProcess: entry.container?.initPID ?? UInt32(getpid()),
      cgroup: entry.container?.cgroupPath,
      path: name.map { Self.absolute($0, base: EventNames.base(of: $0, in: event)) },
      link: link.map { Array($0.utf8CString) }, identifier: identifier)
  }

  private static func absolute(
    _ name: UnsafeRawBufferPointer, base: UnsafeRawBufferPointer?
  ) -> [CChar] {
    let slash = UInt8(ascii: "/")
    var path: [UInt8] = []
    if name.first != slash, let base { path = base + [slash] }
    path += name
    path.append(0)
    return path.map { CChar(bitPattern: $0) }
  }
}
