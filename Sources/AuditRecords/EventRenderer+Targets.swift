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
    beginTarget(offset)
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
    segments.place(.targetLink, UInt32(offset))
    end()
  }
}

/// In which container each target of an event is, as one daemon sees it.
public struct TargetChains: Sendable {
  private var chains: [(offset: Int, chain: String)] = []

  /// Of no target.
  public static let none = TargetChains()

  private init() {}

  /// - Parameter chain: of a target's contid in the event, as records have it: "4,^2"; nil for none that the daemon sees.
  public init(_ targets: Targets, chain: (UInt64) -> String?) {
    var at = 0
    while let target = targets.target(at: at) {
      if let chain = chain(target.fixed.contid) { chains.append((at, chain)) }
      at += target.bytes.count
    }
  }

  /// How many records tell of it.
  public var count: Int { chains.count }

  /// The number of a target's among these, and what it says; nil if there is none.
  func chain(at offset: Int) -> (index: Int, chain: String)? {
    for (index, known) in chains.enumerated() where known.offset == offset {
      return (index, known.chain)
    }
    return nil
  }
}
