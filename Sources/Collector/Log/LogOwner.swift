internal import Containers
import Glibc

/// Whose a container's log is: the file `container` beside it, `key = value` lines.
struct LogOwner: Equatable {
  var name: String
  var runtime: String
  var id: String
  var contid: UInt64
  /// The boot that the contid is of (/proc/sys/kernel/random/boot_id).
  var boot: String
  /// The daemon of the configuration.
  var daemon: String
  /// Seconds since 1970; it began then, …
  var started: Int64
  /// … and ended then; nil while it runs.
  var ended: Int64?
  /// Its daemon is one for cgroups of its path: whatever is made there again is the same to it. No file tells it.
  var isNamedByCgroup = false

  private static let thisBoot: String =
    (try? TextFile.read("/proc/sys/kernel/random/boot_id"))?.split(separator: "\n").first
    .map(String.init) ?? ""

  init(_ container: Container, daemon: String, isNamedByCgroup: Bool = false) {
    self.isNamedByCgroup = isNamedByCgroup
    name = container.name
    runtime = (container.metadata?.runtime ?? Runtime.cgroup).rawValue
    id = container.runtimeID
    contid = container.number
    boot = Self.thisBoot
    self.daemon = daemon
    started = Int64(time(nil))
  }

  /// The owner that a file tells; nil if it tells none.
  init?(_ text: String, file: String) {
    guard
      let values = try? KeyValueFile(
        text, file: file,
        known: ["name", "runtime", "id", "contid", "boot", "daemon", "started", "ended"]),
      let contid = values["contid"].flatMap({ UInt64($0.value) }),
      let started = values["started"].flatMap({ Int64($0.value) })
    else { return nil }
    name = values["name"]?.value ?? ""
    runtime = values["runtime"]?.value ?? ""
    id = values["id"]?.value ?? ""
    boot = values["boot"]?.value ?? ""
    daemon = values["daemon"]?.value ?? ""
    self.contid = contid
    self.started = started
    ended = values["ended"].flatMap { Int64($0.value) }
  }

  /// What the file says.
  var text: String {
    var lines = [
      "name = \(name)", "runtime = \(runtime)", "id = \(id)", "contid = \(contid)",
      "boot = \(boot)", "daemon = \(daemon)", "started = \(started)",
    ]
    if let ended { lines.append("ended = \(ended)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Whether the other one, which is there now, is the same container, perhaps started again: its id then says so, where
  /// its runtime gives no id twice or the container stays when it does not run.
  func isSame(as other: LogOwner) -> Bool {
    // A number that is declared again is another's.
    if runtime == Runtime.declared.rawValue { return false }
    if contid == other.contid, boot == other.boot, name == other.name { return true }
    guard runtime == other.runtime, id == other.id, name == other.name else { return false }
    // A container that was gone before its runtime was found is such a cgroup, too, and the next of its name another.
    if runtime == Runtime.cgroup.rawValue { return other.isNamedByCgroup }
    return Self.keepsMachines.contains(runtime) || id.utf8.count == 64
  }

  private static let keepsMachines = [Runtime.lxc, .nspawn].map(\.rawValue)
}
