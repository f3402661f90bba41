import CNestaudit
import Testing

@testable import AuditRecords

/// Which PATH items a syscall has, by its number and result.
struct PathItemTests {
  private func items(
    _ syscall: Int32, result: Int64, args: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0),
    paths: [String], address: [UInt8]? = nil, hasHow: Bool = false
  ) throws -> [String] {
    var event = EventBytes { event in
      event.syscall = syscall
      event.result = result
      event.args = (args.0, args.1, args.2, args.3, 0, 0)
      event.header.flags = UInt16(EVENT_CALLERS_NAMES.rawValue)
    }
    for (index, path) in paths.enumerated() { event.add(SECTION_PATH, index: index, path) }
    if let address { event.add(SECTION_SOCKADDR, address) }
    if hasHow {
      let how = [UInt8](repeating: 0, count: 24)
      event.add(SECTION_SPECIAL, index: Int(SPECIAL_OPENAT2.rawValue), how)
    }
    event.add(SECTION_CWD, "/work dir")
    let records = try lines(event, of: EventBytes { $0.setName("x") })
    let shown = records.filter { $0.hasPrefix("type=PATH ") }.map { record in
      let fields = record.split(separator: " ")
      return ["name=", "nametype="].compactMap { prefix in
        fields.first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count)
      }.joined(separator: " ")
    }
    #expect(records[0].contains(" items=\(shown.count) "))
    #expect(records.contains { $0.hasPrefix("type=CWD ") } == !shown.isEmpty)
    return shown
  }

  /// Before what a log in the format ENRICHED has behind the separator.
  @Test func aNameThatNothingConfirmsSaysSo() throws {
    var event = EventBytes { event in
      event.syscall = 2
      event.result = 3
    }
    event.add(SECTION_PATH, "/a/b")
    event.add(object: object(OBJECT_OPENED, ino: 9), index: 0)
    let records = { doubtsNames in
      try lines(
        event, of: EventBytes { $0.setName("x") }, rendersEnriched: true, doubtsNames: doubtsNames
      ).filter { $0.hasPrefix("type=PATH ") }
    }
    let path =
      "type=PATH msg=audit(1700000000.007:5): item=0 name=\"/a/b\" inode=9 dev=08:01 mode=0100644 "
      + "ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"
    #expect(try records(false) == [path])
    #expect(try records(true) == [path + " unconfirmed=name"])
  }

  @Test func aRemovalHasItsDirectoryAndTheName() throws {
    #expect(
      try items(263, result: 0, paths: ["/a/b"]) == ["\"/a/\" PARENT", "\"/a/b\" DELETE"])
    // A bare name is in the working directory.
    #expect(
      try items(87, result: 0, paths: ["b"]) == ["2F776F726B20646972 PARENT", "\"b\" DELETE"])
    #expect(try items(263, result: -2, paths: ["/a/b"]) == ["\"/a/\" PARENT"])
    #expect(try items(263, result: -22, args: (0, 0, 1, 0), paths: ["/a/b"]) == [])
  }

  @Test func aRenameHasBothDirectoriesFirst() throws {
    #expect(
      try items(82, result: 0, paths: ["/a/b", "/c/d"])
        == ["\"/c/\" PARENT", "\"/a/\" PARENT", "\"/a/b\" DELETE", "\"/c/d\" CREATE"])
  }

  @Test func ofTwoNamesTheSecondComesFirst() throws {
    #expect(
      try items(86, result: 0, paths: ["/a/b", "/c/d"])
        == ["\"/c/\" PARENT", "\"/a/b\" NORMAL", "\"/c/d\" CREATE"])
    #expect(
      try items(86, result: -2, paths: ["/a/b", "/c/d"])
        == ["\"/c/d\" UNKNOWN", "\"/a/b\" UNKNOWN"])
    #expect(
      try items(88, result: 0, paths: ["to", "/c/d"])
        == ["\"/c/\" PARENT", "\"to\" UNKNOWN", "\"/c/d\" CREATE"])
    #expect(
      try items(88, result: -17, paths: ["to", "/c/d"])
        == ["\"/c/\" PARENT", "\"to\" UNKNOWN"])
  }

  @Test func aDirectoryIsMade() throws {
    #expect(try items(83, result: 0, paths: ["/a/b/"]) == ["\"/a/\" PARENT", "\"/a/b/\" CREATE"])
    #expect(try items(83, result: -17, paths: ["/a/b"]) == ["\"/a/\" PARENT"])
  }

  @Test func aNameThatTheKernelNeverSawIsNoItem() throws {
    #expect(try items(257, result: -2, paths: [""]) == [])
    #expect(try items(257, result: -14, paths: ["/a"]) == [])
    // openat2 without its struct open_how, and with one that it refuses
    #expect(try items(437, result: -7, paths: ["/a"]) == [])
    #expect(try items(437, result: -22, paths: ["/a"], hasHow: true) == [])
    #expect(try items(437, result: -2, paths: ["/a"], hasHow: true) == ["\"/a\" UNKNOWN"])
    #expect(try items(437, result: -18, paths: ["/a"], hasHow: true) == ["\"/a\" UNKNOWN"])
  }

  @Test func aDescriptorThatWasRefusedIsNoItem() throws {
    for (result, count) in [(Int64(0), 1), (-1, 1), (-9, 0)] {
      var event = EventBytes { event in
        event.syscall = 91
        event.result = result
      }
      event.add(object: object(OBJECT_DESCRIPTOR, ino: 9), index: 0)
      let records = try lines(event, of: EventBytes { $0.setName("x") })
      #expect(records.count { $0.hasPrefix("type=PATH ") } == count)
    }
  }

  @Test func aUnixSocketsNameIsAPath() throws {
    let address: [UInt8] = [1, 0] + Array("/run/s\0rest".utf8)
    #expect(try items(42, result: 0, paths: [], address: address) == ["\"/run/s\" NORMAL"])
    #expect(try items(42, result: -111, paths: [], address: address) == ["\"/run/s\" NORMAL"])
    #expect(try items(42, result: -2, paths: [], address: address) == ["\"/run/s\" UNKNOWN"])
    #expect(try items(42, result: -22, paths: [], address: address) == [])
    // An abstract name is none.
    #expect(try items(42, result: 0, paths: [], address: [1, 0, 0, 65]) == [])
  }

  @Test(arguments: [
    ("/a/b", 3), ("/a/b/", 3), ("b", 0), ("/b", 1), ("/", 1), ("a//", 0), ("./b", 2), ("", 0),
  ])
  func theDirectoryPartEndsBeforeTheLastName(path: String, length: Int) {
    let bytes = Array(path.utf8)
    bytes.withUnsafeBytes { #expect(PathPlan.parentLength($0) == length) }
  }

  @Test(arguments: [
    ("6.12.43+deb12-cloud-amd64", KernelRelease(6, 12), true),
    ("6.1.0-9", KernelRelease(6, 1), false),
    ("6.18.44", KernelRelease(6, 18), true), ("7.0-rc1", KernelRelease(7, 0), true),
    ("nonsense", KernelRelease(0, 0), false),
  ])
  func kernelsAreToldApart(name: String, release: KernelRelease, isRecent: Bool) {
    #expect(KernelRelease(uname: name) == release)
    #expect((KernelRelease(uname: name) >= KernelRelease(6, 12)) == isRecent)
  }
}
