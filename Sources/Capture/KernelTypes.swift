internal import CLibBPF

/// What the running kernel says of itself in its BTF.
public enum KernelTypes {
  /// Whether /sys/kernel/btf/vmlinux can be read.
  public static var available: Bool {
    guard let types = btf__load_vmlinux_btf() else { return false }
    btf__free(types)
    return true
  }

  /// Whether an fentry program can be made for this function.
  public static func has(function: String) -> Bool {
    guard let types = btf__load_vmlinux_btf() else { return false }
    defer { btf__free(types) }
    return btf__find_by_name_kind(types, function, 12 /* BTF_KIND_FUNC */) > 0
  }

  /// Whether a `tp_btf` program can be attached to this tracepoint.
  public static func has(tracepoint: String) -> Bool {
    guard let types = btf__load_vmlinux_btf() else { return false }
    defer { btf__free(types) }
    return btf__find_by_name_kind(types, "btf_trace_" + tracepoint, 8 /* BTF_KIND_TYPEDEF */) > 0
  }
}
