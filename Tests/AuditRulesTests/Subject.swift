import CNestaudit

@testable import AuditRules

/// An event to ask rules about; what is not said is 0.
struct Subject {
  /// One name, with an inode on device 1, or 0 for one whose object is not known.
  struct Name {
    var text = ""
    var ino: UInt64 = 0
    var dev: UInt32 = 1
    var uid: UInt32 = 0
    var mode: UInt32 = 0o100644
    /// Another object may have been put in its place.
    var isDoubtful = false
    /// Inodes of the directories above.
    var above: [UInt64] = []
    /// Fingerprints of its own name and theirs; 0 is not made.
    var fingerprints: [UInt64] = []
  }

  var arch = AuditArch.x86_64
  var syscall: Int32 = 257
  var result: Int64 = 0
  var hasResult = true
  var args: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  var uid: UInt32 = 0
  var euid: UInt32?
  var gid: UInt32 = 0
  var auid: UInt32 = .max
  var groups: [UInt32] = []
  var addressFamily: UInt16?
  var contids: [UInt64] = []
  var executable: UInt64 = 0
  var names: [Name] = []

  /// Does `body` with the event, as rules are asked about it.
  func with<Value>(_ body: (RuleSubject) -> Value) -> Value {
    let memory = names.map { name in
      let text = UnsafeMutableRawBufferPointer.allocate(
        byteCount: name.text.utf8.count, alignment: 1)
      text.copyBytes(from: name.text.utf8)
      let links = ([name.ino] + name.above).enumerated().map { index, ino in
        event_link(
          ino: ino, name: index < name.fingerprints.count ? name.fingerprints[index] : 0)
      }
      let chain = UnsafeMutableBufferPointer<event_link>.allocate(capacity: links.count)
      _ = chain.initialize(from: links)
      var made = RuleName()
      made.text = UnsafeRawBufferPointer(text)
      made.chain = UnsafeBufferPointer(chain)
      made.hasObject = name.ino != 0
      if made.hasObject {
        made.isDoubtful = name.isDoubtful
        made.dev = name.dev
        made.ino = name.ino
        made.uid = name.uid
        made.mode = name.mode
      }
      return made
    }
    defer {
      for name in memory {
        name.text.deallocate()
        name.chain.deallocate()
      }
    }
    var subject = RuleSubject()
    subject.arch = arch
    subject.syscall = syscall
    subject.result = result
    subject.hasResult = hasResult
    (subject.a0, subject.a1, subject.a2, subject.a3) = args
    (subject.pid, subject.ppid) = (10, 9)
    (subject.uid, subject.suid, subject.fsuid) = (uid, uid, uid)
    subject.euid = euid ?? uid
    (subject.gid, subject.egid, subject.sgid, subject.fsgid) = (gid, gid, gid, gid)
    subject.auid = auid
    subject.addressFamily = addressFamily
    subject.executable.dev = 1
    subject.executable.ino = executable
    return memory.withUnsafeBufferPointer { names in
      groups.withUnsafeBufferPointer { groups in
        contids.withUnsafeBufferPointer { contids in
          subject.names = names
          subject.groups = groups
          subject.contids = contids
          return body(subject)
        }
      }
    }
  }

  /// What `ruleset` says of it, with its watches on device 1 at these inodes.
  func verdict(
    of ruleset: CompiledRuleset, watches: [UInt64] = [], directories: Set<UInt64> = []
  ) -> RuleVerdict {
    let objects = ruleset.watchPaths.indices.map { index in
      let ino = index < watches.count ? watches[index] : 0
      return WatchObject(dev: 1, ino: ino, isDirectory: directories.contains(ino))
    }
    return objects.withUnsafeBufferPointer { objects in
      with { ruleset.decide($0, watches: objects.isEmpty ? nil : objects.baseAddress) }
    }
  }
}

extension RuleVerdict {
  /// A rule matched, and it is its own key, if any, that the records bear.
  static func matched(_ rule: Int) -> RuleVerdict { .always(rule: rule, key: -1) }
}

func compiled(_ text: String) throws -> CompiledRuleset {
  CompiledRuleset(try RuleFile.parse(text, file: "test"))
}
