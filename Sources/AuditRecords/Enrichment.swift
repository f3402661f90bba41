import CNestaudit

/// What the format ENRICHED has behind a record: a separator, then the interpretation of every field that only the
/// machine of the log can interpret, in the record's order (auditd-event.c, format_enrich).
extension Segments {
  /// libaudit.h, AUDIT_INTERP_SEPARATOR
  static let separator: UInt8 = 0x1d

  /// Interprets arch= and syscall=.
  // Out of line: the format RAW is not to carry its weight.
  @inline(never)
  mutating func interpret(_ syscall: event_syscall, personality: UInt32) {
    // Where per= goes before, libauparse does not find the first argument (auparse/ellist.c).
    interpret(
      arch: syscall.arch, syscall: syscall.syscall, call: personality == 0 ? syscall.args.0 : 0)
  }

  /// Interprets arch= and syscall=; `call` is the syscall's first argument, 0 where it is not told.
  mutating func interpret(arch: UInt32, syscall: Int32, call: UInt64) {
    separate()
    text.append("ARCH=")
    text.append(nameOfArch: arch)
    separate()
    text.append("SYSCALL=")
    text.append(nameOfSyscall: syscall, arch: arch, call: call)
  }

  /// Interprets the ids of a subject, in the record's order.
  @inline(never)
  mutating func interpret(subject task: event_process) {
    interpret("AUID=", .userName, task.auid)
    interpret("UID=", .userName, task.uid)
    interpret("GID=", .groupName, task.gid)
    interpret("EUID=", .userName, task.euid)
    interpret("SUID=", .userName, task.suid)
    interpret("FSUID=", .userName, task.fsuid)
    interpret("EGID=", .groupName, task.egid)
    interpret("SGID=", .groupName, task.sgid)
    interpret("FSGID=", .groupName, task.fsgid)
  }

  private mutating func interpret(_ name: StaticString, _ kind: Slot, _ id: UInt32) {
    separate()
    text.append(name)
    place(kind, id)
  }

  /// Interprets saddr=; without a value it is no field.
  @inline(never)
  mutating func interpret(address: UnsafeRawBufferPointer) {
    guard !address.isEmpty else { return }
    separate()
    text.append("SADDR=")
    SocketAddress(address).append(to: &text)
  }

  /// Interprets the ids of a record, by the names of their fields in capitals.
  /// - Parameter first: number of the record's first slot.
  @inline(never)
  mutating func interpretIDs(ofSlotsFrom first: Int) {
    var fields = 0
    for index in first..<(enriched ?? slotCount) {
      let id = slot(index)
      if id.kind == .serial { fields = id.offset }
      guard let kind = id.kind.name else { continue }
      separate()
      appendCapitals(ofFieldBefore: id.offset, from: fields)
      place(kind, id.value)
    }
  }

  /// Closes the enriched part of a record, if it has one.
  @inline(never)
  mutating func endInterpretation() {
    guard let begin = enriched else { return }
    setValue(of: begin, to: UInt32(slotCount - begin))
    place(.enrichedEnd)
    enriched = nil
  }

  /// Begins the enriched part, or the next interpretation in it.
  private mutating func separate() {
    if enriched != nil { return text.append(UInt8(ascii: " ")) }
    enriched = slotCount
    place(.enriched)
    text.append(Self.separator)
  }

  /// Appends the name of the field whose value goes at `offset`, and the equals sign; `first` is where the record's fields
  /// begin.
  private mutating func appendCapitals(ofFieldBefore offset: Int, from first: Int) {
    var start = offset
    while start > first, text.bytes[start - 1] != UInt8(ascii: " ") { start -= 1 }
    let distance = text.count - start
    let length = offset - start
    text.append(atMost: length) { memory in
      let field = memory - distance
      for at in 0..<length {
        let isSmall = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(field[at])
        memory[at] = isSmall ? field[at] & ~0x20 : field[at]
      }
      return length
    }
  }
}

extension Segments.Slot {
  /// The slot for the name of an id.
  var name: Self? {
    switch self {
    case .uid, .signedUID: .userName
    case .gid: .groupName
    case .givenUID: .givenUserName
    case .givenGID: .givenGroupName
    case .serial, .pid, .ppid, .subject, .rootID, .targetPID, .key, .containerLink,
      .targetContainer,
      .targetLink:
      nil
    case .title, .titleEnd, .enriched, .enrichedEnd: nil
    case .userName, .groupName, .givenUserName, .givenGroupName: nil
    }
  }
}
