internal import CLibBPF
import CNestaudit
import Glibc

/// A file with no types, in the place of the kernel's. libbpf looks up what the functions of an object need of the
/// kernel's also if none of its programs is loaded: a tenth of a start.
final class NoTypes {
  private let file: Int32

  /// nil if it cannot be made.
  init?() {
    file = nestaudit_memory_file("no-types")
    guard file >= 0, let types = btf__new_empty() else { return nil }
    defer { btf__free(types) }
    var size: UInt32 = 0
    guard let bytes = btf__raw_data(types, &size), write(file, bytes, Int(size)) == Int(size)
    else { return nil }
  }

  deinit { close(file) }

  /// For as long as it is there.
  var path: String { "/proc/self/fd/\(file)" }
}
