internal import CLibBPF

/// What the running kernel says of itself in its BTF.
struct KernelTypes: ~Copyable {
  let types: OpaquePointer

  /// nil if /sys/kernel/btf/vmlinux cannot be read.
  init?() {
    guard let types = btf__load_vmlinux_btf() else { return nil }
    self.types = types
  }

  deinit { btf__free(types) }

  /// The number of a function; 0 if it is not known.
  func function(_ name: String) -> UInt32 {
    let number = btf__find_by_name_kind(types, name, 12 /* BTF_KIND_FUNC */)
    return number > 0 ? UInt32(number) : 0
  }

  /// Whether an fentry program can be made for this function.
  func has(function: String) -> Bool { self.function(function) > 0 }

  /// Whether a `tp_btf` program can be attached to this tracepoint.
  func has(tracepoint: String) -> Bool {
    btf__find_by_name_kind(types, "btf_trace_" + tracepoint, 8 /* BTF_KIND_TYPEDEF */) > 0
  }
}
