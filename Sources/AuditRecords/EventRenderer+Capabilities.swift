import CNestaudit

/// File capabilities: cap_* in PATH, and BPRM_FCAPS.
extension EventRenderer {
  /// Whether the capabilities of some name that was planned last have to be asked for.
  public var asksForCapabilities: Bool {
    (0..<plan.count).contains { asksForCapabilities(ofName: $0) }
  }

  /// Whether those of this name have to be.
  @inline(__always)
  public func asksForCapabilities(ofName index: Int) -> Bool {
    if case .asked = plan[index].capabilities { return true }
    return false
  }

  /// What leads to the file of a name that was planned last: nil if it is a descriptor.
  public func way(toName index: Int) -> UnsafeRawBufferPointer? { plan[index].name }

  /// Says what was answered; nil if nothing was.
  public mutating func setCapabilities(_ found: FileCapabilities?, ofName index: Int) {
    plan.setCapabilities(found.map { .told($0) } ?? .unknown, of: index)
  }

  /// kernel/auditsc.c, audit_log_fcaps
  mutating func append(_ capabilities: KnownCapabilities) {
    guard case .told(let file) = capabilities else {
      segments.text.append(" cap_fe=? cap_fver=? cap_fp=? cap_fi=?")
      return
    }
    if file == .none {
      segments.text.append(" cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=")
    } else {
      append(set: " cap_fp=", file.permitted)
      append(set: " cap_fi=", file.inheritable)
      segments.text.append(" cap_fe=")
      segments.text.append(file.isEffective ? "1" : "0")
      segments.text.append(" cap_fver=")
      segments.text.append(hex: UInt64(file.version))
      segments.text.append(" cap_frootid=")
    }
    segments.place(.rootID, file.rootID)
  }

  /// kernel/auditsc.c, __audit_log_bprm_fcaps: what an exec has gained, and from which file.
  mutating func renderGain(_ event: SyscallEvent) {
    guard let data = event.section(SECTION_EXEC_CAPS, index: 0),
      data.count >= MemoryLayout<event_exec_caps>.size
    else { return }
    let gain = data.loadUnaligned(as: event_exec_caps.self)
    let file = plan.executedCapabilities
    if gain.gain == GAIN_WITH_FILE.rawValue {
      guard case .told(let file) = file, file.version != 0 else { return }
    }
    begin(.bprmFcaps)
    if case .told(let file) = file {
      segments.text.append("fver=")
      segments.text.append(hex: UInt64(file.version))
      append(set: " fp=", file.permitted)
      append(set: " fi=", file.inheritable)
      segments.text.append(" fe=")
      segments.text.append(file.isEffective ? "1" : "0")
    } else {
      segments.text.append("fver=? fp=? fi=? fe=?")
    }
    append(set: " old_pp=", gain.before.permitted)
    append(set: " old_pi=", gain.before.inheritable)
    append(set: " old_pe=", gain.before.effective)
    append(set: " old_pa=", gain.before.ambient)
    append(set: " pp=", gain.after.permitted)
    append(set: " pi=", gain.after.inheritable)
    append(set: " pe=", gain.after.effective)
    append(set: " pa=", gain.after.ambient)
    if case .told(let file) = file {
      segments.text.append(" frootid=")
      segments.place(.rootID, file.rootID)
    } else {
      segments.text.append(" frootid=?")
    }
    end()
  }

  /// kernel/audit.c, audit_log_cap: an empty set is one digit.
  private mutating func append(set name: StaticString, _ set: UInt64) {
    segments.text.append(name)
    segments.text.append(hex: set, width: set == 0 ? 1 : 16)
  }
}
