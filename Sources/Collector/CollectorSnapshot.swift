/// What the collector is doing, at one moment.
public struct CollectorSnapshot: Sendable {
  /// A nested daemon.
  public struct Daemon: Sendable {
    /// Of the daemon's instance: what `tail` is given.
    public let name: String
    /// Path of its log.
    public let log: String
    /// What it stands for, as scope.conf says it.
    public let scope: String
    /// auditctl's `-e`: 0, 1, or 2 for locked.
    public let enabled: Int
    /// How many rules it has.
    public let rules: Int
    /// Records in its log since it began.
    public let written: UInt64
    /// Events that it missed.
    public let lost: UInt64
    /// Records that wait for the disk.
    public let backlog: Int
    /// What has become of its events, since it began.
    public let books: BooksSnapshot
  }

  /// Why a container stands still.
  public enum Standstill: String, Sendable {
    /// A daemon with `-f 2` has lost an event: until somebody thaws it.
    case stopped
    /// A daemon with `--backlog_wait_time` has no room for more: until it has.
    case waiting
  }

  /// A container, or the host with contid 0.
  public struct Container: Sendable {
    /// The id of its root cgroup; 0 for the host.
    public let contid: UInt64
    /// The contid of the container around it; nil if it stands on the host.
    public let outer: UInt64?
    /// What it is called; `host` for the host.
    public let name: String
    /// What made it; nil for the host.
    public let runtime: String?
    /// The name of its image, where there is one.
    public let image: String?
    /// Its pod, and below the namespace that this is in.
    public let pod: String?
    /// Of Kubernetes.
    public let namespace: String?
    /// Labels and annotations.
    public let labels: [String: String]
    /// The path of its root cgroup.
    public let cgroup: String
    /// The daemons that stand for it itself.
    public let daemons: [String]
    /// Why it stands still; nil if the collector has not frozen it.
    public let frozen: Standstill?
    /// How many run in it and in what it contains.
    public let processes: Int
    /// What has become of the events that came from it; lost is what some daemon wanted and did not get.
    public let books: BooksSnapshot
    /// Events that were written with a name that nothing confirms.
    public let unconfirmed: UInt64
    /// Events written in which something is missing: it had left the caller's memory.
    public let unreadable: UInt64
  }

  /// As a container sees it that has a log of its own: of what is in it, nothing of where that is.
  /// - Parameter names: of its daemons and those nested in it, as it may see them.
  func seen(
    from contid: UInt64, at cgroup: String, names: [String: String], in scope: NameScope
  ) -> CollectorSnapshot {
    CollectorSnapshot(
      backend: backend,
      daemons: daemons.compactMap { daemon in
        names[daemon.name].map { daemon.withoutPlace(named: $0) }
      },
      containers: containers.map { $0.seen(from: contid, at: cgroup, names: names, in: scope) },
      skippedRuns: 0, tables: [:])
  }

  /// How files behind names are known.
  public let backend: String
  /// By name.
  public let daemons: [Daemon]
  /// The host first.
  public let containers: [Container]
  /// Runs of our programs that the kernel skipped; what they would have captured is not known.
  public let skippedRuns: UInt64
  /// How many entries the kernel's tables have, by name.
  public let tables: [String: Int]
}

extension CollectorSnapshot.Daemon {
  /// Where its log is, and what else it might stand for, is the host's business.
  fileprivate func withoutPlace(named name: String) -> Self {
    Self(
      name: name, log: "", scope: "", enabled: enabled, rules: rules, written: written, lost: lost,
      backlog: backlog, books: books)
  }
}

extension CollectorSnapshot.Container {
  /// To itself a container looks like a host.
  fileprivate func seen(
    from viewer: UInt64, at root: String, names: [String: String], in scope: NameScope
  ) -> Self {
    let isOwn = contid == viewer
    return Self(
      contid: isOwn ? 0 : contid, outer: isOwn || outer == viewer ? nil : outer,
      name: scope.seen(name),
      // What the orchestrator says of it may be of other places.
      runtime: runtime, image: image, pod: nil, namespace: nil, labels: [:],
      cgroup: isOwn ? "/" : String(decoding: cgroup.utf8.dropFirst(root.utf8.count), as: UTF8.self),
      daemons: daemons.compactMap { names[$0] }, frozen: frozen,
      processes: processes, books: books, unconfirmed: unconfirmed,
      unreadable: unreadable)
  }
}

/// Why the collector cannot work, in one line with the cure.
public struct CollectorError: Error, CustomStringConvertible {
  /// What failed, and the cure, in one line.
  public let description: String

  init(_ description: String) { self.description = description }
}
