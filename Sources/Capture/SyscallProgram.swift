internal import CLibBPF

/// A BPF program that is run by being called (BPF_PROG_TYPE_SYSCALL).
enum SyscallProgram {
  /// Runs it once; it writes its answer over the question.
  /// - Returns: false if the kernel did not run it.
  static func run<Question: BitwiseCopyable>(_ program: Int32, _ question: inout Question) -> Bool {
    withUnsafeMutablePointer(to: &question) { context in
      var options = bpf_test_run_opts()
      options.sz = MemoryLayout<bpf_test_run_opts>.size
      options.ctx_in = UnsafeRawPointer(context)
      options.ctx_size_in = UInt32(MemoryLayout<Question>.size)
      return bpf_prog_test_run_opts(program, &options) == 0
    }
  }
}
