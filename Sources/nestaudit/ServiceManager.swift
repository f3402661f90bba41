import Glibc

/// Who started us, if it wants to hear of it: sd_notify(3).
enum ServiceManager {
  /// Sends a line such as "READY=1" to the socket that NOTIFY_SOCKET names; nothing if there is none.
  static func notify(_ state: String) {
    guard let name = getenv("NOTIFY_SOCKET") else { return }
    var path = Array(UnsafeBufferPointer(start: name, count: strlen(name)))
    guard let first = path.first else { return }
    // An abstract socket is written with '@', and begins with a NUL.
    if first == CChar(bitPattern: UInt8(ascii: "@")) { path[0] = 0 }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let size = withUnsafeMutableBytes(of: &address.sun_path) { room -> Int? in
      guard path.count < room.count else { return nil }
      path.withUnsafeBytes { room.copyMemory(from: $0) }
      return MemoryLayout<sa_family_t>.size + path.count
    }
    guard let size else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array(state.utf8)
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(size))
      }
    }
  }
}
