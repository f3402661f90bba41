public import CNestaudit

/// From an event to the text of its records: rendered once, then assembled for each daemon.
///
/// The order is that of kernel/auditsc.c, audit_log_exit: BPF, which is told at once; SYSCALL, BPRM_FCAPS, EXECVE or
/// another of its own, FD_PAIR, SOCKADDR, OBJ_PID, CWD, PATH, PROCTITLE.
public struct EventRenderer: ~Copyable {
  var segments = Segments()
  /// Of the event rendered last.
  var lines = TwinLines()
  var heads = RecordHeads()
  var plan = PathPlan()
  private(set) var process: ProcessEvent?
  private(set) var targets = Targets.none
  private(set) var isEnriched = false

  /// Records of the event rendered last, without CONTAINER_ID.
  public var recordCount: Int { marks.count }

  /// Where each record begins in the segments.
  struct RecordMark {
    let type: UInt32
    let text: Int
    let slot: Int
  }
  private(set) var marks = FlatArray<RecordMark>(capacity: 16)

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
    lines.removeAll()
    isEnriched = enriched
    segments.removeAll()
    marks.removeAll()
    heads.set(seconds: seconds, milliseconds: milliseconds)
  }

  /// Which types of records the event rendered last has.
  public var types: RecordTypes {
    var types = RecordTypes.none
    for index in 0..<marks.count { types.insert(marks[index].type) }
    return types
  }

  /// Records of the event rendered last that are left when some are left out, without CONTAINER_ID.
  public func recordCount(excluding excluded: RecordTypes) -> Int {
    var left = 0
    for index in 0..<marks.count where !excluded.contains(marks[index].type) { left += 1 }
    return left
  }

  // MARK: Records

  mutating func begin(_ type: RecordType) {
    mark(type.rawValue)
    heads.append(type, to: &segments.text)
    beginFields()
  }

  /// Likewise, of a type that only programs' messages have.
  mutating func begin(_ type: UInt32, named name: (inout TextBuffer) -> Void) {
    mark(type)
    segments.text.append("type=")
    name(&segments.text)
    segments.text.append(heads.stamp)
    beginFields()
  }

  /// OBJ_PID, behind the CONTAINER_ID that it names.
  mutating func beginTarget(_ offset: Int) {
    mark(RecordType.objPid.rawValue)
    segments.place(.targetContainer, UInt32(offset))
    heads.append(.objPid, to: &segments.text)
    beginFields()
  }

  @inline(__always)
  private mutating func mark(_ type: UInt32) {
    marks.append(RecordMark(type: type, text: segments.text.count, slot: segments.slotCount))
  }

  @inline(__always)
  private mutating func beginFields() {
    segments.place(.serial)
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
