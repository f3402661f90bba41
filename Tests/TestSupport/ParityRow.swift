public import Foundation

/// One kind of calls, compared on its own.
public struct ParityRow {
  /// What the table calls them.
  public let calls: String
  /// Who knows the object of every PATH record.
  public let objects: Objects
  /// The outcome.
  public let comparison: Comparison

  /// Who knows the objects behind names.
  public enum Objects: Sendable {
    /// Nobody does, of some.
    case some
    /// They are behind a descriptor, were executed or created.
    case always
    /// With the backend hooks.
    case withHooks
  }

  /// Calls of one kind: their numbers by arch.
  private struct Kind {
    let name: String
    var wide: Set<String> = []
    var narrow: Set<String> = []
    /// If they succeed.
    var objects = Objects.some

    func has(_ event: AuditEvent) -> Bool {
      guard let record = event.syscall, let number = record["syscall"] else { return false }
      return (record["arch"] == "40000003" ? narrow : wide).contains(number)
    }
  }

  private static let kinds = [
    Kind(name: "execve", wide: ["59"], objects: .always),
    Kind(name: "open, openat, creat", wide: ["2", "257", "85"], objects: .always),
    Kind(name: "openat2", wide: ["437"], objects: .always),
    Kind(name: "connect", wide: ["42"], objects: .withHooks),
    Kind(name: "accept, accept4", wide: ["43", "288"]),
    Kind(name: "getsockname, getpeername", wide: ["51", "52"]),
    Kind(name: "sendto, sendmsg, sendmmsg", wide: ["44", "46", "307"]),
    Kind(name: "recvfrom, recvmsg, recvmmsg", wide: ["45", "47", "299"]),
    Kind(name: "bpf", wide: ["321"]),
    Kind(name: "getpriority", wide: ["140"]),
    Kind(name: "unlinkat", wide: ["263"], objects: .withHooks),
    Kind(name: "unlink, rmdir", wide: ["87", "84"], objects: .withHooks),
    Kind(name: "mkdir, mknod", wide: ["83", "258", "133", "259"], objects: .withHooks),
    Kind(name: "link, symlink", wide: ["86", "88", "265", "266"], objects: .withHooks),
    Kind(name: "rename", wide: ["82", "264", "316"], objects: .withHooks),
    Kind(
      name: "chmod, chown, truncate, utimensat",
      wide: ["90", "268", "92", "94", "260", "76", "280"],
      objects: .withHooks),
    Kind(
      name: "stat, access, readlink, …",
      wide: ["4", "6", "21", "89", "137", "254", "262", "267", "269", "301", "303", "332", "439"],
      objects: .withHooks),
    Kind(
      name: "utime, utimes, futimesat, …", wide: ["132", "235", "261", "452", "468"],
      objects: .withHooks),
    Kind(
      name: "getxattr, setxattr, …",
      wide: [
        "188", "189", "191", "192", "194", "195", "197", "198", "463", "464", "465", "466",
      ], objects: .withHooks),
    Kind(
      name: "fchmod, fchown, fgetxattr, …", wide: ["91", "93", "190", "193", "196", "199"]),
    Kind(
      name: "mount, umount2, pivot_root, …",
      wide: ["155", "161", "163", "165", "166", "167", "168", "428", "429", "433", "442", "467"],
      objects: .withHooks),
    Kind(name: "init_module, delete_module, …", wide: ["175", "176", "313"]),
    Kind(name: "kill", wide: ["62"]),
    Kind(name: "tkill, tgkill", wide: ["200", "234"]),
    Kind(name: "sigqueue, pidfd_send_signal", wide: ["129", "297", "424"]),
    Kind(name: "ptrace", wide: ["101"]),
    Kind(name: "pipe, pipe2, socketpair", wide: ["22", "293", "53"]),
    Kind(name: "mmap", wide: ["9"]),
    Kind(name: "capset", wide: ["126"]),
    Kind(name: "mq_open", wide: ["240"], objects: .always),
    Kind(name: "mq_unlink", wide: ["241"], objects: .withHooks),
    Kind(name: "mq_timedsend, mq_timedreceive", wide: ["242", "243"], objects: .always),
    Kind(name: "mq_notify, mq_getsetattr", wide: ["244", "245"]),
    Kind(name: "shmget, shmat, shmctl", wide: ["29", "30", "31"]),
    Kind(name: "semget, semop, semctl", wide: ["64", "65", "66", "220"]),
    Kind(name: "msgget, msgsnd, msgrcv, msgctl", wide: ["68", "69", "70", "71"]),
    Kind(name: "adjtimex, settimeofday, …", wide: ["159", "164", "227", "305"]),
    Kind(name: "chdir", wide: ["80"]),
    Kind(name: "32-bit: pipe, pipe2, socketpair", narrow: ["42", "331", "360"]),
    Kind(name: "32-bit: mmap, mmap2", narrow: ["90", "192"]),
    Kind(name: "32-bit: socketcall, sendmsg", narrow: ["102", "370"]),
    Kind(name: "32-bit: openat2", narrow: ["437"], objects: .always),
    Kind(name: "32-bit: capset", narrow: ["185"]),
    Kind(
      name: "32-bit: mq_open, mq_timedsend, …",
      narrow: ["277", "279", "280", "281", "282", "418"], objects: .always),
    Kind(name: "32-bit: mq_unlink", narrow: ["278"], objects: .withHooks),
    Kind(
      name: "32-bit: ipc, shmget, …",
      narrow: ["117", "393", "394", "395", "396", "397", "399", "400", "401", "402", "420"]),
    Kind(
      name: "32-bit: adjtimex, stime, …",
      narrow: ["25", "79", "124", "264", "343", "404", "405"]),
    Kind(name: "32-bit: chdir", narrow: ["12"]),
    Kind(
      name: "32-bit: mknod, link, rename, …",
      narrow: ["9", "10", "14", "38", "39", "40", "301", "304"], objects: .withHooks),
    Kind(
      name: "32-bit: stat64, chmod, getxattr, …",
      narrow: [
        "15", "30", "33", "92", "99", "193", "195", "196", "226", "227", "229", "230", "232", "233",
        "235", "236", "271", "299", "300", "305", "306", "307", "320", "383", "412",
      ], objects: .withHooks),
  ]

  /// The records that the table has columns for.
  private static let columns: [(name: String, types: [String])] = [
    ("SYSCALL", ["SYSCALL"]),
    (
      "its own",
      [
        "EXECVE", "OPENAT2", "MMAP", "CAPSET", "SOCKETCALL", "MQ_OPEN", "MQ_SENDRECV", "MQ_NOTIFY",
        "MQ_GETSETATTR", "BPRM_FCAPS", "BPF", "IPC", "IPC_SET_PERM", "TIME_ADJNTPVAL",
        "TIME_INJOFFSET", "KERN_MODULE",
      ]
    ),
    ("FD_PAIR", ["FD_PAIR"]), ("SOCKADDR", ["SOCKADDR"]), ("OBJ_PID", ["OBJ_PID"]),
    ("CWD", ["CWD"]), ("PATH", ["PATH"]), ("PROCTITLE", ["PROCTITLE"]),
  ]

  /// Compares each kind in logs of its own below `area`; what is of no kind must not be there.
  /// `ignored` names the fields of a kind's records that are not compared.
  public static func all(
    reference: [AuditEvent], candidate: [AuditEvent], in area: URL,
    ignoring ignored: (_ syscall: String) -> [String] = { _ in [] }
  ) throws -> [ParityRow] {
    var rows: [ParityRow] = []
    var compared = 0
    for kind in kinds {
      for success in ["yes", "no"] {
        let isOfKind = { (event: AuditEvent) in
          kind.has(event) && event.syscall?["success"] == success
        }
        guard reference.contains(where: isOfKind) || candidate.contains(where: isOfKind) else {
          continue
        }
        let comparison = try Comparison(
          "\(rows.count)-\(success)", reference: reference.filter(isOfKind),
          candidate: candidate.filter(isOfKind), in: area, ignoring: ignored(kind.name))
        compared += comparison.events.total
        rows.append(
          ParityRow(
            calls: success == "yes" ? kind.name : "\(kind.name), failed",
            objects: success == "yes" ? kind.objects : .some, comparison: comparison))
      }
    }
    guard compared == reference.count else {
      throw SupportError("\(reference.count - compared) events are of no kind")
    }
    return rows
  }

  /// A table in Markdown, with a sum.
  public static func table(of rows: [ParityRow]) -> String {
    var text = "| calls | \(columns.map(\.name).joined(separator: " | ")) "
    text += "| whole events | missing | extra |\n"
    text += "|---|" + String(repeating: "---|", count: columns.count + 3) + "\n"
    for row in rows {
      text += line(of: row.calls, [row])
    }
    text += line(of: "**all**", rows) + "\n"
    let events = Comparison.Share.sum(of: rows.map(\.comparison.events))
    let share = 100 * Double(events.identical) / Double(max(events.total, 1))
    return text + String(format: "Identical in every record and field: %.1f %%.\n", share)
  }

  private static func line(of calls: String, _ rows: [ParityRow]) -> String {
    let cells = columns.map { column in
      Comparison.Share.sum(
        of: column.types.flatMap { type in rows.compactMap { $0.comparison.records[type] } }
      )
      .description
    }
    let events = Comparison.Share.sum(of: rows.map(\.comparison.events))
    let missing = rows.reduce(0) { $0 + $1.comparison.missing }
    let extra = rows.reduce(0) { $0 + $1.comparison.extra }
    return "| \(calls) | \(cells.joined(separator: " | ")) | \(events) | \(missing) | \(extra) |\n"
  }
}
