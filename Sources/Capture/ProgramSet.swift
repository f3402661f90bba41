internal import CLibBPF
import CNestaudit

/// The programs that are loaded, and the maps that they share. Everything is taken out of the kernel when it goes.
final class ProgramSet {
  /// Has the maps, and no program.
  private let maps: OpaquePointer
  private var shares: [ProgramShare]
  private var objects: [OpaquePointer] = []

  /// - Parameters:
  ///   - maps: an object that is loaded; closed with the rest.
  ///   - shares: the programs, which are waited for.
  init(maps: OpaquePointer, shares: [ProgramShare]) throws(CaptureError) {
    self.maps = maps
    self.shares = shares
    for share in shares { objects.append(try share.loaded()) }
    nestaudit_trim_memory()
  }

  deinit {
    // What is still being loaded needs the maps.
    shares = []
    bpf_object__close(maps)
  }

  /// A program by its name; nil if it is not loaded.
  func program(_ name: String) -> OpaquePointer? {
    for object in objects {
      if let program = bpf_object__find_program_by_name(object, name),
        bpf_program__autoload(program)
      {
        return program
      }
    }
    return nil
  }

  /// Its descriptor; -1 if it is not loaded.
  func descriptor(ofProgram name: String) -> Int32 { program(name).map(bpf_program__fd) ?? -1 }

  func descriptor(ofMap name: String) -> Int32 {
    bpf_map__fd(bpf_object__find_map_by_name(maps, name))
  }

  /// Goes through all that are loaded.
  func forEach(_ body: (OpaquePointer) throws(CaptureError) -> Void) throws(CaptureError) {
    for object in objects {
      var program = bpf_object__next_program(object, nil)
      while let current = program {
        if bpf_program__autoload(current) { try body(current) }
        program = bpf_object__next_program(object, current)
      }
    }
  }
}
