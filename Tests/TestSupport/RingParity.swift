public import Foundation

/// Requests of io_uring, as the kernel's audit tells them and as a daemon does.
///
/// What a worker runs the kernel's audit tells without names: it keeps them for the task that has submitted the
/// request (`docs/parity.md`). Of such events, and of those in which one was only tried, nothing but URINGOP is compared.
public struct RingParity {
  /// What `Workload` asks the kernel's audit for by its part `ring-rule`, with the key `ring`: auditctl knows that
  /// list since 3.1 alone.
  public static let rules = """
    -a always,io_uring -S sendmsg,recvmsg,accept,connect,fallocate,openat,close,openat2,shutdown,renameat,unlinkat \
    -S mkdirat,symlinkat,linkat,fsetxattr,setxattr,fgetxattr,getxattr,ftruncate -F uid=\(Workload.uid) -k ring

    """

  /// Requests that were run to their end in a syscall: with all records.
  public let done: Comparison
  /// Those that could not go on there: URINGOP and SYSCALL.
  public let tried: Comparison
  /// Those of workers and of threads that poll: URINGOP.
  public let alone: Comparison

  /// Compares the events with the key `ring`.
  public init(reference: [AuditEvent], candidate: [AuditEvent], in area: URL) throws {
    func pick(_ isPicked: (AuditEvent) -> Bool, _ types: Set<String>?) -> [[AuditEvent]] {
      [reference, candidate].map { log in
        log.filter { $0.first("URINGOP")?["key"] == "ring" && isPicked($0) }
          .map { event in
            types.map { types in event.dropping { !types.contains($0.type) } } ?? event
          }
      }
    }
    func isTried(_ event: AuditEvent) -> Bool {
      event.records.contains { $0.type == "URINGOP" && $0["success"] == "no" }
    }
    let done = pick({ $0.syscall != nil && !isTried($0) }, nil)
    self.done = try Comparison("ring-done", reference: done[0], candidate: done[1], in: area)
    let tried = pick({ $0.syscall != nil && isTried($0) }, ["URINGOP", "SYSCALL"])
    self.tried = try Comparison(
      "ring-tried", reference: tried[0], candidate: tried[1], in: area,
      ignoring: ["URINGOP.items", "SYSCALL.items"])
    let alone = pick({ $0.syscall == nil }, ["URINGOP"])
    self.alone = try Comparison(
      "ring-alone", reference: alone[0], candidate: alone[1], in: area,
      ignoring: ["URINGOP.items"])
  }

  /// All three.
  public var all: [Comparison] { [done, tried, alone] }

  /// How many records are identical, in Markdown.
  public var table: String {
    RecordTable([
      ("done in the syscall", [done]), ("tried there", [tried]), ("events of their own", [alone]),
    ]).text
  }
}
