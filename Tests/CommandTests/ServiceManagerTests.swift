import Foundation
import TestSupport
import Testing

@testable import nestaudit

/// sd_notify(3), as a service manager hears it.
struct ServiceManagerTests {
  @Test func whoStartedUsIsTold() throws {
    let area = try Area()
    let path = area.path + "/notify"
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    setenv("NOTIFY_SOCKET", path, 1)
    defer { unsetenv("NOTIFY_SOCKET") }
    ServiceManager.notify("READY=1")
    var text = [UInt8](repeating: 0, count: 64)
    let count = recv(descriptor, &text, text.count, Int32(MSG_DONTWAIT))
    #expect(count == 7)
    #expect(String(decoding: text.prefix(max(count, 0)), as: UTF8.self) == "READY=1")
  }

  @Test func nobodyIsToldIfNobodyAsked() {
    unsetenv("NOTIFY_SOCKET")
    ServiceManager.notify("READY=1")
    setenv("NOTIFY_SOCKET", "/" + String(repeating: "x", count: 200), 1)
    defer { unsetenv("NOTIFY_SOCKET") }
    ServiceManager.notify("READY=1")
  }
}
