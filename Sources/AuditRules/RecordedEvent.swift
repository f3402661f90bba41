/// What the records of one syscall's event tell, as far as rules ask; what they leave open is nil.
public struct RecordedEvent: Sendable {
  /// AUDIT_ARCH_X86_64 or AUDIT_ARCH_I386.
  public var arch: UInt32
  /// Its number in that arch.
  public var syscall: Int32
  /// What it returned; nil for a syscall that does not return.
  public var result: Int64?
  /// a0 to a3.
  public var arguments: [UInt64?] = [nil, nil, nil, nil]
  /// Ids by the names of the rules' fields: `pid`, `auid`, `sessionid`, `pers` …
  public var numbers: [String: UInt32] = [:]
  /// The flags of an openat2.
  public var openFlags: UInt64?
  /// sa_family of the address that was given.
  public var addressFamily: UInt16?
  /// The chain of CONTAINER_ID, innermost first; empty for the view's own tasks.
  public var contids: [UInt64] = []
  /// Path of the program in the daemon's root; nil where it is not told, or is a path of another root.
  public var executable: String?
  /// The PATH items by their number; nil where the records lack one.
  public var names: [RecordedName?] = []
  /// The key that the records bear: the inner nil is none.
  public var key: [UInt8]??

  /// Of a syscall of which nothing else is told yet.
  public init(arch: UInt32, syscall: Int32) {
    self.arch = arch
    self.syscall = syscall
  }
}

/// One PATH item.
public struct RecordedName: Sendable, Equatable {
  /// What rules compare with their paths.
  public enum Text: Sendable, Equatable {
    /// Absolute, without `.` and `..`.
    case path([UInt8])
    /// There is none: the name led nowhere, or it is one of another root.
    case none
    /// It begins at a directory that the records do not name.
    case untold
  }

  /// What it led to.
  public struct Object: Sendable, Equatable {
    /// The device, major << 20 | minor.
    public var dev: UInt32
    /// Its inode.
    public var ino: UInt64
    /// Of a device file.
    public var rdev: UInt32
    /// Type and permissions.
    public var mode: UInt32
    /// Owner and group as the daemon sees them.
    public var uid, gid: UInt32

    /// An object.
    public init(
      dev: UInt32, ino: UInt64, rdev: UInt32 = 0, mode: UInt32 = 0, uid: UInt32 = 0,
      gid: UInt32 = 0
    ) {
      (self.dev, self.ino, self.rdev, self.mode, self.uid, self.gid) = (
        dev, ino, rdev, mode, uid, gid
      )
    }
  }

  /// As the record has it.
  public var shown: String
  /// As rules see it.
  public var text: Text
  /// nil where the item has no inode.
  public var object: Object?

  /// An item.
  public init(shown: String, text: Text, object: Object? = nil) {
    self.shown = shown
    self.text = text
    self.object = object
  }

  /// Absolute, without `.`, `..` and doubled slashes, by the bytes alone.
  /// - Parameter base: the directory that a relative path begins at.
  public static func absolute(_ path: [UInt8], base: [UInt8]) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    var parts: [ArraySlice<UInt8>] = []
    for part in (path.first == slash ? path : base + [slash] + path).split(separator: slash) {
      if part.elementsEqual("..".utf8) {
        _ = parts.popLast()
      } else if !part.elementsEqual(".".utf8) {
        parts.append(part)
      }
    }
    return [slash] + parts.joined(separator: [slash])
  }
}

/// A file of the root that the paths of rules belong to; `ino` 0 is none.
public struct RootFile: Sendable, Equatable {
  /// The device, major << 20 | minor.
  public var dev: UInt32 = 0
  /// Its inode.
  public var ino: UInt64 = 0
  /// It is a directory.
  public var isDirectory = false
  /// Of a directory that a rule asks what is below of: the roots of what is mounted there.
  public var mounts: [RootFile] = []

  /// None.
  public init() {}

  /// A file by device and inode.
  public init(dev: UInt32, ino: UInt64, isDirectory: Bool = false, mounts: [RootFile] = []) {
    self.dev = dev
    self.ino = ino
    self.isDirectory = isDirectory
    self.mounts = mounts
  }
}

/// Looks into the root that the paths of rules belong to.
public struct RuleFiles: Sendable {
  /// What a rule's path leads to, as the daemon goes by it; ino 0 for nothing, nil if that is not known.
  public var watched: @Sendable (_ path: String, _ follows: Bool) -> RootFile?
  /// What is at a path now by stat(2), a link followed or not; ino 0 for nothing, nil if there is no root.
  public var object: @Sendable (_ path: String, _ follows: Bool) -> RootFile?
  /// What is at a path that leads through no link, then the directories above it up to where its mount begins;
  /// nil if a link is in it, or nothing is there.
  public var ancestry: @Sendable (_ path: String) -> [RootFile]?

  /// A root in which they are looked up.
  public init(
    watched: @escaping @Sendable (_ path: String, _ follows: Bool) -> RootFile?,
    object: @escaping @Sendable (_ path: String, _ follows: Bool) -> RootFile?,
    ancestry: @escaping @Sendable (_ path: String) -> [RootFile]?
  ) {
    self.watched = watched
    self.object = object
    self.ancestry = ancestry
  }

  /// No root to look in.
  public static let unknown = RuleFiles(
    watched: { _, _ in nil }, object: { _, _ in nil }, ancestry: { _ in nil })
}
