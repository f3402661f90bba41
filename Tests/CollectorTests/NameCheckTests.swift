import CNestaudit
import Testing

@testable import AuditRecords
@testable import Collector

/// Whether a name is the path of a file, by the text alone.
struct NameCheckTests {
  private static let (ext4, proc, queues): (UInt32, UInt32, UInt32) = (0xef53, 0x9fa0, 0x1980_0202)

  private func isPath(
    _ own: String, by name: String, from base: String = "/", magic: UInt32 = ext4
  ) throws -> Bool {
    var fixed = event_process()
    fixed.tgid = 77
    let pids = [
      event_pids(ns: 1, tgid: 77, tid: 78, ppid: 1), .init(ns: 2, tgid: 5, tid: 6, ppid: 1),
    ]
    let data = pids.flatMap { pid in withUnsafeBytes(of: pid) { Array($0) } }
    let head = event_section(
      kind: UInt16(SECTION_PIDS.rawValue), index: 0, length: UInt32(data.count))
    let bytes = [
      withUnsafeBytes(of: fixed) { Array($0) }, withUnsafeBytes(of: head) { Array($0) }, data,
    ].flatMap(\.self)
    var object = event_object()
    object.magic = magic
    return try bytes.withUnsafeBytes { bytes in
      let process = try #require(ProcessEvent(bytes))
      return Array(own.utf8).withUnsafeBytes { own in
        Array(name.utf8).withUnsafeBytes { name in
          Array(base.utf8).withUnsafeBytes { base in
            NameCheck.isPath(own, of: object, by: name, from: base, process)
          }
        }
      }
    }
  }

  @Test func aPathWithoutLinksIsItsFiles() throws {
    #expect(try isPath("/a/b", by: "/a/b"))
    #expect(try isPath("/a/b", by: "//a/./b/"))
    #expect(try isPath("/a/b", by: "b", from: "/a"))
    #expect(try isPath("/a/b", by: "./b", from: "/a/"))
    #expect(try isPath("/a", by: ".", from: "/a"))
    #expect(try isPath("/", by: "/"))
    #expect(try isPath("/a/b (deleted)", by: "/a/b"))
  }

  @Test func anotherOneIsNot() throws {
    #expect(try !isPath("/a/b", by: "/a/c"))
    #expect(try !isPath("/a/b", by: "/c/b"))
    #expect(try !isPath("/a/b", by: "/a"))
    #expect(try !isPath("/a/b", by: "/a/b/c"))
    #expect(try !isPath("/a/b", by: "b", from: "/c"))
    #expect(try !isPath("/a/b", by: "b"))
    #expect(try !isPath("/a (deleted)/b", by: "/a/b"))
    // Through a link it may lead elsewhere.
    #expect(try !isPath("/a/b", by: "/c/../a/b"))
  }

  @Test func aTasksOwnDirectoryHasOtherNames() throws {
    #expect(try isPath("/proc/77/status", by: "/proc/self/status", magic: Self.proc))
    #expect(try isPath("/proc/5/status", by: "/proc/self/status", magic: Self.proc))
    #expect(try isPath("/proc/77/mounts", by: "/proc/mounts", magic: Self.proc))
    #expect(try isPath("/proc/77/net/dev", by: "/proc/net/dev", magic: Self.proc))
    #expect(
      try isPath("/proc/77/task/78/stat", by: "/proc/thread-self/stat", magic: Self.proc))
    #expect(try !isPath("/proc/78/status", by: "/proc/self/status", magic: Self.proc))
    #expect(try !isPath("/proc/77/status", by: "/proc/self/status"))
  }

  @Test func aQueuesNameIsNoPath() throws {
    #expect(try isPath("/q", by: "q", from: "/work", magic: Self.queues))
    #expect(try !isPath("/q", by: "r", from: "/work", magic: Self.queues))
  }
}
