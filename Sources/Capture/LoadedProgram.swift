internal import CLibBPF
import Glibc

/// A program that the kernel has, whoever loaded it.
struct LoadedProgram {
  /// Its whole name: the kernel keeps 15 bytes of it.
  let name: String
  /// Borrowed from the set that it is of.
  let descriptor: Int32
  let type: bpf_prog_type
  /// Where it may be attached; the kernel does not tell that of a program.
  let place: bpf_attach_type

  /// Whether it is run by being called, and attached to nothing.
  var isCalled: Bool { type == BPF_PROG_TYPE_SYSCALL }

  init(name: String, descriptor: Int32, type: bpf_prog_type, place: bpf_attach_type) {
    self.name = name
    self.descriptor = descriptor
    self.type = type
    self.place = place
  }

  /// One that libbpf has loaded.
  init(_ program: OpaquePointer) {
    self.init(
      name: String(cString: bpf_program__name(program)), descriptor: bpf_program__fd(program),
      type: bpf_program__type(program), place: bpf_program__expected_attach_type(program))
  }
}
