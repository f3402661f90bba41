import Foundation
import Testing

@testable import nestaudit

/// A directory of its own for a test, removed with the value.
final class Area {
  let path: String

  init() throws {
    path = "/tmp/nestaudit.\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func append(_ text: String, to name: String) throws {
    let file = path + "/" + name
    let descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try handle.write(contentsOf: Data(text.utf8))
  }

  func move(_ old: String, to new: String) {
    rename(path + "/" + old, path + "/" + new)
  }
}

/// An event of two records.
func sampleEvent(_ serial: Int, key: String = "(null)", second: Int = 1_700_000_000) -> String {
  """
  type=SYSCALL msg=audit(\(second).123:\(serial)): arch=c000003e syscall=257 success=yes exit=3 \
  a0=ffffff9c items=1 ppid=1 pid=12 comm="cat" exe="/usr/bin/cat" key=\(key)
  type=PATH msg=audit(\(second).123:\(serial)): item=0 name="/etc/passwd" nametype=NORMAL

  """
}

/// The only event of `text`.
func event(_ text: String) throws -> TailEvent {
  let events = EventAssembler.events(in: Array(text.utf8))
  #expect(events.count == 1)
  return try #require(events.first)
}
