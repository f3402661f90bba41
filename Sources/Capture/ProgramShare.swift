internal import CLibBPF
import CNestaudit
import Glibc

/// Some of the programs, loaded by a thread of their own: the kernel goes through every program before it takes it,
/// which is nearly all of a start, and does that for one thread as quickly as for another.
///
/// They share the maps of the object that they are told.
final class ProgramShare: @unchecked Sendable {
  private let names: Set<String>
  private let maps: OpaquePointer
  private let prepare: @Sendable (OpaquePointer) -> Void
  private var thread = pthread_t()
  private var isJoined = false
  private var object: OpaquePointer?
  private var failure: CaptureError?

  /// Begins to load.
  /// - Parameters:
  ///   - names: of the programs.
  ///   - maps: an object that is loaded.
  ///   - prepare: is told the object before it is loaded.
  init(
    _ names: [String], maps: OpaquePointer, prepare: @escaping @Sendable (OpaquePointer) -> Void
  ) {
    self.names = Set(names)
    self.maps = maps
    self.prepare = prepare
    let failed = pthread_create(
      &thread, nil,
      { context in
        nestaudit_name_thread("program-loader")
        Unmanaged<ProgramShare>.fromOpaque(context!).takeUnretainedValue().load()
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
    if failed != 0 {
      isJoined = true
      load()
    }
  }

  deinit {
    join()
    if let object { bpf_object__close(object) }
  }

  /// The object with the programs, once they are loaded.
  func loaded() throws(CaptureError) -> OpaquePointer {
    join()
    if let failure { throw failure }
    return object!
  }

  private func join() {
    if isJoined { return }
    isJoined = true
    pthread_join(thread, nil)
  }

  private func load() {
    do throws(CaptureError) {
      let opened = try ProgramObject.open()
      object = opened
      ProgramObject.forEach(of: opened) {
        bpf_program__set_autoload($0, names.contains(String(cString: bpf_program__name($0))))
      }
      try shareMaps(with: opened)
      prepare(opened)
      try ProgramObject.load(opened)
    } catch {
      failure = error
    }
  }

  private func shareMaps(with object: OpaquePointer) throws(CaptureError) {
    var map = bpf_object__next_map(object, nil)
    while let current = map {
      defer { map = bpf_object__next_map(object, current) }
      let descriptor = bpf_map__fd(bpf_object__find_map_by_name(maps, bpf_map__name(current)))
      guard bpf_map__reuse_fd(current, descriptor) == 0 else {
        throw CaptureError(
          "map \(String(cString: bpf_map__name(current))) cannot be shared", errno: errno)
      }
    }
  }
}
