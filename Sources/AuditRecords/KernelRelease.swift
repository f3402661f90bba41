import Glibc

/// A kernel's version, where it decides what the kernel's audit writes.
struct KernelRelease: Comparable {
  let major: Int
  let minor: Int

  init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// From what uname(2) says: "6.12.43-cloud-amd64".
  init(uname release: String) {
    let numbers = release.split { !$0.isASCII || !$0.isNumber }.prefix(2).compactMap { Int($0) }
    self.init(numbers.first ?? 0, numbers.count > 1 ? numbers[1] : 0)
  }

  static let running: KernelRelease = {
    var names = utsname()
    guard uname(&names) == 0 else { return KernelRelease(0, 0) }
    return withUnsafeBytes(of: names.release) {
      KernelRelease(uname: String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self))
    }
  }()

  static func < (left: KernelRelease, right: KernelRelease) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}
