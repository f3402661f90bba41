import CNestaudit

/// The records that need no rule.
extension EventRenderer {
  mutating func renderOwn(_ event: OwnEvent) {
    let task = event.process.fixed
    begin(event.type)
    switch event.type {
    case .login: appendLogin(event)
    case .seccomp: return renderSeccomp(event)
    case .fanotify: appendAnswer(event)
    case .bpf: appendProgram(event)
    case .anomAbend:
      appendTask(event.process)
      segments.text.append(" sig=")
      segments.text.append(decimal: event.number(0))
      segments.text.append(" res=1")
    case .anomPromiscuous:
      let mode = PromiscuousMode(message: event.data)
      let name = mode.interface
      // The kernel writes it as it is. A name has no space; what else could harm a log is not for a log.
      segments.text.append("dev=")
      if name.needsHex { segments.text.append(hexBytes: name) } else { segments.text.append(name) }
      segments.text.append(mode.isEntered ? " prom=256 old_prom=0" : " prom=0 old_prom=256")
      field(" auid=", .uid, task.auid)
      field(" uid=", .uid, task.uid)
      field(" gid=", .gid, task.gid)
      segments.text.append(" ses=")
      segments.text.append(decimal: UInt64(task.ses))
    default: break
    }
    end()
  }

  /// kernel/auditsc.c, audit_log_task.
  private mutating func appendTask(_ process: ProcessEvent) {
    let task = process.fixed
    field("auid=", .uid, task.auid)
    field(" uid=", .uid, task.uid)
    field(" gid=", .gid, task.gid)
    segments.text.append(" ses=")
    segments.text.append(decimal: UInt64(task.ses))
    segments.text.append(label: process)
    segments.text.append(" pid=")
    segments.place(.pid)
    segments.text.append(program: process)
  }

  /// kernel/audit.c, audit_log_set_loginuid.
  private mutating func appendLogin(_ event: OwnEvent) {
    let task = event.process.fixed
    segments.text.append("pid=")
    segments.place(.pid)
    field(" uid=", .uid, task.uid)
    segments.text.append(label: event.process)
    field(" old-auid=", .uid, UInt32(truncatingIfNeeded: event.number(3)))
    field(" auid=", .uid, UInt32(truncatingIfNeeded: event.number(0)))
    segments.text.append(terminal: task)
    segments.text.append(" old-ses=")
    segments.text.append(decimal: event.number(4) & 0xffff_ffff)
    segments.text.append(" ses=")
    segments.text.append(decimal: event.number(1) & 0xffff_ffff)
    segments.text.append(event.number(2) != 0 ? " res=1" : " res=0")
  }

  /// kernel/auditsc.c, __audit_fanotify; before Linux 6.3 the answer alone.
  private mutating func appendAnswer(_ event: OwnEvent) {
    let hasRule = event.number(2) != 0
    segments.text.append("resp=")
    segments.text.append(decimal: event.number(0))
    guard event.number(1) != 0 else { return }
    segments.text.append(" fan_type=")
    segments.text.append(decimal: event.number(2))
    segments.text.append(" fan_info=")
    segments.text.append(hex: hasRule ? event.number(3) : 0, letters: UInt8(ascii: "A"))
    segments.text.append(" subj_trust=")
    segments.text.append(decimal: hasRule ? event.number(4) : Self.unknownTrust)
    segments.text.append(" obj_trust=")
    segments.text.append(decimal: hasRule ? event.number(5) : Self.unknownTrust)
  }

  private static let unknownTrust: UInt64 = 2

  /// kernel/bpf/syscall.c, bpf_audit_prog.
  private mutating func appendProgram(_ event: OwnEvent) {
    segments.text.append("prog-id=")
    segments.text.append(decimal: event.number(0))
    segments.text.append(
      event.number(1) == UInt64(PROGRAM_LOAD.rawValue) ? " op=LOAD" : " op=UNLOAD")
  }

  /// kernel/auditsc.c, audit_seccomp.
  private mutating func renderSeccomp(_ event: OwnEvent) {
    let arch = UInt32(truncatingIfNeeded: event.number(1))
    let syscall = Int64(bitPattern: event.number(2))
    appendTask(event.process)
    segments.text.append(" sig=")
    segments.text.append(decimal: event.number(0))
    segments.text.append(" arch=")
    segments.text.append(hex: UInt64(arch))
    segments.text.append(" syscall=")
    segments.text.append(signed: syscall)
    segments.text.append(" compat=")
    segments.text.append(decimal: event.number(3))
    segments.text.append(" ip=0x")
    segments.text.append(hex: event.number(4))
    if event.number(5) != 0 {
      segments.text.append(" code=0x")
      segments.text.append(hex: event.number(6) & 0xffff_ffff)
    }
    if isEnriched {
      segments.interpretIDs(ofSlotsFrom: firstSlot)
      segments.interpret(arch: arch, syscall: Int32(truncatingIfNeeded: syscall), call: 0)
      segments.endInterpretation()
    }
    segments.text.append(UInt8(ascii: "\n"))
  }
}

/// What the kernel says of an interface that enters or leaves promiscuous mode: since Linux 6.4
/// `[DRIVER DEVICE ]NAME[ (STATE)]: entered promiscuous mode`, before that `device NAME left promiscuous mode`.
struct PromiscuousMode {
  let interface: UnsafeRawBufferPointer
  let isEntered: Bool

  init(message: UnsafeRawBufferPointer) {
    let space = UInt8(ascii: " ")
    var words = message[...]
    /// Takes the last word off.
    func pop() -> Slice<UnsafeRawBufferPointer> {
      let start = words.lastIndex(of: space).map { $0 + 1 } ?? words.startIndex
      let word = words[start...]
      words = words[words.startIndex..<max(start - 1, words.startIndex)]
      return word
    }
    _ = pop()
    _ = pop()
    isEntered = pop().elementsEqual("entered".utf8)
    if words.last == UInt8(ascii: ":") { words = words.dropLast() }
    if words.last == UInt8(ascii: ")") { _ = pop() }
    interface = UnsafeRawBufferPointer(rebasing: pop())
  }
}
