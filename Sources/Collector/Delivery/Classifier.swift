internal import Containers
import Glibc

/// Finds out what runtimes have on disk of new containers, without ever waiting for a disk: asked when a cgroup is made,
/// which is before its container begins, and once more when that begins. Lives on the drain thread.
final class Classifier {
  /// After so many nanoseconds a container is taken for what its cgroup's path says.
  static let longestWait: Int64 = 5_000_000_000
  /// Questions about what containers hold; a container must not fill our memory with them.
  private static let mostInner = 256

  private typealias Reader = PatientReader<MetadataQuestion, ContainerMetadata>

  private struct Inquiry {
    let path: String
    let maker: UInt32
    /// The first process of the container around it; nil on the host.
    let outer: UInt32?
    var isInner: Bool { outer != nil }
    /// Its first process has been told, too.
    var knowsProcess = false
    /// Of the question that is not answered yet.
    var number: UInt64?
    var answer: ContainerMetadata?
  }

  /// What stands on the host is read by a thread that no container can keep waiting.
  private let outer = Reader(name: "containers", read: { $0.answer() })
  private let inner = Reader(name: "inner", read: { $0.answer() })
  private var inquiries: [UInt64: Inquiry] = [:]
  private var cgroups: [UInt64: UInt64] = [:]
  private var nextNumber: UInt64 = 1
  private var innerCount = 0

  /// A cgroup was made: looks for what may be there of a container.
  /// - Parameters:
  ///   - maker: the process that made it.
  ///   - outer: the first process of the container around it; nil on the host.
  func notice(_ cgroup: UInt64, path: String, maker: UInt32, in outer: UInt32?) {
    guard inquiries[cgroup] == nil, outer == nil || innerCount < Self.mostInner else { return }
    ask(cgroup, Inquiry(path: path, maker: maker, outer: outer), process: 0)
  }

  /// What a path says of its container.
  static func known(of path: String) -> ContainerMetadata {
    let form = CgroupForm(path: path)
    return ContainerMetadata(
      runtime: form?.runtime ?? .cgroup, id: CgroupName(path: path).runtimeID)
  }

  /// What is known of a container that begins; nil if it is not known yet.
  func answer(
    for cgroup: UInt64, path: String, process: UInt32, in outer: UInt32?
  ) -> ContainerMetadata? {
    let inquiry = inquiries[cgroup] ?? Inquiry(path: path, maker: 0, outer: outer)
    if inquiry.number != nil { return nil }
    if let answer = inquiry.answer, answer.name != nil || inquiry.knowsProcess { return answer }
    ask(cgroup, inquiry, process: process)
    return nil
  }

  /// Looks once more for what there is of a container that is known.
  func askAgain(_ cgroup: UInt64, path: String, process: UInt32) {
    guard inquiries[cgroup]?.number == nil else { return }
    // Who made it is another by now, perhaps.
    ask(cgroup, Inquiry(path: path, maker: 0, outer: nil), process: process)
  }

  /// What was found last; nil while that is looked for.
  func found(_ cgroup: UInt64) -> ContainerMetadata? {
    inquiries[cgroup].flatMap { $0.number == nil ? $0.answer : nil }
  }

  /// Forgets a cgroup that is gone.
  func forget(_ cgroup: UInt64) {
    guard let inquiry = inquiries.removeValue(forKey: cgroup) else { return }
    if inquiry.isInner { innerCount -= 1 }
    if let number = inquiry.number { cgroups[number] = nil }
  }

  /// Takes the answers that have come.
  func take() {
    for reader in [outer, inner] {
      for (number, answer) in reader.take() {
        guard let cgroup = cgroups.removeValue(forKey: number) else { continue }
        inquiries[cgroup]?.number = nil
        inquiries[cgroup]?.answer = answer
      }
    }
  }

  /// Once a second: leaves a disk alone that does not answer.
  func relieve() {
    outer.relieve()
    inner.relieve()
  }

  private func ask(_ cgroup: UInt64, _ inquiry: Inquiry, process: UInt32) {
    var inquiry = inquiry
    if inquiries[cgroup] == nil, inquiry.isInner { innerCount += 1 }
    inquiry.number = nextNumber
    inquiry.knowsProcess = process != 0
    inquiries[cgroup] = inquiry
    cgroups[nextNumber] = cgroup
    (inquiry.isInner ? inner : outer).ask(
      nextNumber,
      MetadataQuestion(
        cgroupPath: CgroupForm(path: inquiry.path)?.rootPath ?? inquiry.path, maker: inquiry.maker,
        process: process,
        outer: inquiry.outer ?? UInt32(getpid())))
    nextNumber += 1
  }
}
