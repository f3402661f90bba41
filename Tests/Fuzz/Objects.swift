import CNestaudit

@testable import AuditRules

/// Files of events, and what is found at the paths of rules.
enum Objects {
  /// What is at the path of a rule, or by which name it would be found.
  static func watch(_ random: inout Random) -> WatchObject {
    var object = WatchObject()
    if !random.once(in: 4) {
      object = WatchObject(
        dev: random.one(of: Values.devices), ino: random.one(of: Values.inodes),
        isDirectory: random.once(in: 2))
    }
    if random.once(in: 2) {
      object.directory = random.one(of: Values.inodes)
      object.directoryDev = random.one(of: Values.devices)
      object.name = random.one(of: Values.fingerprints)
    }
    return object
  }

  /// The program of a task.
  static func executable(_ random: inout Random) -> Executable {
    var program = Executable()
    program.dev = random.one(of: Values.devices)
    program.ino = random.one(of: Values.inodes)
    if random.once(in: 2) {
      program.directory = random.one(of: Values.inodes)
      program.name = random.one(of: Values.fingerprints)
    }
    return program
  }

  /// What a PATH record would be about; `texts` and `chains` keep what it points to.
  static func name(
    _ random: inout Random, texts: ([UInt8]) -> UnsafeBufferPointer<UInt8>,
    chains: ([event_link]) -> UnsafeBufferPointer<event_link>
  ) -> RuleName {
    var name = RuleName()
    if !random.once(in: 8) {
      name.text = UnsafeRawBufferPointer(texts(random.one(of: Values.paths)))
    }
    guard random.once(in: 2) else { return name }
    name.hasObject = true
    name.isDoubtful = random.once(in: 8)
    name.dev = random.one(of: Values.devices)
    name.ino = random.one(of: Values.inodes)
    name.rdev = random.one(of: Values.devices)
    name.mode = random.one(of: Values.fileTypes) | 0o644
    name.uid = Values.number(&random)
    name.gid = Values.number(&random)
    name.filesystem = UInt32(random.below(4))
    let above = (0..<random.below(5)).map { _ in
      event_link(
        ino: random.one(of: Values.inodes),
        name: random.once(in: 2) ? random.one(of: Values.fingerprints) : 0)
    }
    let itself = event_link(
      ino: name.ino, name: random.once(in: 2) ? random.one(of: Values.fingerprints) : 0)
    name.chain = chains(random.once(in: 8) ? [] : [itself] + above)
    return name
  }
}
