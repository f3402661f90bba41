/// What a collector is doing at one moment: the answer to `ps`.
public struct StatusReply: Codable, Equatable, Sendable {
  /// The collector's version.
  public var version: String
  /// How it captures, as `nestaudit doctor` names it.
  public var backend: String
  /// Seconds since the epoch at which it began.
  public var started: Int64
  /// The collector's process.
  public var pid: Int32
  /// Runs of the capture programs that the kernel skipped.
  public var skippedRuns: UInt64
  /// How many entries the kernel's tables have, by name; for the host only.
  public var tables: [String: Int]
  /// Every nested daemon.
  public var daemons: [DaemonStatus]
  /// The host (contid 0) and every known container.
  public var containers: [ContainerStatus]

  /// Makes a reply.
  public init(
    version: String, backend: String, started: Int64, pid: Int32, skippedRuns: UInt64,
    tables: [String: Int] = [:],
    daemons: [DaemonStatus], containers: [ContainerStatus]
  ) {
    self.version = version
    self.backend = backend
    self.started = started
    self.pid = pid
    self.skippedRuns = skippedRuns
    self.tables = tables
    self.daemons = daemons
    self.containers = containers
  }
}

/// A nested daemon.
public struct DaemonStatus: Codable, Equatable, Sendable {
  /// Its name, which is also that of its directory below the log directory.
  public var name: String
  /// Path of its log.
  public var log: String
  /// What it stands for, as scope.conf says it.
  public var scope: String
  /// auditctl's `-e`: 0, 1, or 2 for locked.
  public var enabled: Int
  /// Number of rules.
  public var rules: Int
  /// Records in its log since it began.
  public var written: UInt64
  /// Events that it missed.
  public var lost: UInt64
  /// Records that wait for the disk.
  public var backlog: Int
  /// What has become of its events, since it began.
  public var books: EventBooks

  /// Makes a daemon's line.
  public init(
    name: String, log: String, scope: String, enabled: Int, rules: Int, written: UInt64,
    lost: UInt64, backlog: Int, books: EventBooks = EventBooks()
  ) {
    self.name = name
    self.log = log
    self.scope = scope
    self.enabled = enabled
    self.rules = rules
    self.written = written
    self.lost = lost
    self.backlog = backlog
    self.books = books
  }
}

/// A container, or the host with contid 0.
public struct ContainerStatus: Codable, Equatable, Sendable {
  /// The audit container identifier; 0 is the host.
  public var contid: UInt64
  /// The contid of the container around it; nil where that is the host.
  public var parent: UInt64?
  /// The runtime's name for it.
  public var name: String
  /// What made it; nil for the host.
  public var runtime: String?
  /// The name of its image, where there is one.
  public var image: String?
  /// Its pod.
  public var pod: String?
  /// The namespace of Kubernetes that the pod is in.
  public var namespace: String?
  /// Labels and annotations.
  public var labels: [String: String]
  /// Its root cgroup.
  public var cgroup: String
  /// The daemons that stand for it itself.
  public var daemons: [String]
  /// Why it stands still: `stopped` since a daemon with `-f 2` has lost an event, `waiting` for a backlog; nil if it runs.
  public var frozen: String?
  /// How many processes it has.
  public var pids: Int
  /// What has become of the events that came from it; lost is what some daemon wanted and did not get.
  public var books: EventBooks
  /// Events that were written with a name that nothing confirms.
  public var unconfirmed: UInt64
  /// Events written in which something is missing: it had left the caller's memory before it could be read.
  public var unreadable: UInt64

  /// Makes a container's line.
  public init(
    contid: UInt64, parent: UInt64?, name: String, runtime: String? = nil, image: String? = nil,
    pod: String? = nil, namespace: String? = nil, labels: [String: String] = [:], cgroup: String,
    daemons: [String], frozen: String? = nil, pids: Int, books: EventBooks = EventBooks(),
    unreadable: UInt64 = 0, unconfirmed: UInt64 = 0
  ) {
    self.runtime = runtime
    self.image = image
    self.pod = pod
    self.namespace = namespace
    self.labels = labels
    self.contid = contid
    self.parent = parent
    self.name = name
    self.cgroup = cgroup
    self.daemons = daemons
    self.frozen = frozen
    self.pids = pids
    self.books = books
    self.unconfirmed = unconfirmed
    self.unreadable = unreadable
  }
}
