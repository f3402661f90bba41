/// The last gather: from segments to the lines of one daemon.
extension EventRenderer {
  /// Appends the records for one daemon, each a line of its own.
  /// - Parameters:
  ///   - serial: the daemon's.
  ///   - key: of the rule that matched; nil is (null).
  ///   - chain: contid chain, "4,^2": then CONTAINER_ID goes first and SYSCALL names it.
  ///   - names: of the ids in the view, for the format ENRICHED; nil for RAW.
  ///   - title: by which the daemon goes on to call the task; nil for its own.
  ///   - excluded: types of records that are left out.
  ///   - targets: where those are that a signal goes to.
  ///   - place: where the records are to be, if other daemons see alike, and may have copies of them: `linesAlike`.
  public mutating func assemble(
    view: NamespaceView, serial: UInt64, key: UnsafeRawBufferPointer?,
    chain: UnsafeRawBufferPointer?, names: UnsafePointer<IDNames>? = nil, title: [UInt8]? = nil,
    excluding excluded: RecordTypes = .none, targets chains: TargetChains = .none,
    noting place: TwinLines.Place? = nil, into text: inout TextBuffer
  ) {
    guard let process else { return }
    var isNoted = false
    if let place, excluded.isEmpty, names == nil, title == nil, targets.count == 0 {
      isNoted = true
      lines.begin(at: place, view, chain, serial, key, in: text)
    }
    if let chain {
      text.append("type=CONTAINER_ID")
      text.append(heads.stamp)
      let start = text.count
      text.append(serial: serial)
      if isNoted { lines.note(from: start, to: text) }
      text.append("record=1 contid=")
      text.append(chain)
      text.append(UInt8(ascii: "\n"))
    }
    if excluded.isEmpty {
      Self.assemble(
        segments, text: 0..<segments.text.count, slots: 0..<segments.slotCount, heads, process,
        targets, view: view, serial: serial, key: key, isLinked: chain != nil, names: names,
        title: title, chains, into: &text, noting: isNoted, in: &lines)
      if isNoted { lines.end(in: text) }
      return
    }
    for index in 0..<marks.count where !excluded.contains(marks[index].type) {
      let isLast = index == marks.count - 1
      Self.assemble(
        segments, text: marks[index].text..<(isLast ? segments.text.count : marks[index + 1].text),
        slots: marks[index].slot..<(isLast ? segments.slotCount : marks[index + 1].slot),
        heads, process, targets, view: view, serial: serial, key: key, isLinked: chain != nil,
        names: names, title: title, chains, into: &text, noting: false, in: &lines)
    }
  }

  /// Where the lines are, and their bytes, that a daemon of this view has as another has them but for its serial and key; nil if
  /// there are none.
  @inline(__always)
  public func linesAlike(
    view: NamespaceView, chain: UnsafeRawBufferPointer?
  ) -> (place: TwinLines.Place, count: Int)? {
    lines.serve(view, chain)
  }

  /// Appends the records for a daemon that sees what another one sees.
  /// - Parameter first: what is at the place of `linesAlike`.
  @inline(__always)
  public func copy(
    _ first: UnsafeRawPointer, serial: UInt64, key: UnsafeRawBufferPointer?,
    into text: inout TextBuffer
  ) {
    lines.append(copying: first, serial: serial, key: key, to: &text)
  }

  /// What is longer has no enriched part: libauparse reads no line of more than 8970 bytes, and counts what goes before
  /// the serial number too (libaudit.h, MAX_AUDIT_MESSAGE_LENGTH).
  private static let longestEnriched = 8970 - 64

  @inline(__always)
  private static func assemble(
    _ segments: borrowing Segments, text range: Range<Int>, slots: Range<Int>,
    _ heads: borrowing RecordHeads, _ process: ProcessEvent, _ targets: Targets,
    view: NamespaceView, serial: UInt64, key: UnsafeRawBufferPointer?, isLinked: Bool,
    names: UnsafePointer<IDNames>?, title: [UInt8]?, _ chains: TargetChains,
    into text: inout TextBuffer, noting: Bool, in lines: inout TwinLines
  ) {
    guard let shared = segments.text.bytes.baseAddress else { return }
    var copied = range.lowerBound
    var (lineStart, rawEnd) = (0, 0)
    var digits = 0..<0
    var index = slots.lowerBound
    while index < slots.upperBound {
      let slot = segments.slot(index)
      text.append(shared + copied, count: slot.offset - copied)
      copied = slot.offset
      switch slot.kind {
      case .serial:
        lineStart = text.count
        text.append(serial: serial, again: &digits)
        if noting { lines.note(from: lineStart, to: text) }
      case .pid: text.append(decimal: UInt64(view.pid(of: process)))
      case .ppid: text.append(decimal: UInt64(view.ppid(of: process)))
      case .subject:
        if let texts = process.texts {
          texts.pointee.append(subject: process, in: view, to: &text)
        } else {
          text.append(subject: process, in: view)
        }
      case .uid: text.append(decimal: UInt64(view.uid(slot.value)))
      case .gid: text.append(decimal: UInt64(view.gid(slot.value)))
      case .givenUID, .givenGID: text.append(decimal: UInt64(slot.value))
      case .signedUID, .rootID:
        text.append(signed: Int64(Int32(bitPattern: view.uid(slot.value))))
      case .targetPID:
        let target = targets.target(at: Int(slot.value))
        text.append(decimal: UInt64(target.map { view.pid(of: $0) } ?? 0))
      case .key:
        let start = text.count
        text.append(key: key)
        if noting { lines.note(from: start, to: text, isKey: true) }
      case .containerLink: if isLinked { text.append(" record=1") }
      case .targetContainer:
        guard let told = chains.chain(at: Int(slot.value)) else { break }
        text.append("type=CONTAINER_ID")
        text.append(heads.stamp)
        text.append(decimal: serial)
        text.append("): record=")
        text.append(decimal: UInt64(told.index + (isLinked ? 2 : 1)))
        text.append(" contid=")
        var chain = told.chain
        chain.withUTF8 { text.append(UnsafeRawBufferPointer($0)) }
        text.append(UInt8(ascii: "\n"))
      case .targetLink:
        guard let told = chains.chain(at: Int(slot.value)) else { break }
        text.append(" record=")
        text.append(decimal: UInt64(told.index + (isLinked ? 2 : 1)))
      case .enriched:
        rawEnd = text.count
        if names == nil {
          index += Int(slot.value)
          copied = segments.slot(index).offset
        }
      case .enrichedEnd:
        if text.count - lineStart > longestEnriched { text.truncate(to: rawEnd) }
      case .title:
        if let title {
          title.withUnsafeBytes { text.append(title: $0) }
          copied = segments.slot(index + 1).offset
        }
      case .titleEnd: break
      case .userName:
        if let names { text.append(nameOf: view.uid(slot.value), in: names.pointee.users) }
      case .givenUserName:
        if let names { text.append(nameOf: slot.value, in: names.pointee.users) }
      case .givenGroupName:
        if let names { text.append(nameOf: slot.value, in: names.pointee.groups) }
      case .groupName:
        if let names { text.append(nameOf: view.gid(slot.value), in: names.pointee.groups) }
      }
      index += 1
    }
    text.append(shared + copied, count: range.upperBound - copied)
  }
}

extension TextBuffer {
  /// The end of a stamp.
  /// - Parameter digits: where it stands already; empty if nowhere.
  @inline(__always)
  fileprivate mutating func append(serial: UInt64, again digits: inout Range<Int>) {
    if !digits.isEmpty { return append(repeating: digits) }
    let start = count
    append(serial: serial)
    digits = start..<count
  }

  @inline(__always)
  mutating func append(serial: UInt64) {
    append(decimal: serial)
    append("): ")
  }

  @inline(__always)
  mutating func append(key: UnsafeRawBufferPointer?) {
    if let key { append(untrusted: key) } else { append("(null)") }
  }
}
