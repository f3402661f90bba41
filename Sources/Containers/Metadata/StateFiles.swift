import FoundationEssentials
import Glibc

/// Files of a runtime, as a process sees them. Whoever wrote them may be hostile: nothing of them leads out of the
/// process's root, lasts longer than its file system does, or is larger than such files are.
struct StateFiles: ~Copyable {
  /// The largest config.json, or other file of a single container.
  static let largestFile = 1 << 20
  /// The largest list of all containers.
  static let largestList = 8 << 20

  private let root: ContainerRoot
  /// The uid that files have to belong to, on the host; nil for anybody's.
  private let owner: UInt32?

  init(_ root: consuming ContainerRoot, owner: UInt32?) {
    self.root = root
    self.owner = owner
  }

  /// What a file says; nil if there is none, it is too large, or it is no JSON of this form.
  func json<Value: Decodable>(
    _ type: Value.Type, at path: String, limit: Int = largestFile
  ) -> Value? {
    guard let bytes = read(path, limit: limit, owner: owner) else { return nil }
    return Self.decode(type, bytes)
  }

  /// The lines of a file.
  /// - Parameter other: the uid that this one has to belong to.
  func lines(_ path: String, ownedBy other: UInt32? = nil) -> [Substring] {
    (read(path, limit: Self.largestFile, owner: other ?? owner) ?? []).split(
      separator: UInt8(ascii: "\n")
    ).map {
      Substring(decoding: $0, as: UTF8.self)
    }
  }

  /// A database; nil if there is none.
  func bolt(_ path: String) -> BoltFile? {
    root.openFile(path, ownedBy: owner).flatMap { BoltFile(adopting: $0) }
  }

  /// Decodes text of JSON, in which no more than 512 arrays and objects are in one another: FoundationEssentials sees to that.
  static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: some Collection<UInt8>)
    -> Value?
  {
    try? JSONDecoder().decode(type, from: Data(bytes))
  }

  private func read(_ path: String, limit: Int, owner: UInt32?) -> [UInt8]? {
    guard let descriptor = root.openFile(path, ownedBy: owner) else { return nil }
    defer { close(descriptor) }
    guard let content = ContainerRoot.content(of: descriptor, limit: limit + 1),
      content.count <= limit
    else { return nil }
    return content
  }
}

/// An object whose values are texts; others are left out.
struct TextObject: Decodable {
  /// The most keys of an object that are looked at.
  private static let mostKeys = 4096

  private(set) var values: [String: String] = [:]

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for key in container.allKeys.prefix(Self.mostKeys) {
      if let value = try? container.decode(String.self, forKey: key) {
        values[key.stringValue] = value
      }
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
