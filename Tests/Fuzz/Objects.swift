@testable import AuditRules

/// Files of events, and what is found at the paths of rules.
enum Objects {
  /// What is at the path of a rule.
  static func watch(_ random: inout Random) -> WatchObject {
    WatchObject(
      dev: random.one(of: Values.devices), ino: random.one(of: Values.inodes),
      isDirectory: random.once(in: 2))
  }

  /// The program of a task.
  static func executable(_ random: inout Random) -> WatchObject {
    WatchObject(dev: random.one(of: Values.devices), ino: random.one(of: Values.inodes))
  }

  /// What a PATH record would be about; `texts` and `inodes` keep what it points to.
  static func name(
    _ random: inout Random, texts: ([UInt8]) -> UnsafeBufferPointer<UInt8>,
    inodes: ([UInt64]) -> UnsafeBufferPointer<UInt64>
  ) -> RuleName {
    var name = RuleName()
    if !random.once(in: 8) {
      name.text = UnsafeRawBufferPointer(texts(random.one(of: Values.paths)))
    }
    guard random.once(in: 2) else { return name }
    name.hasObject = true
    name.object = executable(&random)
    name.rdev = random.one(of: Values.devices)
    name.mode = random.one(of: Values.fileTypes) | 0o644
    name.uid = Values.number(&random)
    name.gid = Values.number(&random)
    name.filesystem = UInt32(random.below(4))
    name.ancestors = inodes((0..<random.below(5)).map { _ in random.one(of: Values.inodes) })
    return name
  }
}
