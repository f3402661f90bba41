internal import CLibBPF
import Glibc

/// BPF trampolines: what fentry programs need.
enum Trampolines {
  /// Whether the kernel takes "return 0" as an fentry program of a function that every kernel has.
  static func load(_ types: borrowing KernelTypes) -> Bool {
    let function = types.function("do_unlinkat")
    guard function > 0 else { return false }

    let program = [
      bpf_insn(code: 0xb7, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
      bpf_insn(code: 0x95, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
    ]
    var options = bpf_prog_load_opts()
    options.sz = MemoryLayout<bpf_prog_load_opts>.size
    options.expected_attach_type = BPF_TRACE_FENTRY
    options.attach_btf_id = function
    let loaded = bpf_prog_load(
      BPF_PROG_TYPE_TRACING, "nestaudit_probe", "GPL", program, program.count, &options)
    guard loaded >= 0 else { return false }
    defer { close(loaded) }
    let link = bpf_link_create(loaded, 0, BPF_TRACE_FENTRY, nil)
    guard link >= 0 else { return false }
    close(link)
    return true
  }
}
