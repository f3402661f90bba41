internal import CLibBPF
import CNestaudit
import Glibc

/// A small program for each function that does a syscall, loaded once and attached on demand: it hands over to the one
/// that tells the end of a syscall.
///
/// The kernel ties a program to the one function that it was loaded for, and a program that hands over to another to
/// functions of the same type. Loading takes privileges that are given up; attaching does not.
final class SyscallFunctions {
  /// By the type of functions. The kernel needs them while programs use them.
  private var handlers: [UInt32: Int32] = [:]
  private var programs: [String: Int32] = [:]
  private var links: [String: Int32] = [:]
  private let closer = LinkCloser()
  private let pins: PinnedObjects?

  /// Makes ready for every function that this kernel has types of.
  /// - Parameters:
  ///   - programs: descriptors of the programs that tell, each with the function that it was loaded for.
  ///   - pins: where what is attached stays when this process is killed; what is attached there is taken over.
  init?(handlers programs: [(model: String, program: Int32)], pins: PinnedObjects?) {
    self.pins = pins
    for (model, program) in programs {
      guard let type = Self.known[model]?.type,
        let map = pins?.open(.map, Self.handlers + model) ?? Self.map(of: program)
      else { return nil }
      handlers[type] = map
      // The kernel empties it when no process and no pin has it.
      try? pins?.pin(map, .map, Self.handlers + model)
    }
    for name in pins?.names(.link) ?? [] where name.hasPrefix(Self.mark) {
      links[String(name.dropFirst(Self.mark.count))] = pins?.open(.link, name)
    }
    for (name, function) in Self.known {
      guard let map = handlers[function.type] else { continue }
      let program = Self.load(for: function.id, handlers: map)
      if program >= 0 { self.programs[name] = program }
    }
  }

  private static let handlers = "handlers-"
  /// Before the name of a function whose link is pinned.
  static let mark = "function-"

  private static func map(of program: Int32) -> Int32? {
    var options = bpf_map_create_opts()
    options.sz = MemoryLayout<bpf_map_create_opts>.size
    let map = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "handlers", 4, 4, 1, &options)
    var first: UInt32 = 0
    var program = program
    guard map >= 0 else { return nil }
    if bpf_map_update_elem(map, &first, &program, UInt64(BPF_ANY)) == 0 { return map }
    close(map)
    return nil
  }

  /// A function of each type that they have. There are two: where a kernel that is configured otherwise has an empty
  /// function in their place, and where they take no arguments, theirs is called "unused".
  static func models() -> [String] {
    guard let type = known[first]?.type else { return [] }
    let other = known.filter { $0.value.type != type }.keys.min()
    return [first] + (other.map { [$0] } ?? [])
  }

  private static let first = "__x64_sys_openat"

  /// The numbers of a function and of its type in the kernel's types.
  private struct Function {
    let id: UInt32
    let type: UInt32
  }

  /// What the kernel has types of and takes the caller's registers alone, by the names that it has there: the first of
  /// each, as libbpf takes it.
  private static let known: [String: Function] = {
    guard let types = btf__load_vmlinux_btf() else { return [:] }
    defer { btf__free(types) }
    let names = SyscallFunctionNames.all
    var found: [String: Function] = [:]
    for id in 1..<btf__type_cnt(types) {
      guard let type = btf__type_by_id(types, id), kind(type) == 12 /* BTF_KIND_FUNC */,
        let text = btf__name_by_offset(types, type.pointee.name_off), text[0] == 95, text[1] == 95,
        case let name = String(cString: text), names.contains(name), found[name] == nil
      else { continue }
      found[name] = Function(id: id, type: type.pointee.type)
    }
    let registers = found[first].flatMap { argument(of: $0.type, in: types) }
    return found.filter { argument(of: $0.value.type, in: types) == registers }
  }()

  private static func kind(_ type: UnsafePointer<btf_type>) -> UInt32 {
    type.pointee.info >> 24 & 31
  }

  /// The type of the only argument of functions of a type; nil if they have none, or several.
  private static func argument(of function: UInt32, in types: OpaquePointer) -> UInt32? {
    guard let type = btf__type_by_id(types, function), kind(type) == 13 /* BTF_KIND_FUNC_PROTO */,
      type.pointee.info & 0xffff == 1
    else { return nil }
    return UnsafeRawPointer(type + 1).assumingMemoryBound(to: btf_param.self).pointee.type
  }

  deinit {
    // What is pinned stays.
    if pins == nil { detachAll() }
    for program in programs.values { close(program) }
    for map in handlers.values { close(map) }
  }

  /// How many have a program.
  var attached: Int { links.count }

  /// By which name a function has a program; nil if it has none.
  func name(of function: SyscallFunctionNames.Name) -> String? {
    if programs[function.own] != nil { return function.own }
    return programs[function.bare] != nil ? function.bare : nil
  }

  func isAttached(_ function: String) -> Bool { links[function] != nil }

  /// Puts the program on a function; false if the kernel refuses.
  func attach(_ function: String) -> Bool {
    if links[function] != nil { return true }
    guard let program = programs[function] else { return false }
    let link =
      closer.reclaim(function) ?? bpf_link_create(program, 0, BPF_TRACE_FEXIT, nil)
    guard link >= 0 else { return false }
    do {
      try pins?.pin(link, .link, Self.mark + function)
    } catch {
      close(link)
      return false
    }
    links[function] = link
    return true
  }

  /// Takes it off, in a while.
  func detach(_ function: String) {
    guard let link = links.removeValue(forKey: function) else { return }
    pins?.unpin(.link, Self.mark + function)
    closer.close(link, of: function)
  }

  /// Takes all programs off, in a child: this process need not wait for it.
  func detachAll() {
    let descriptors = (links.values + closer.takeAll()).sorted()
    for function in links.keys { pins?.unpin(.link, Self.mark + function) }
    links = [:]
    guard !descriptors.isEmpty else { return }
    nestaudit_close_in_child(descriptors, UInt32(descriptors.count))
    for descriptor in descriptors { close(descriptor) }
  }

  /// The functions with a program on them.
  var attachedNames: [String] { Array(links.keys) }

  /// "bpf_tail_call(context, handlers, 0); return 0".
  private static func load(for function: UInt32, handlers: Int32) -> Int32 {
    let program = [
      bpf_insn(code: 0x18, dst_reg: 2, src_reg: 1 /* a map */, off: 0, imm: handlers),
      bpf_insn(code: 0, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
      bpf_insn(code: 0xb7, dst_reg: 3, src_reg: 0, off: 0, imm: 0),
      bpf_insn(
        code: 0x85, dst_reg: 0, src_reg: 0, off: 0, imm: Int32(BPF_FUNC_tail_call.rawValue)),
      bpf_insn(code: 0xb7, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
      bpf_insn(code: 0x95, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
    ]
    var options = bpf_prog_load_opts()
    options.sz = MemoryLayout<bpf_prog_load_opts>.size
    options.expected_attach_type = BPF_TRACE_FEXIT
    options.attach_btf_id = function
    return bpf_prog_load(
      BPF_PROG_TYPE_TRACING, "nestaudit_end", "GPL", program, program.count, &options)
  }
}
