import Foundation
import TestSupport
import Testing

@testable import Containers

/// Databases that containerd and podman wrote, whole and damaged.
struct BoltFileTests {
  private static let containerd = "containerd/root/io.containerd.metadata.v1.bolt/meta.db"
  private static let podman = "podman/storage/libpod/bolt_state.db"

  private static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: "\(RecordedState.fixtures)/\(name)")))
  }

  private static func open(_ path: String) -> BoltFile? {
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
    return descriptor >= 0 ? BoltFile(adopting: descriptor) : nil
  }

  private static func opened(_ path: String) throws -> BoltFile {
    guard let database = open(path) else { throw SupportError("\(path) is no database") }
    return database
  }

  @Test func valuesAreFoundByTheirBuckets() throws {
    let database = try Self.opened("\(RecordedState.fixtures)/\(Self.containerd)")
    let image = database.value("v1", "default", "containers", "web", "image")
    #expect(image.map { String(decoding: $0, as: UTF8.self) } == "docker.io/library/busybox:1")
    let labels = database.texts(limit: 64, in: "v1", "default", "containers", "web", "labels")
    #expect(labels["app"] == "web")
    let none = database.texts(limit: 0, in: "v1", "default", "containers", "web", "labels")
    #expect(none == [:])
    let missing = [
      database.value("v1", "default", "containers", "other", "image"),
      database.value("v1", "default", "containers", "web"),
      database.value("v1", "default", "containers", "web", "image", "x"),
      database.value("v2"), database.value(),
    ]
    #expect(missing == [nil, nil, nil, nil, nil])
  }

  @Test func aLargeValueIsWhole() throws {
    let database = try Self.opened("\(RecordedState.fixtures)/\(Self.podman)")
    let config = database.value("ctr", RecordedState.podman, "config") ?? []
    let object = try JSONSerialization.jsonObject(with: Data(config)) as? [String: Any]
    #expect(object?["name"] as? String == "web")
  }

  /// Every number in it is replaced in turn: nothing may be read that is not there, and no search may go on without end.
  @Test(arguments: [containerd, podman])
  func aDamagedFileEndsNothing(name: String) throws {
    let area = try Area()
    let whole = try Self.bytes(name)
    let path = area.path + "/damaged"
    var answers: Set<String?> = []
    for place in stride(from: 0, to: whole.count, by: 4)
    where whole[place..<place + 4] != [0, 0, 0, 0] {
      var damaged = whole
      for (index, byte) in [UInt8(0xff), 0xff, 0xff, 0x7f].enumerated() {
        damaged[place + index] = byte
      }
      // One in a thousand whole, the rest by what was changed: the file is written once.
      try Self.patch(path, damaged, at: place, first: answers.isEmpty)
      if let database = Self.open(path) {
        answers.insert(Self.search(database, name))
      } else {
        answers.insert("no database")
      }
      try Self.patch(path, whole, at: place, first: false)
    }
    #expect(answers.count > 1)
    // Both meta pages are needed to be wrong for it to be none.
    for length in stride(from: 0, to: whole.count, by: 509) {
      try Data(whole[..<length]).write(to: URL(filePath: path))
      if let database = Self.open(path) { _ = Self.search(database, name) }
    }
  }

  private static func search(_ database: borrowing BoltFile, _ name: String) -> String? {
    if name == containerd {
      _ = database.texts(limit: 64, in: "v1", "default", "containers", "web", "labels")
      return database.value("v1", "default", "containers", "web", "image").map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    return database.value("ctr", RecordedState.podman, "config").map { "\($0.count)" }
  }

  private static func patch(_ path: String, _ content: [UInt8], at place: Int, first: Bool) throws {
    if first {
      try Data(content).write(to: URL(filePath: path))
      return
    }
    let descriptor = Foundation.open(path, O_WRONLY | O_CLOEXEC)
    defer { close(descriptor) }
    try #require(
      content[place..<place + 4].withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress, 4, off_t(place))
      } == 4)
  }

  /// A tree whose branch leads back to itself.
  @Test func aLoopEnds() throws {
    let area = try Area()
    var pages = [UInt8](repeating: 0, count: 4 * 4096)
    func put(_ value: UInt64, _ place: Int, _ size: Int) {
      for index in 0..<size {
        pages[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
      }
    }
    put(0xed0c_daed, 16, 4)
    put(2, 20, 4)
    put(4096, 24, 4)
    put(2, 32, 8)
    put(1, 64, 8)
    put(
      pages[16..<72].reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }, 72, 8)
    // Page 2: a branch with one element, whose page is 2.
    put(2, 8192, 8)
    put(1, 8200, 2)
    put(1, 8202, 2)
    put(16, 8208, 4)
    put(1, 8212, 4)
    put(2, 8216, 8)
    try Data(pages).write(to: URL(filePath: area.path + "/loop"))
    let database = try Self.opened(area.path + "/loop")
    let value = database.value("x")
    let texts = database.texts(limit: 64, in: "x")
    #expect(value == nil)
    #expect(texts == [:])
  }
}
