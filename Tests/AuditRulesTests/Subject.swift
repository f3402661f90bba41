@testable import AuditRules

/// An event to ask rules about; what is not said is 0.
struct Subject {
  var arch = AuditArch.x86_64
  var syscall: Int32 = 257
  var result: Int64 = 0
  var hasResult = true
  var args: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  var uid: UInt32 = 0
  var gid: UInt32 = 0
  var auid: UInt32 = .max
  var groups: [UInt32] = []
  /// Names, and the inode behind each on device 1.
  var paths: [(name: String, ino: UInt64)] = []

  /// What `ruleset` says of it, with watches on device 1 at these inodes.
  func verdict(of ruleset: CompiledRuleset, watches: [UInt64] = []) -> RuleVerdict {
    let memory = paths.map { path in
      let copy = UnsafeMutableRawBufferPointer.allocate(
        byteCount: path.name.utf8.count, alignment: 1)
      copy.copyBytes(from: path.name.utf8)
      return RulePath(name: UnsafeRawBufferPointer(copy), dev: 1, ino: path.ino)
    }
    defer { for path in memory { path.name.deallocate() } }
    let objects = watches.map { WatchObject(dev: 1, ino: $0) }
    return memory.withUnsafeBufferPointer { paths in
      groups.withUnsafeBufferPointer { groups in
        objects.withUnsafeBufferPointer { objects in
          ruleset.decide(
            RuleSubject(
              arch: arch, syscall: syscall, result: result, hasResult: hasResult, a0: args.0,
              a1: args.1, a2: args.2, a3: args.3, pid: 10, ppid: 9, uid: uid, euid: uid,
              suid: uid, fsuid: uid, gid: gid, egid: gid, sgid: gid, fsgid: gid, auid: auid,
              ses: .max, pers: 0, groups: groups, paths: paths),
            watches: objects.isEmpty ? nil : objects.baseAddress)
        }
      }
    }
  }
}

func compiled(_ text: String) throws -> CompiledRuleset {
  CompiledRuleset(try RuleFile.parse(text, file: "test"))
}
