internal import CLibBPF
import CNestaudit
import Glibc

/// Where syscalls are seen to end: at `sys_exit`, by which every syscall of the machine comes, or, where the kernel
/// allows it, at the functions of those that rules name.
///
/// A syscall belongs to one of both for as long as rules name it, so that a reload that goes on asking for it loses
/// none of its calls and tells none twice. What no function can be found for belongs to `sys_exit`, which is attached
/// while there is such a one.
final class SyscallEnds {
  /// A syscall: an enum policy_arch and a number.
  struct Cell: Hashable {
    let arch: Int
    let syscall: Int
  }

  /// Why every syscall is looked at; nil if only those are that rules name.
  private(set) var refusal: String?
  private let attachments: Attachments
  private let pins: PinnedObjects?
  private var functions: SyscallFunctions?
  private let programs: ProgramSet
  private let control: UnsafeMutablePointer<policy_control>
  /// What rules name.
  private var wanted: Set<Cell> = []
  private var byFunction: Set<Cell> = []
  private var byExit: Set<Cell> = []
  private var hasBegun = false
  private var seesAll = false

  /// With more functions what stands on them would stay too long when the collector ends: the kernel needs a tenth of
  /// a second to take a program off one.
  static let mostFunctions = 128

  static let exitProgram = "nestaudit_sys_exit"
  /// In the order of `SyscallFunctions.models()`.
  static let functionPrograms = ["nestaudit_function", "nestaudit_function_unused"]
  /// Where the end of what is too common to be looked at is decided.
  static let insidePrograms = ["nestaudit_loginuid_written", "nestaudit_netlink_sent"]

  /// - Parameter pins: where programs stay when this process is killed; nil if they need not.
  init(
    programs: ProgramSet, control: UnsafeMutablePointer<policy_control>, backend: Backend,
    attachments: Attachments, pins: PinnedObjects?
  ) {
    self.attachments = attachments
    self.pins = pins
    self.programs = programs
    self.control = control
    refusal = Self.refusal(programs, backend)
  }

  private static func refusal(_ programs: ProgramSet, _ backend: Backend) -> String? {
    guard backend == .hooks else {
      return "there is no program on a function without the backend hooks"
    }
    let newest = SyscallFunctionNames.newest
    let version = nestaudit_kernel_version()
    guard version > 0, version <= nestaudit_version(newest.major, newest.minor) else {
      return "the functions of kernels after Linux \(newest.major).\(newest.minor) are not known"
    }
    for name in functionPrograms.prefix(1) + insidePrograms
    where programs.descriptor(ofProgram: name) < 0 {
      return "the kernel has nothing for program \(name)"
    }
    switch Preemption(by: programs.program("nestaudit_preemption")) {
    case .none: return nil
    case .full: return "the kernel is preempted, and with it programs on its functions"
    case .unknown: return "the kernel does not tell whether it is preempted"
    }
  }

  /// What may end with a record that no rule asks for, and so is looked at always: `own_syscall` in bpf/lib/own.h.
  /// That of a login, and of what is sent over netlink, is seen inside.
  static var owned: [Cell] {
    var wide = [
      16 /* ioctl */, 54 /* setsockopt */, 300 /* fanotify_init */, 307 /* sendmmsg */,
      321, /* bpf */
    ]
    var narrow = [
      54 /* ioctl */, 102 /* socketcall */, 338 /* fanotify_init */, 345 /* sendmmsg */,
      357 /* bpf */,
      366 /* setsockopt */,
    ]
    // Before Linux 6.6 a file is let go after close has ended.
    if nestaudit_kernel_version() >= nestaudit_version(6, 6) {
      wide.append(3)
      narrow.append(6)
    }
    return cells(Int(POLICY_ARCH_64.rawValue), wide) + cells(Int(POLICY_ARCH_32.rawValue), narrow)
  }

  private static let wordsPerArch = Int(POLICY_SYSCALLS) / 64

  private static func cells(_ gate: [UInt64]) -> Set<Cell> {
    var cells: Set<Cell> = []
    for (index, word) in gate.enumerated() where word != 0 {
      let (arch, first) = index.quotientAndRemainder(dividingBy: wordsPerArch)
      for bit in 0..<64 where word >> UInt64(bit) & 1 == 1 {
        cells.insert(Cell(arch: arch, syscall: 64 * first + bit))
      }
    }
    return cells
  }

  private static func cells(_ arch: Int, _ syscalls: [Int]) -> [Cell] {
    syscalls.map { Cell(arch: arch, syscall: $0) }
  }

  /// Loads a program for every function. Must be called before privileges are given up, if at all: without it all
  /// syscalls are looked at.
  func loadFunctions() {
    guard refusal == nil else { return }
    let handlers = zip(SyscallFunctions.models(), Self.functionPrograms).map { model, program in
      (model, programs.descriptor(ofProgram: program))
    }
    functions = SyscallFunctions(handlers: handlers, pins: pins)
    if functions == nil { refusal = "the kernel refuses programs that hand over to another" }
  }

  /// Begins to look, once all other programs are attached.
  /// - Parameter insides: all of `insidePrograms` are.
  func begin(insides: Bool) throws(CaptureError) {
    hasBegun = true
    if refusal == nil, functions == nil { refusal = "programs on functions were not asked for" }
    if refusal == nil, !insides || control.pointee.hooks & HOOK_LOGIN.rawValue == 0 {
      refusal = "what a login is told by does not attach"
    }
    if refusal == nil, let functions {
      // What an earlier collector saw at functions is seen there still.
      byFunction = told().filter { name(of: $0).map(functions.isAttached) == true }
      if attachments.isAttached(Self.exitProgram) { byExit = wanted.subtracting(byFunction) }
      for cell in Self.owned {
        guard let name = name(of: cell), functions.attach(name) else {
          refusal = "no program on the function of syscall \(cell.syscall)"
          break
        }
        byFunction.insert(cell)
      }
    }
    if refusal == nil {
      try open(wanted)
    } else {
      byFunction = []
      functions = nil
      try linkExit()
    }
    publish()
  }

  /// Sees these end, before rules ask for them.
  /// - Parameter gate: for each arch, 64 syscalls a word.
  func open(_ gate: [UInt64]) throws(CaptureError) {
    try open(Self.cells(gate))
  }

  private func open(_ cells: Set<Cell>) throws(CaptureError) {
    wanted = cells
    guard hasBegun, let functions else { return }
    let new = cells.subtracting(byFunction).subtracting(byExit)
      .filter { !SyscallFunctionNames.isEndless(arch: $0.arch, syscall: $0.syscall) }
    let more = Set(new.compactMap { name(of: $0) }).count { !functions.isAttached($0) }
    let isRoom = functions.attached + more <= Self.mostFunctions
    for cell in new {
      if isRoom, let name = name(of: cell), functions.attach(name) {
        byFunction.insert(cell)
      } else {
        byExit.insert(cell)
      }
    }
    if !byExit.isEmpty { try linkExit() }
    publish()
  }

  /// Looks no more at what rules have ceased to ask for.
  func close() {
    guard hasBegun, let functions else { return }
    byExit.formIntersection(wanted)
    byFunction.formIntersection(wanted.union(Self.owned))
    publish()
    if byExit.isEmpty, !seesAll { unlinkExit() }
    let used = Set(byFunction.compactMap { name(of: $0) })
    for name in functions.attachedNames where !used.contains(name) { functions.detach(name) }
  }

  /// Sees every syscall end from here on, if a listener of fanotify has its answers audited: they are told in calls that
  /// no rule names.
  func noticeListeners() throws(CaptureError) {
    guard hasBegun, functions != nil, !seesAll, control.pointee.answers == 1 else { return }
    seesAll = true
    try linkExit()
  }

  /// Sees nothing any more.
  func end() {
    hasBegun = false
    byFunction = []
    byExit = []
    publish()
    unlinkExit()
    functions?.detachAll()
  }

  /// The function of a syscall, if it can be attached to.
  private func name(of cell: Cell) -> String? {
    SyscallFunctionNames.function(arch: cell.arch, syscall: cell.syscall)
      .flatMap { functions?.name(of: $0) }
  }

  /// What is told by functions, for BPF.
  private func publish() {
    let perArch = Self.wordsPerArch
    var words = [UInt64](repeating: 0, count: Int(POLICY_ARCHES) * perArch)
    for cell in byFunction {
      words[cell.arch * perArch + cell.syscall / 64] |= 1 << UInt64(cell.syscall % 64)
    }
    withUnsafeMutableBytes(of: &control.pointee.functions) { bytes in
      for (index, word) in words.enumerated() {
        bytes.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
      }
    }
  }

  /// What functions tell, by BPF's word.
  private func told() -> Set<Cell> {
    withUnsafeBytes(of: &control.pointee.functions) {
      Self.cells(Array($0.bindMemory(to: UInt64.self)))
    }
  }

  private func linkExit() throws(CaptureError) {
    guard let program = programs.program(Self.exitProgram) else {
      throw CaptureError("program \(Self.exitProgram) is not loaded")
    }
    try attachments.attach(program)
    control.pointee.every_end = 1
  }

  private func unlinkExit() {
    guard attachments.isAttached(Self.exitProgram) else { return }
    control.pointee.every_end = 0
    attachments.detach([Self.exitProgram])
  }
}
