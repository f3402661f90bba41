internal import CLibBPF
import CNestaudit
import Glibc

/// The BPF object that is built in.
enum ProgramObject {
  /// Tells it from that of another build.
  static let fingerprint: String = {
    var size = 0
    let bytes = nestaudit_bpf_object(&size)
    let text = String(
      Fingerprint(UnsafeRawBufferPointer(start: bytes, count: size)).value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }()

  /// Reads it; nothing is loaded yet.
  /// - Parameter types: a file with the types that stand for the kernel's.
  static func open(types: String? = nil) throws(CaptureError) -> OpaquePointer {
    var size = 0
    let bytes = nestaudit_bpf_object(&size)
    var options = bpf_object_open_opts()
    options.sz = MemoryLayout<bpf_object_open_opts>.size
    let opened = "nestaudit".withCString { name in
      options.object_name = name
      guard let types else { return bpf_object__open_mem(bytes, size, &options) }
      return types.withCString {
        options.btf_custom_path = $0
        return bpf_object__open_mem(bytes, size, &options)
      }
    }
    guard let opened else { throw CaptureError("the BPF object cannot be read", errno: errno) }
    return opened
  }

  /// Loads what is chosen of it.
  static func load(_ object: OpaquePointer) throws(CaptureError) {
    let failed = bpf_object__load(object)
    guard failed == 0 else {
      throw CaptureError(
        "the BPF programs do not load", errno: -failed,
        cure: LibbpfLog.firstLine.map { "the kernel says: \($0)" }
          ?? "run as root, with CAP_BPF and CAP_PERFMON; 'nestaudit doctor' tells more")
    }
  }

  /// Goes through its programs.
  static func forEach(of object: OpaquePointer, _ body: (OpaquePointer) -> Void) {
    var program = bpf_object__next_program(object, nil)
    while let current = program {
      body(current)
      program = bpf_object__next_program(object, current)
    }
  }
}
