internal import CLibBPF
import Glibc

/// What of our capture this kernel accepts, tried out and taken back at once.
public struct Probe: Sendable {
  /// How the objects behind paths are obtained; see docs/architecture.md.
  public enum Backend: String, Sendable {
    case tracepoints
  }

  /// The backend that `nestaudit run` uses.
  public let backend: Backend?
  /// Why there is none.
  public let refusal: String?
  /// Programs that the kernel has nothing to attach to, each with what is missing without it.
  public let missing: [String]
  /// Whether BPF trampolines (fentry) load: the ground for the backend with hooks.
  public let trampolines: Bool

  /// Loads the programs with a small ring, without attaching them.
  public init() {
    do {
      missing = try Capture(ringSize: 65536).missing.map { "\($0.program): \($0.reason)" }
      backend = .tracepoints
      refusal = nil
    } catch {
      backend = nil
      refusal = error.description
      missing = []
    }
    trampolines = Self.trampolineLoads()
  }

  /// Loads "return 0" as an fentry program of a function that every kernel has.
  private static func trampolineLoads() -> Bool {
    guard let types = btf__load_vmlinux_btf() else { return false }
    defer { btf__free(types) }
    let function = btf__find_by_name_kind(types, "do_unlinkat", 12 /* BTF_KIND_FUNC */)
    guard function > 0 else { return false }

    let program = [
      bpf_insn(code: 0xb7, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
      bpf_insn(code: 0x95, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
    ]
    var options = bpf_prog_load_opts()
    options.sz = MemoryLayout<bpf_prog_load_opts>.size
    options.expected_attach_type = BPF_TRACE_FENTRY
    options.attach_btf_id = UInt32(function)
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
