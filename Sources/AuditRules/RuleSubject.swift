/// What rules are asked about: one event, as the daemon sees it.
public struct RuleSubject {
  /// AUDIT_ARCH_X86_64 or AUDIT_ARCH_I386.
  public var arch: UInt32
  /// Its number in that arch.
  public var syscall: Int32
  /// What it returned; -4095 to -1 is an errno.
  public var result: Int64
  /// False for a syscall that does not return.
  public var hasResult: Bool
  public var a0, a1, a2, a3: UInt64
  /// Ids in the daemon's view.
  public var pid, ppid, uid, euid, suid, fsuid, gid, egid, sgid, fsgid, auid, ses, pers: UInt32
  /// Supplementary groups in the daemon's view.
  public var groups: UnsafeBufferPointer<UInt32>
  /// The files that it is about.
  public var paths: UnsafeBufferPointer<RulePath>

  /// An event without paths yet.
  public init(
    arch: UInt32, syscall: Int32, result: Int64, hasResult: Bool, a0: UInt64, a1: UInt64,
    a2: UInt64, a3: UInt64, pid: UInt32, ppid: UInt32, uid: UInt32, euid: UInt32, suid: UInt32,
    fsuid: UInt32, gid: UInt32, egid: UInt32, sgid: UInt32, fsgid: UInt32, auid: UInt32,
    ses: UInt32, pers: UInt32, groups: UnsafeBufferPointer<UInt32>,
    paths: UnsafeBufferPointer<RulePath>
  ) {
    self.arch = arch
    self.syscall = syscall
    self.result = result
    self.hasResult = hasResult
    self.a0 = a0
    self.a1 = a1
    self.a2 = a2
    self.a3 = a3
    self.pid = pid
    self.ppid = ppid
    self.uid = uid
    self.euid = euid
    self.suid = suid
    self.fsuid = fsuid
    self.gid = gid
    self.egid = egid
    self.sgid = sgid
    self.fsgid = fsgid
    self.auid = auid
    self.ses = ses
    self.pers = pers
    self.groups = groups
    self.paths = paths
  }
}

/// One path of an event.
public struct RulePath {
  /// Absolute, without `.` and `..`; empty where only the object is known.
  public var name: UnsafeRawBufferPointer
  /// The object behind it; `ino` 0 is not known.
  public var dev: UInt32
  /// Its inode; 0 where it is not known.
  public var ino: UInt64

  /// A path with the object behind it.
  public init(name: UnsafeRawBufferPointer, dev: UInt32, ino: UInt64) {
    self.name = name
    self.dev = dev
    self.ino = ino
  }
}

/// Where a watched path is; `ino` 0 is not known.
public struct WatchObject: Sendable, Equatable {
  /// The device, major << 20 | minor.
  public var dev: UInt32
  /// Its inode; 0 where it is not known.
  public var ino: UInt64

  /// An object by device and inode.
  public init(dev: UInt32, ino: UInt64) {
    self.dev = dev
    self.ino = ino
  }
}

/// What a ruleset says of an event.
public enum RuleVerdict: Equatable, Sendable {
  case noMatch
  case never
  /// `rule` by its place in the ruleset.
  case always(rule: Int)
}
