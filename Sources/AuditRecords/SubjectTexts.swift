/// What records repeat of one task, its subject in each view and its title, rendered once and kept for those that follow.
struct SubjectTexts: ~Copyable {
  private struct Kept {
    let view: UInt64
    let start: Int
    let end: Int
  }

  /// Of so many views at a time; a task is seen in one for each container around it.
  private static let most = 8

  private var text = TextBuffer(capacity: 256)
  private let kept = UnsafeMutablePointer<Kept>.allocate(capacity: Self.most)
  private var count = 0
  private var title: Range<Int>?

  deinit { kept.deallocate() }

  /// Forgets everything: the task has changed.
  mutating func removeAll() {
    text.removeAll()
    count = 0
    title = nil
  }

  /// Appends the subject of `process`, whose texts these are.
  @inline(__always)
  mutating func append(
    subject process: ProcessEvent, in view: NamespaceView, to target: inout TextBuffer
  ) {
    for index in 0..<count where kept[index].view == view.number {
      let range = kept[index].start..<kept[index].end
      return target.append(UnsafeRawBufferPointer(rebasing: text.bytes[range]))
    }
    keep(process, in: view)
    append(subject: process, in: view, to: &target)
  }

  @inline(never)
  private mutating func keep(_ process: ProcessEvent, in view: NamespaceView) {
    if count == Self.most { removeAll() }
    let start = text.count
    text.append(subject: process, in: view)
    (kept + count).initialize(to: Kept(view: view.number, start: start, end: text.count))
    count += 1
  }

  /// Appends the title of `process`, as PROCTITLE has it.
  @inline(__always)
  mutating func append(titleOf process: ProcessEvent, to target: inout TextBuffer) {
    if title == nil {
      let start = text.count
      text.append(titleOf: process)
      title = start..<text.count
    }
    if let title { target.append(UnsafeRawBufferPointer(rebasing: text.bytes[title])) }
  }
}
