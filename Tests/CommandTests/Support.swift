import Foundation
import Testing

@testable import nestaudit

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
