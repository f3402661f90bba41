public import CNestaudit

/// From an event to the text of its records: rendered once, then assembled for each daemon.
///
/// The order is that of kernel/auditsc.c, audit_log_exit: BPF, which is told at once; SYSCALL, BPRM_FCAPS, EXECVE or
/// another of its own, FD_PAIR, SOCKADDR, OBJ_PID, CWD, PATH, PROCTITLE.
public struct EventRenderer: ~Copyable {
  var segments = Segments()
  /// "audit(SEC.mmm:", what every record's stamp begins with.
  private var stamp = TextBuffer(capacity: 64)
  private var stampedAt: (seconds: Int64, milliseconds: Int) = (.min, 0)
  var plan = PathPlan()
  private var process: ProcessEvent?
  private(set) var targets = Targets.none
  private(set) var isEnriched = false

  /// What is longer has no enriched part: libauparse reads no line of more than 8970 bytes, and counts what goes before
  /// the serial number too (libaudit.h, MAX_AUDIT_MESSAGE_LENGTH).
  private static let longestEnriched = 8970 - 64

  /// Records of the event rendered last, without CONTAINER_ID.
  public private(set) var recordCount = 0

  /// Where each record begins in the segments.
  private struct RecordMark {
    let type: UInt32
    let text: Int
    let slot: Int
  }
  private var marks: [RecordMark] = []

  /// Has rendered nothing yet.
  public init() {}

  // MARK: Names

  /// Settles which names the event has.
  /// - Parameters:
  ///   - loaderName: of an execve, the name of the dynamic loader where it is known.
  ///   - milliseconds: when the event was, since 1970.
  public mutating func plan(
    _ event: SyscallEvent, loaderName: UnsafeRawBufferPointer?, milliseconds: Int64 = 0
  ) {
    plan.make(for: event, loaderName: loaderName, milliseconds: milliseconds)
  }

  /// Tells nothing of names on some filesystems.
  /// - Parameter isLeftOut: tells these by s_magic.
  public mutating func leaveOut(_ isLeftOut: (UInt32) -> Bool) { plan.leaveOut(isLeftOut) }

  /// Has the names say that they were read from the caller's memory, and are confirmed by nothing.
  public mutating func doubtNames() { plan.doubtNames() }

  /// How many names were planned last.
  public var nameCount: Int { plan.count }

  /// A name that was planned last: what it was called, if it led anywhere, its object, and that with the
  /// directories above it.
  @inline(__always)
  public func name(_ index: Int) -> (
    text: UnsafeRawBufferPointer?, object: event_object?, chain: UnsafeBufferPointer<event_link>
  ) {
    let item = plan[index]
    return (item.type == .unknown || item.isQueue ? nil : item.name, item.object, item.chain)
  }

  // MARK: Rendering

  /// Renders an event, with the names that were planned last; what was rendered before is gone.
  /// - Parameters:
  ///   - process: what was last said of its task; must stay valid until the last `assemble`.
  ///   - argv: of an execve, NUL-terminated one behind the other; else empty.
  ///   - targets: of a signal or a ptrace; must stay valid as long as `process`.
  ///   - owns: what the kernel's audit told during the syscall without a rule.
  ///   - requests: of io_uring, that were run in it.
  ///   - seconds: since 1970.
  ///   - milliseconds: 0 to 999.
  ///   - enriched: some daemon's log has names beside the numbers.
  ///   - hasKeptTitles: some daemon goes on with another title of the task.
  public mutating func render(
    _ event: SyscallEvent, process: ProcessEvent, argv: UnsafeRawBufferPointer, targets: Targets,
    owns: OwnEvents = .none, requests: [ToldRequest] = [], seconds: Int64, milliseconds: Int,
    enriched: Bool = false, hasKeptTitles: Bool = false
  ) {
    beginEvent(of: process, seconds, milliseconds, enriched)
    self.targets = targets
    owns.forEach { renderOwn($0) }
    for request in requests { renderRequest(request, process, isAlone: false) }
    renderSyscall(event, process)
    renderGain(event)
    if argv.count > 0 { renderExecve(event, argv) }
    renderSpecials(event)
    if let pair = event.section(SECTION_FD_PAIR, index: 0) { renderPair(pair) }
    // There is one: a later one is put in its place.
    renderAddress(
      requests.last { $0.request.event.section(SECTION_SOCKADDR, index: 0) != nil }?.request.event
        ?? event)
    renderTargets()
    renderNames(event)
    renderTitle(process, isKept: hasKeptTitles)
  }

  /// Renders an event that is one record of the kernel's own, as `render` does.
  public mutating func render(
    _ event: OwnEvent, seconds: Int64, milliseconds: Int, enriched: Bool = false
  ) {
    beginEvent(of: event.process, seconds, milliseconds, enriched)
    renderOwn(event)
  }

  mutating func renderAddress(_ event: SyscallEvent) {
    guard let address = event.section(SECTION_SOCKADDR, index: 0) else { return }
    begin(.sockaddr)
    segments.text.append("saddr=")
    segments.text.append(hexBytes: address)
    if isEnriched { segments.interpret(address: address) }
    end()
  }

  /// CWD and PATH, of the names that were planned.
  mutating func renderNames(_ event: SyscallEvent) {
    if plan.count > 0, let cwd = event.section(SECTION_CWD, index: 0) {
      begin(.cwd)
      segments.text.append("cwd=")
      segments.text.append(untrusted: cwd)
      end()
    }
    renderPaths()
  }

  mutating func beginEvent(
    of process: ProcessEvent, _ seconds: Int64, _ milliseconds: Int, _ enriched: Bool
  ) {
    self.process = process
    targets = .none
    isEnriched = enriched
    segments.removeAll()
    recordCount = 0
    marks.removeAll(keepingCapacity: true)
    if stampedAt.seconds == seconds, stampedAt.milliseconds == milliseconds { return }
    stampedAt = (seconds, milliseconds)
    stamp.removeAll()
    stamp.append(" msg=audit(")
    stamp.append(signed: seconds)
    stamp.append(UInt8(ascii: "."))
    stamp.append(UInt8(ascii: "0") + UInt8(milliseconds / 100))
    stamp.append(UInt8(ascii: "0") + UInt8(milliseconds / 10 % 10))
    stamp.append(UInt8(ascii: "0") + UInt8(milliseconds % 10))
    stamp.append(UInt8(ascii: ":"))
  }

  /// Appends the records for one daemon, each a line of its own.
  /// - Parameters:
  ///   - serial: the daemon's.
  ///   - key: of the rule that matched; nil is (null).
  ///   - chain: contid chain, "4,^2": then CONTAINER_ID goes first and SYSCALL names it.
  ///   - names: of the ids in the view, for the format ENRICHED; nil for RAW.
  ///   - title: by which the daemon goes on to call the task; nil for its own.
  ///   - excluded: types of records that are left out.
  ///   - targets: where those are that a signal goes to.
  public borrowing func assemble(
    view: NamespaceView, serial: UInt64, key: UnsafeRawBufferPointer?,
    chain: UnsafeRawBufferPointer?, names: UnsafePointer<IDNames>? = nil, title: [UInt8]? = nil,
    excluding excluded: RecordTypes = .none, targets chains: TargetChains = .none,
    into text: inout TextBuffer
  ) {
    guard let process else { return }
    if let chain {
      text.append("type=CONTAINER_ID")
      text.append(stamp.bytes)
      text.append(decimal: serial)
      text.append("): record=1 contid=")
      text.append(chain)
      text.append(UInt8(ascii: "\n"))
    }
    if excluded.isEmpty {
      return assemble(
        text: 0..<segments.text.count, slots: 0..<segments.slotCount, process, view: view,
        serial: serial, key: key, isLinked: chain != nil, names: names, title: title, chains,
        into: &text)
    }
    for index in 0..<marks.count where !excluded.contains(marks[index].type) {
      let isLast = index == marks.count - 1
      assemble(
        text: marks[index].text..<(isLast ? segments.text.count : marks[index + 1].text),
        slots: marks[index].slot..<(isLast ? segments.slotCount : marks[index + 1].slot),
        process, view: view, serial: serial, key: key, isLinked: chain != nil, names: names,
        title: title, chains, into: &text)
    }
  }

  /// Which types of records the event rendered last has.
  public var types: RecordTypes {
    var types = RecordTypes.none
    for mark in marks { types.insert(mark.type) }
    return types
  }

  /// Records of the event rendered last that are left when some are left out, without CONTAINER_ID.
  public func recordCount(excluding excluded: RecordTypes) -> Int {
    marks.count { !excluded.contains($0.type) }
  }

  @inline(__always)
  private borrowing func assemble(
    text range: Range<Int>, slots: Range<Int>, _ process: ProcessEvent, view: NamespaceView,
    serial: UInt64, key: UnsafeRawBufferPointer?, isLinked: Bool,
    names: UnsafePointer<IDNames>?, title: [UInt8]?, _ chains: TargetChains,
    into text: inout TextBuffer
  ) {
    let shared = segments.text.bytes
    var copied = range.lowerBound
    var (lineStart, rawEnd) = (0, 0)
    var index = slots.lowerBound
    while index < slots.upperBound {
      let slot = segments.slot(index)
      text.append(UnsafeRawBufferPointer(rebasing: shared[copied..<slot.offset]))
      copied = slot.offset
      switch slot.kind {
      case .serial:
        lineStart = text.count
        text.append(decimal: serial)
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
      case .key: if let key { text.append(untrusted: key) } else { text.append("(null)") }
      case .containerLink: if isLinked { text.append(" record=1") }
      case .targetContainer:
        guard let told = chains.chain(at: Int(slot.value)) else { break }
        text.append("type=CONTAINER_ID")
        text.append(stamp.bytes)
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
        if text.count - lineStart > Self.longestEnriched { text.truncate(to: rawEnd) }
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
    text.append(UnsafeRawBufferPointer(rebasing: shared[copied..<range.upperBound]))
  }

  // MARK: Records

  mutating func begin(_ type: RecordType) {
    begin(type.rawValue) { $0.append(type.name) }
  }

  @inline(__always)
  mutating func begin(_ type: UInt32, named name: (inout TextBuffer) -> Void) {
    marks.append(RecordMark(type: type, text: segments.text.count, slot: segments.slotCount))
    beginLine(name)
  }

  /// OBJ_PID, behind the CONTAINER_ID that it names.
  mutating func beginTarget(_ offset: Int) {
    let type = RecordType.objPid
    marks.append(
      RecordMark(type: type.rawValue, text: segments.text.count, slot: segments.slotCount))
    segments.place(.targetContainer, UInt32(offset))
    beginLine { $0.append(type.name) }
  }

  @inline(__always)
  private mutating func beginLine(_ name: (inout TextBuffer) -> Void) {
    segments.text.append("type=")
    name(&segments.text)
    segments.text.append(stamp.bytes)
    segments.place(.serial)
    segments.text.append("): ")
    recordCount += 1
  }

  /// Number of the first slot of the record at hand.
  var firstSlot: Int { marks[marks.count - 1].slot }

  mutating func end() {
    if isEnriched {
      segments.interpretIDs(ofSlotsFrom: firstSlot)
      segments.endInterpretation()
    }
    segments.text.append(UInt8(ascii: "\n"))
  }
}
