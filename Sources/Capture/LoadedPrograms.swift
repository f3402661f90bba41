internal import CLibBPF
import CNestaudit
import Glibc

/// The programs of a backend, in the kernel: as many as it takes.
struct LoadedPrograms {
  let programs: ProgramSet
  let backend: Backend
  let missing: [MissingProgram]

  /// Loads the programs of a backend; with `auto`, of the other one if the kernel refuses the hooks.
  /// - Parameter ringSize: bytes, a power of two and a multiple of the page size.
  init(ringSize: UInt32, choice: Backend.Choice) throws(CaptureError) {
    nestaudit_share_memory()
    // What libbpf says of types that are not there is not for the terminal.
    LibbpfLog.begin()
    guard let types = KernelTypes() else {
      throw CaptureError(
        "no BTF types of this kernel at /sys/kernel/btf/vmlinux; use a kernel with CONFIG_DEBUG_INFO_BTF=y"
      )
    }
    switch choice {
    case .tracepoints: self = try Self.load(ringSize, .tracepoints, types)
    case .hooks:
      guard Trampolines.load(types) else {
        throw CaptureError(
          "backend hooks: this kernel refuses fentry programs; use --backend tracepoints")
      }
      self = try Self.load(ringSize, .hooks, types)
    case .auto:
      guard Trampolines.load(types) else {
        self = try Self.load(ringSize, .tracepoints, types)
        return
      }
      do {
        self = try Self.load(ringSize, .hooks, types)
      } catch {
        let other = try Self.load(ringSize, .tracepoints, types)
        let refusal = MissingProgram(
          program: "backend hooks", reason: error.description,
          cure: "use the kernel of a distribution, or --backend tracepoints")
        self = Self(
          programs: other.programs, backend: .tracepoints, missing: [refusal] + other.missing)
      }
    }
  }

  /// Those of an earlier collector.
  /// - Parameters:
  ///   - objects: where they are pinned.
  ///   - backend: whose they are.
  init(pinned objects: PinnedObjects, backend: Backend) throws(CaptureError) {
    self.init(programs: try ProgramSet(pinned: objects), backend: backend, missing: [])
  }

  private init(programs: ProgramSet, backend: Backend, missing: [MissingProgram]) {
    self.programs = programs
    self.backend = backend
    self.missing = missing
  }

  private static func load(
    _ ringSize: UInt32, _ backend: Backend, _ types: borrowing KernelTypes
  ) throws(CaptureError) -> LoadedPrograms {
    LibbpfLog.begin()
    let noTypes = NoTypes()
    let maps = try ProgramObject.open(types: noTypes?.path)
    var isWhole = false
    defer { if !isWhole { bpf_object__close(maps) } }
    guard bpf_map__set_max_entries(bpf_object__find_map_by_name(maps, "ring"), ringSize) == 0
    else {
      throw CaptureError("ring of \(ringSize) bytes", errno: errno, cure: "give a power of two")
    }
    let missing = choose(of: maps, backend, types)
    var chosen: [String] = []
    ProgramObject.forEach(of: maps) {
      if bpf_program__autoload($0) { chosen.append(String(cString: bpf_program__name($0))) }
      bpf_program__set_autoload($0, false)
    }
    try ProgramObject.load(maps)
    withExtendedLifetime(noTypes) {}
    let model = backend == .hooks ? SyscallFunctions.models().dropFirst().first : nil
    func share(_ names: [String]) -> ProgramShare {
      ProgramShare(names, maps: maps) { object in
        guard let model, names.contains(SyscallEnds.functionPrograms[1]) else { return }
        bpf_program__set_attach_target(
          bpf_object__find_program_by_name(object, SyscallEnds.functionPrograms[1]), 0, model)
      }
    }
    let shares = ProgramWeights.shares(of: chosen).map(share)
    isWhole = true
    return LoadedPrograms(
      programs: try ProgramSet(object: maps, shares: shares), backend: backend, missing: missing)
  }

  /// Leaves out what the backend does not use, and what this kernel has nothing for.
  private static func choose(
    of object: OpaquePointer, _ backend: Backend, _ types: borrowing KernelTypes
  ) -> [MissingProgram] {
    var missing: [MissingProgram] = []
    var program = bpf_object__next_program(object, nil)
    while let current = program {
      defer { program = bpf_object__next_program(object, current) }
      let name = String(cString: bpf_program__name(current))
      let place = String(cString: bpf_program__section_name(current))
      if name == SyscallEnds.functionPrograms[1] {
        bpf_program__set_autoload(
          current, backend == .hooks && SyscallFunctions.models().count > 1)
      } else if place == "fexit/security_bprm_creds_from_file" {
        // It stands in for a tracepoint.
        bpf_program__set_autoload(
          current, backend == .hooks && !types.has(tracepoint: "sched_prepare_exec"))
      } else if let function = place.removing(prefix: "fentry/")
        ?? place.removing(prefix: "fexit/")
      {
        if backend == .hooks, types.has(function: function) { continue }
        bpf_program__set_autoload(current, false)
        if backend == .hooks {
          missing.append(.init(program: name, at: place, withoutFunction: function))
        }
      } else if place == "tp_btf/module_load" {
        // A kernel without modules has no such tracepoint: nothing is missed there.
        bpf_program__set_autoload(current, types.has(tracepoint: "module_load"))
      } else if place == "tp_btf/inode_set_ctime_to_ts" || place.hasPrefix("tp_btf/ctime_") {
        // Since Linux 6.13; with hooks one tells what was replaced.
        bpf_program__set_autoload(
          current,
          backend == .tracepoints
            && types.has(tracepoint: String(place.dropFirst("tp_btf/".count))))
      } else if let tracepoint = place.removing(prefix: "tp_btf/io_uring_") {
        // Where there is the hook, nothing has to be told from these; a kernel without io_uring has neither.
        bpf_program__set_autoload(
          current,
          types.has(tracepoint: "io_uring_" + tracepoint)
            && !(backend == .hooks && types.has(function: "io_issue_sqe")))
      } else if place == "tp_btf/consume_skb" {
        // The hook does without what every packet comes by.
        bpf_program__set_autoload(
          current, !(backend == .hooks && types.has(function: "audit_receive")))
      } else if place == "tp_btf/console", !types.has(tracepoint: "console") {
        bpf_program__set_autoload(current, false)
        missing.append(
          .init(
            program: name, reason: "no tracepoint console: ANOM_PROMISCUOUS is not told",
            cure: "use a kernel with CONFIG_PRINTK"))
      } else if place == "tp_btf/sched_prepare_exec",
        !types.has(tracepoint: "sched_prepare_exec")
      {
        bpf_program__set_autoload(current, false)
        if backend == .hooks { continue }
        missing.append(
          .init(
            program: name,
            reason: "no tracepoint sched_prepare_exec (Linux 6.10): a0-a3 of execve are not known",
            cure: "use Linux 6.10 or later, or --backend hooks"))
      }
    }
    return missing
  }
}

extension MissingProgram {
  /// A hook on a function that this kernel has not.
  fileprivate init(program: String, at place: String, withoutFunction function: String) {
    let (loss, cure) =
      switch function {
      case "audit_seccomp", "audit_set_loginuid":
        ("its record is made from tracepoints", "use a kernel with CONFIG_AUDITSYSCALL")
      case "fanotify_free_event": ("FANOTIFY is not told", "use a kernel with CONFIG_FANOTIFY")
      case "audit_receive":
        ("what programs have written is told from a tracepoint", "use another kernel")
      case "perf_event_bpf_event": ("BPF is not told of a program that goes", "use another kernel")
      case "do_sys_openat2":
        ("what OPENAT2 tells is read from the caller's memory", "use another kernel")
      case _ where function.hasPrefix("do_mq_"):
        ("what it takes is read from the caller's memory", "use a kernel with CONFIG_POSIX_MQUEUE")
      case "io_issue_sqe":
        ("requests of io_uring are told from tracepoints", "use another kernel")
      case "proc_loginuid_write", "netlink_sendmsg", "__x64_sys_openat":
        ("all syscalls are looked at, not only those that rules name", "use another kernel")
      case "exit_signals":
        ("before Linux 6.16 exit and exit_group have no exe", "use another kernel")
      case _ where place.hasPrefix("fexit/"):
        ("what it takes is read from the caller's memory", "use another kernel")
      default:
        (
          "the files that it is asked about are known by name alone",
          "use a kernel with CONFIG_SECURITY_PATH"
        )
      }
    self.init(program: program, reason: "no function \(function): \(loss)", cure: cure)
  }
}

extension String {
  fileprivate func removing(prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
