internal import CLibBPF
import CNestaudit
import Glibc

/// The BPF object, loaded: as much of it as the kernel takes.
struct LoadedPrograms {
  let object: OpaquePointer
  let backend: Backend
  let missing: [MissingProgram]

  /// Loads the programs of a backend; with `auto`, of the other one if the kernel refuses the hooks.
  /// - Parameter ringSize: bytes, a power of two and a multiple of the page size.
  init(ringSize: UInt32, choice: Backend.Choice) throws(CaptureError) {
    // What libbpf says of types that are not there is not for the terminal.
    _ = LibbpfLog()
    guard KernelTypes.available else {
      throw CaptureError(
        "no BTF types of this kernel at /sys/kernel/btf/vmlinux; use a kernel with CONFIG_DEBUG_INFO_BTF=y"
      )
    }
    switch choice {
    case .tracepoints: self = try Self.load(ringSize, .tracepoints)
    case .hooks:
      guard Trampolines.load() else {
        throw CaptureError(
          "backend hooks: this kernel refuses fentry programs; use --backend tracepoints")
      }
      self = try Self.load(ringSize, .hooks)
    case .auto:
      guard Trampolines.load() else {
        self = try Self.load(ringSize, .tracepoints)
        return
      }
      do {
        self = try Self.load(ringSize, .hooks)
      } catch {
        let other = try Self.load(ringSize, .tracepoints)
        let refusal = MissingProgram(
          program: "backend hooks", reason: error.description,
          cure: "use the kernel of a distribution, or --backend tracepoints")
        self = Self(
          object: other.object, backend: .tracepoints, missing: [refusal] + other.missing)
      }
    }
  }

  private init(object: OpaquePointer, backend: Backend, missing: [MissingProgram]) {
    self.object = object
    self.backend = backend
    self.missing = missing
  }

  private static func load(
    _ ringSize: UInt32, _ backend: Backend
  ) throws(CaptureError) -> LoadedPrograms {
    let log = LibbpfLog()
    let object = try open()
    var loaded = false
    defer { if !loaded { bpf_object__close(object) } }

    guard bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "ring"), ringSize) == 0
    else {
      throw CaptureError("ring of \(ringSize) bytes", errno: errno, cure: "give a power of two")
    }
    let missing = choose(of: object, backend)
    let failed = bpf_object__load(object)
    guard failed == 0 else {
      throw CaptureError(
        "the BPF programs do not load", errno: -failed,
        cure: log.firstLine.map { "the kernel says: \($0)" }
          ?? "run as root, with CAP_BPF and CAP_PERFMON; 'nestaudit doctor' tells more")
    }
    loaded = true
    return LoadedPrograms(object: object, backend: backend, missing: missing)
  }

  private static func open() throws(CaptureError) -> OpaquePointer {
    var size = 0
    let bytes = nestaudit_bpf_object(&size)
    var options = bpf_object_open_opts()
    options.sz = MemoryLayout<bpf_object_open_opts>.size
    let opened = "nestaudit".withCString { name in
      options.object_name = name
      return bpf_object__open_mem(bytes, size, &options)
    }
    guard let opened else { throw CaptureError("the BPF object cannot be read", errno: errno) }
    return opened
  }

  /// Leaves out what the backend does not use, and what this kernel has nothing for.
  private static func choose(of object: OpaquePointer, _ backend: Backend) -> [MissingProgram] {
    var missing: [MissingProgram] = []
    var program = bpf_object__next_program(object, nil)
    while let current = program {
      defer { program = bpf_object__next_program(object, current) }
      let name = String(cString: bpf_program__name(current))
      let place = String(cString: bpf_program__section_name(current))
      if name == SyscallEnds.functionPrograms[1] {
        let models = backend == .hooks ? SyscallFunctions.models() : []
        bpf_program__set_autoload(
          current,
          models.count > 1 && bpf_program__set_attach_target(current, 0, models[1]) == 0)
      } else if place == "fexit/security_bprm_creds_from_file" {
        // It stands in for a tracepoint.
        bpf_program__set_autoload(
          current, backend == .hooks && !KernelTypes.has(tracepoint: "sched_prepare_exec"))
      } else if let function = place.removing(prefix: "fentry/")
        ?? place.removing(prefix: "fexit/")
      {
        if backend == .hooks, KernelTypes.has(function: function) { continue }
        bpf_program__set_autoload(current, false)
        if backend == .hooks {
          missing.append(.init(program: name, at: place, withoutFunction: function))
        }
      } else if place == "tp_btf/module_load" {
        // A kernel without modules has no such tracepoint: nothing is missed there.
        bpf_program__set_autoload(current, KernelTypes.has(tracepoint: "module_load"))
      } else if place == "tp_btf/inode_set_ctime_to_ts" || place.hasPrefix("tp_btf/ctime_") {
        // Since Linux 6.13; with hooks one tells what was replaced.
        bpf_program__set_autoload(
          current,
          backend == .tracepoints
            && KernelTypes.has(tracepoint: String(place.dropFirst("tp_btf/".count))))
      } else if let tracepoint = place.removing(prefix: "tp_btf/io_uring_") {
        // Where there is the hook, nothing has to be told from these; a kernel without io_uring has neither.
        bpf_program__set_autoload(
          current,
          KernelTypes.has(tracepoint: "io_uring_" + tracepoint)
            && !(backend == .hooks && KernelTypes.has(function: "io_issue_sqe")))
      } else if place == "tp_btf/consume_skb" {
        // The hook does without what every packet comes by.
        bpf_program__set_autoload(
          current, !(backend == .hooks && KernelTypes.has(function: "audit_receive")))
      } else if place == "tp_btf/console", !KernelTypes.has(tracepoint: "console") {
        bpf_program__set_autoload(current, false)
        missing.append(
          .init(
            program: name, reason: "no tracepoint console: ANOM_PROMISCUOUS is not told",
            cure: "use a kernel with CONFIG_PRINTK"))
      } else if place == "tp_btf/sched_prepare_exec",
        !KernelTypes.has(tracepoint: "sched_prepare_exec")
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
