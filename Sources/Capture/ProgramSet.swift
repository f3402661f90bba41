internal import CLibBPF
import CNestaudit
import Glibc

/// The programs that are in the kernel, and the maps that they share: loaded by this process, or by one before it and taken
/// over from where that has pinned them. What is pinned nowhere is taken out of the kernel when it goes.
final class ProgramSet {
  /// Every program; descriptors belong to the set.
  let all: [LoadedProgram]
  private let byName: [String: LoadedProgram]
  private let maps: [String: Int32]

  /// Of libbpf, where this process has loaded them; the descriptors are its own.
  private let object: OpaquePointer?
  private var shares: [ProgramShare]

  /// Programs that are being loaded.
  /// - Parameters:
  ///   - object: has the maps, and no program; closed with the rest.
  ///   - shares: the programs, which are waited for.
  init(object: OpaquePointer, shares: [ProgramShare]) throws(CaptureError) {
    self.object = object
    self.shares = shares
    var programs: [LoadedProgram] = []
    var maps: [String: Int32] = [:]
    for share in shares {
      ProgramObject.forEach(of: try share.loaded()) {
        if bpf_program__autoload($0) { programs.append(LoadedProgram($0)) }
      }
    }
    var map = bpf_object__next_map(object, nil)
    while let current = map {
      maps[String(cString: bpf_map__name(current))] = bpf_map__fd(current)
      map = bpf_object__next_map(object, current)
    }
    all = programs
    byName = Dictionary(uniqueKeysWithValues: programs.map { ($0.name, $0) })
    self.maps = maps
  }

  /// Programs that an earlier collector has pinned.
  init(pinned objects: PinnedObjects) throws(CaptureError) {
    object = nil
    shares = []
    all = try objects.programs()
    byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    var maps: [String: Int32] = [:]
    for name in objects.names(.map) { maps[name] = objects.open(.map, name) }
    self.maps = maps
  }

  deinit {
    // What is still being loaded needs the maps.
    shares = []
    if let object { return bpf_object__close(object) }
    for program in all { close(program.descriptor) }
    for map in maps.values { close(map) }
  }

  /// Pins all of it.
  func pin(in objects: PinnedObjects) throws(CaptureError) {
    for (name, descriptor) in maps { try objects.pin(descriptor, .map, name) }
    for program in all { try objects.pin(program) }
  }

  /// A program by its name; nil if it is not loaded.
  func program(_ name: String) -> LoadedProgram? { byName[name] }

  /// Its descriptor; -1 if it is not loaded.
  func descriptor(ofProgram name: String) -> Int32 { byName[name]?.descriptor ?? -1 }

  /// -1 if there is none.
  func descriptor(ofMap name: String) -> Int32 { maps[name] ?? -1 }
}
