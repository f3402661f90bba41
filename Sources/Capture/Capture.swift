internal import CLibBPF
public import CNestaudit
import Glibc

/// The BPF side: the programs, loaded and attached, their tables and their ring.
///
/// One thread may drain the ring; the tables may be written from that thread. Everything is taken out of the
/// kernel when the object goes, unless it is pinned: then it stays until `detach`, for whoever comes after this process.
public final class Capture: @unchecked Sendable {
  /// nil without a kernel.
  private let programs: ProgramSet?
  /// Tells what a descriptor leads to, in the numbers that events have.
  public let identifier: FileIdentifier
  private let attachments: Attachments
  private let ends: SyscallEnds?
  let ring: EventRing?

  /// How objects are obtained.
  public let backend: Backend
  /// Where everything is pinned; nil if nothing is.
  private let pins: PinnedObjects?
  /// An earlier collector has left the programs, and they have captured since.
  public let isTakenOver: Bool
  /// What tells programs, and what they write into the ring, from others: the same has the same layout.
  public let version: String
  /// Bytes of the ring.
  public let ringSize: UInt32
  /// Tells the ring from every other one of this boot.
  public var identity: String {
    programs.flatMap {
      PinDirectory.identity(version, ring: dup($0.descriptor(ofMap: "ring")))
    } ?? ""
  }
  private var isLeft = false
  /// What accounts have in the ring is right, whatever became of the collector before.
  private var isSettled: Bool
  /// Versions of which something was left that this one cannot read.
  var strangers: [PinnedObjects] = []
  /// Programs that this kernel refused; what each gives is missing.
  public private(set) var missing: [MissingProgram]

  /// The gate and the other settings, mapped into the kernel: a store takes effect at once.
  public let control: UnsafeMutablePointer<policy_control>

  /// cgroup id to container and policy.
  public let cgroups: CgroupTable
  /// Policy to the daemons of a chain.
  public let policies: KernelTable<UInt32, policy_entry>
  /// contid to the ids that a daemon of the container sees.
  public let views: KernelTable<UInt64, policy_view>
  /// Ruleset to the descriptor of its `RulesetMap`.
  public let rulesets: KernelTable<UInt32, Int32>
  /// What rules ask for of a file or directory: enum watched_flags.
  public let watched: KernelTable<file_key, UInt32>
  /// Which paths of a daemon's rules lead to a file, or are a name in a directory.
  public let watches: KernelTable<watch_key, watch_paths>
  /// How much of the ring each container uses.
  public let credits: Credits
  /// contids that were declared of processes.
  public let declarations: Declarations
  /// Lost events, counted by whom they belong to and why.
  public let losses: KernelTable<loss_key, UInt64>

  /// Loads the programs; nothing is attached yet.
  /// - Parameters:
  ///   - ringSize: bytes, a power of two and a multiple of the page size; one that is taken over has its own.
  ///   - choice: of the backend.
  ///   - directory: where everything is pinned, and taken over from if the same programs are there; nil to pin nothing.
  ///   - kept: `identity` of the one of which what is known besides was kept; no other one is taken over.
  public init(
    ringSize: UInt32, backend choice: Backend.Choice, pinnedIn directory: PinDirectory? = nil,
    kept: String? = nil
  ) throws(CaptureError) {
    try directory?.make()
    // It is not if all goes well.
    defer { directory?.removeIfEmpty() }
    let found = directory?.found(choice: choice, kept: kept)
    let ringSize = found?.ringSize ?? ringSize
    self.ringSize = ringSize
    let loaded =
      if let found {
        try LoadedPrograms(pinned: found.objects, backend: found.backend)
      } else {
        try LoadedPrograms(ringSize: ringSize, choice: choice)
      }
    let programs = loaded.programs
    version = PinDirectory.version(ringSize: ringSize, backend: loaded.backend)
    isTakenOver = found != nil
    isSettled = found == nil
    strangers =
      directory.map { [version] directory in
        directory.versions.filter { $0 != version }.map(directory.objects)
      } ?? []
    // libbpf maps it by itself only for skeletons.
    let memory = mmap(
      nil, MemoryLayout<policy_control>.size, PROT_READ | PROT_WRITE, MAP_SHARED,
      programs.descriptor(ofMap: "nestaudi.bss"), 0)
    guard let memory, memory != MAP_FAILED else {
      throw CaptureError("the control block cannot be mapped", errno: errno)
    }
    control = memory.bindMemory(to: policy_control.self, capacity: 1)

    cgroups = CgroupTable(of: programs)
    policies = .init(of: programs, name: "policies")
    views = .init(of: programs, name: "views")
    rulesets = .init(of: programs, name: "rulesets")
    watched = .init(of: programs, name: "watched")
    watches = .init(of: programs, name: "watches")
    identifier = FileIdentifier(program: programs.descriptor(ofProgram: "nestaudit_identify"))
    declarations = Declarations(of: programs, control: control)
    losses = .init(of: programs, name: "losses")
    let ring: EventRing
    do {
      credits = try Credits(of: programs, control: control, ringSize: ringSize)
      ring = try EventRing(descriptor: programs.descriptor(ofMap: "ring"), credits: credits)
    } catch {
      munmap(memory, MemoryLayout<policy_control>.size)
      throw error
    }
    self.ring = ring
    self.programs = programs
    backend = loaded.backend
    missing = loaded.missing
    if !isTakenOver {
      missing += [
        programs.program("nestaudit_find_places").flatMap(PlaceFinder.find),
        programs.program("nestaudit_find_clock").flatMap(ClockFinder.find),
      ].compactMap(\.self)
    }
    if let found {
      pins = found.objects
    } else if let directory {
      let objects = try directory.begin()
      try programs.pin(in: objects)
      try directory.finish(objects, as: version)
      pins = objects
    } else {
      pins = nil
    }
    attachments = Attachments(pinnedIn: pins)
    ends = SyscallEnds(
      programs: programs, control: control, backend: backend, attachments: attachments, pins: pins)
  }

  /// Without a kernel: what is written to the tables is nowhere, and no event ever comes. For replay, which knows how
  /// the kernel has judged.
  /// - Parameter backend: of the events that are replayed.
  public init(detached backend: Backend) {
    programs = nil
    ends = nil
    ring = nil
    control = .allocate(capacity: 1)
    control.initialize(to: policy_control())
    // No event was judged by these tables: none may seem so, by the numbers of another collector's.
    control.pointee.generation = 1 << 31
    cgroups = CgroupTable(detached: "cgroups")
    policies = .init(detached: "policies")
    views = .init(detached: "views")
    rulesets = .init(detached: "rulesets")
    watched = .init(detached: "watched")
    watches = .init(detached: "watches")
    identifier = FileIdentifier(program: -1)
    declarations = Declarations(detached: control)
    losses = .init(detached: "losses")
    credits = Credits(detached: control)
    attachments = Attachments(pinnedIn: nil)
    pins = nil
    isTakenOver = false
    isSettled = true
    version = ""
    ringSize = 0
    self.backend = backend
    missing = []
  }

  deinit {
    guard programs != nil else { return control.deallocate() }
    // A collector that could not begin leaves what it has found.
    if !isTakenOver, !isLeft { detach() }
    munmap(control, MemoryLayout<policy_control>.size)
  }

  /// Puts the table of a ruleset into the kernel.
  public func ruleset(words: [UInt64]) throws(CaptureError) -> RulesetMap {
    programs == nil ? RulesetMap(detached: ()) : try RulesetMap(words: words)
  }

  /// Everything stays in the kernel when the object goes.
  public func leave() { isLeft = pins != nil }

  /// Begins to look at something, or ends it. Can be changed with CAP_BPF alone.
  public func watch(_ demand: Demand, _ wanted: Bool) throws(CaptureError) {
    guard wanted else {
      if demand == .requests { control.pointee.requests = 0 }
      return attachments.detach(demand.programs)
    }
    guard let programs else { return }
    do {
      for program in demand.programs.compactMap(programs.program) {
        try attachments.attach(program)
      }
    } catch {
      attachments.detach(demand.programs)
      throw error
    }
    if demand == .requests { control.pointee.requests = 1 }
  }

  /// Why every syscall of the machine is looked at when it ends; nil where only those are that rules name.
  public var everyEndReason: String? { ends?.refusal }

  /// Makes ready for looking only at those syscalls that rules name. Must be called with all privileges.
  public func loadFunctions() { ends?.loadFunctions() }

  /// Sees the syscalls of a gate when they end; to be called before it is opened.
  /// - Parameter gate: for each arch, 64 syscalls a word.
  public func seeEnds(of gate: [UInt64]) throws(CaptureError) { try ends?.open(gate) }

  /// Sees all ends where what needs no rule may come with any syscall; to be called now and then.
  public func noticeListeners() throws(CaptureError) { try ends?.noticeListeners() }

  /// Looks no more at what that gate has not; to be called when it holds.
  public func forgetEnds() { ends?.close() }

  /// Programs that are attached when there is something for them.
  private static let onDemand =
    Demand.allCases.flatMap(\.programs) + [SyscallEnds.exitProgram] + SyscallEnds.functionPrograms

  /// Attaches every program, but for those that wait for rules; from here on events come. A hook that the kernel
  /// refuses is missing from then on.
  public func attach() throws(CaptureError) {
    guard let programs, let ends else { return }
    var hooks: UInt32 = 0
    var insides = 0
    for program in programs.all where !program.isCalled && !Self.onDemand.contains(program.name) {
      let isInside = SyscallEnds.insidePrograms.contains(program.name)
      if isInside, ends.refusal != nil { continue }
      do {
        try attachments.attach(program)
        insides += isInside ? 1 : 0
        hooks |= Self.hooks[program.name]?.rawValue ?? 0
      } catch {
        guard program.place == BPF_TRACE_FENTRY || program.place == BPF_TRACE_FEXIT else {
          throw error
        }
        missing.append(
          .init(program: program.name, reason: error.description, cure: "use another kernel"))
      }
    }
    control.pointee.hooks = hooks
    try ends.begin(insides: insides == SyscallEnds.insidePrograms.count)
  }

  /// What is not looked for elsewhere where these are attached.
  private static let hooks: [String: policy_hook] = [
    "nestaudit_getname_flags": HOOK_NAMES, "nestaudit_address": HOOK_ADDRESSES,
    "nestaudit_address_got": HOOK_GOT,
    "nestaudit_lookup": HOOK_LOOKUPS, "nestaudit_parent": HOOK_PARENTS,
    "nestaudit_seccomp": HOOK_SECCOMP, "nestaudit_set_loginuid": HOOK_LOGIN,
    "nestaudit_program": HOOK_PROGRAMS, "nestaudit_open_how": HOOK_HOW,
    "nestaudit_mq_open": HOOK_QUEUES,
  ]

  /// Takes the programs off their tracepoints, and out of where they are pinned; what is in the ring stays to be drained,
  /// and nothing follows.
  public func detach() {
    ends?.end()
    attachments.detachAll()
    pins?.removeAll()
    // One may still run on another CPU.
    nestaudit_wait_for_grace_period()
  }

  /// Readable when there are events, for epoll(7).
  public var eventsDescriptor: Int32 { programs?.descriptor(ofMap: "ring") ?? -1 }

  /// What one call of `drain` takes at most, in bytes: some milliseconds of work.
  private static let drainedAtOnce = 2 << 20

  /// Hands events that are in the ring to `sink`, in its order; each is valid only during its call. To be followed by
  /// `giveBack`.
  /// - Parameter beforeGivingBack: is called between two events when the place of those before is about to be given back
  ///   to the kernel: from then on nobody can read them again.
  /// - Returns: how many there were, and whether there may be more at once.
  public func drain(
    _ sink: (UnsafeRawBufferPointer) -> Void, beforeGivingBack: () -> Void
  ) -> (events: Int, hasMore: Bool) {
    ring?.drain(atMost: Self.drainedAtOnce, sink, beforeGivingBack: beforeGivingBack) ?? (0, false)
  }

  /// Gives the place of all that was drained back to the kernel.
  public func giveBack() {
    guard let ring else { return }
    ring.giveBack()
    if !isSettled { isSettled = credits.settle { ring.isEmpty } }
  }

  /// In the ring, up to where events have been drained; it grows for as long as the programs are loaded.
  public var position: UInt64 { ring?.position ?? 0 }

  /// In the ring, up to where events have been put.
  public var endPosition: UInt64 { ring?.end ?? 0 }

  /// Runs of our programs that the kernel skipped because one was already running on the CPU.
  public var skippedRuns: UInt64 {
    var skipped: UInt64 = 0
    // While one runs only an interrupt can let another packet go, which is no message to the audit.
    for program in programs?.all ?? [] where program.name != "nestaudit_consume_skb" {
      var information = bpf_prog_info()
      var length = UInt32(MemoryLayout<bpf_prog_info>.size)
      if bpf_obj_get_info_by_fd(program.descriptor, &information, &length) == 0 {
        skipped += information.recursion_misses
      }
    }
    return skipped
  }
}
