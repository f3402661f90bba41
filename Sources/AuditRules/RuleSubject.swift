public import CNestaudit

/// What rules are asked about: one event, as the daemon sees it.
public struct RuleSubject {
  /// AUDIT_ARCH_X86_64 or AUDIT_ARCH_I386.
  public var arch: UInt32 = 0
  /// Its number in that arch.
  public var syscall: Int32 = -1
  /// What it returned; -4095 to -1 is an errno.
  public var result: Int64 = 0
  /// False for a syscall that does not return.
  public var hasResult = false
  /// Its first arguments.
  public var a0, a1, a2, a3: UInt64
  /// The flags of an openat2, whose arguments do not have them.
  public var openFlags: UInt64 = 0
  /// sa_family of the address that was given; nil if none was.
  public var addressFamily: UInt16?

  /// Ids in the daemon's view; auid and ses are 4294967295 where they are unset.
  public var pid, ppid, uid, euid, suid, fsuid, gid, egid, sgid, fsgid, auid, ses, pers: UInt32
  /// Supplementary groups in the daemon's view.
  public var groups = UnsafeBufferPointer<UInt32>(start: nil, count: 0)
  /// The task's container and those around it, as far as the view goes; innermost first.
  public var contids = UnsafeBufferPointer<UInt64>(start: nil, count: 0)
  /// The program that the task runs.
  public var executable = Executable()
  /// What PATH records would be about, in their order.
  public var names = UnsafeBufferPointer<RuleName>(start: nil, count: 0)

  /// Nothing is known yet.
  public init() {
    (a0, a1, a2, a3) = (0, 0, 0, 0)
    (pid, ppid, pers) = (0, 0, 0)
    (uid, euid, suid, fsuid) = (0, 0, 0, 0)
    (gid, egid, sgid, fsgid) = (0, 0, 0, 0)
    (auid, ses) = (.max, .max)
  }

  /// Is what a task is, and nothing that it did.
  public mutating func forgetSyscall() {
    (arch, syscall, result, hasResult) = (0, -1, 0, false)
    (a0, a1, a2, a3) = (0, 0, 0, 0)
    openFlags = 0
    addressFamily = nil
  }
}

/// One name of an event, and the object behind it (kernel/audit.h, struct audit_names).
public struct RuleName {
  /// Absolute, without `.` and `..`, in the root of the task; empty where that is not the daemon's own.
  public var text = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Whether the numbers below hold.
  public var hasObject = false
  /// Another task may have put another object in its place: the text counts too.
  public var isDoubtful = false
  /// Its device, major << 20 | minor.
  public var dev: UInt32 = 0
  /// Its inode.
  public var ino: UInt64 = 0
  /// Of a device file.
  public var rdev: UInt32 = 0
  /// Type and permissions.
  public var mode: UInt32 = 0
  /// Owner, in the daemon's view.
  public var uid: UInt32 = 0
  /// Group, in the daemon's view.
  public var gid: UInt32 = 0
  /// s_magic of the filesystem.
  public var filesystem: UInt32 = 0
  /// The object and the directories above it, on its device; nearest first.
  public var chain = UnsafeBufferPointer<event_link>(start: nil, count: 0)

  /// Without an object.
  public init() {}
}

/// A program's file, and where it is.
public struct Executable: Sendable, Equatable {
  /// The device, major << 20 | minor.
  public var dev: UInt32 = 0
  /// Its inode; 0 if there is none.
  public var ino: UInt64 = 0
  /// Inode of its directory; 0 where that is not known.
  public var directory: UInt64 = 0
  /// watch_fingerprint() of its name there; 0 if it has none any more.
  public var name: UInt64 = 0

  /// None.
  public init() {}
}

/// What is at a path of a rule now: the file by its device and inode, and the path's last name in its directory.
public struct WatchObject: @unchecked Sendable {
  /// The device, major << 20 | minor.
  public var dev: UInt32 = 0
  /// Its inode; 0 if nothing is there.
  public var ino: UInt64 = 0
  /// It is a directory.
  public var isDirectory = false
  /// Nobody could look: the container's processes had ended before. Names tell it by their text.
  public var isLost = false
  /// The device of the directory that it is in, or would be.
  public var directoryDev: UInt32 = 0
  /// Its inode; 0 if the name cannot be told by it: there is none, or something is mounted at the path.
  public var directory: UInt64 = 0
  /// watch_fingerprint() of the last name of the path.
  public var name: UInt64 = 0
  /// Roots of what is mounted below it, if what is below is asked for; whoever made it frees it.
  public var mounts = UnsafeBufferPointer<MountRoot>(start: nil, count: 0)

  /// The root of something that is mounted.
  public struct MountRoot: Sendable, Equatable {
    /// The device, major << 20 | minor.
    public let dev: UInt32
    /// Its inode.
    public let ino: UInt64

    /// A root by device and inode.
    public init(dev: UInt32, ino: UInt64) {
      self.dev = dev
      self.ino = ino
    }
  }

  /// Nothing.
  public init() {}

  /// A file by device and inode.
  public init(dev: UInt32, ino: UInt64, isDirectory: Bool = false) {
    self.dev = dev
    self.ino = ino
    self.isDirectory = isDirectory
  }
}

/// What a ruleset says of an event.
public enum RuleVerdict: Equatable, Sendable {
  case noMatch
  case never
  /// `rule` by its place in the ruleset; `key` is the rule whose key the records bear, -1 if none has one.
  case always(rule: Int, key: Int)
}

/// What the task list said when a task was made.
public enum ForkVerdict: Equatable, Sendable {
  case none
  case never
  /// Every syscall is recorded, whatever the exit list says.
  case always(rule: Int)
}
