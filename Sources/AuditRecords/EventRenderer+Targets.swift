import CNestaudit

/// OBJ_PID: kernel/auditsc.c, audit_log_pid_context.
extension EventRenderer {
  mutating func renderTargets() {
    for run in 0..<targets.runCount {
      let wanted = targets.run(run)
      var at = 0
      var index = 0
      while index < wanted.upperBound, let target = targets.target(at: at) {
        if index >= wanted.lowerBound { render(target, at: at) }
        index += 1
        at += target.bytes.count
      }
    }
  }

  private mutating func render(_ target: TargetEvent, at offset: Int) {
    begin(.objPid)
    segments.text.append("opid=")
    segments.place(.targetPID, UInt32(offset))
    segments.text.append(" oauid=")
    segments.place(.signedUID, target.fixed.auid)
    segments.text.append(" ouid=")
    segments.place(.signedUID, target.fixed.uid)
    segments.text.append(" oses=")
    segments.text.append(signed: Int64(Int32(bitPattern: target.fixed.ses)))
    if let label = target.label {
      segments.text.append(" obj=")
      segments.text.append(unquoted: label)
    }
    segments.text.append(" ocomm=")
    withUnsafeBytes(of: target.fixed.comm) { segments.text.append(untrusted: $0.untilNUL) }
    end()
  }
}
