internal import CLibBPF
import CNestaudit
import Glibc

/// A BPF map as a table from `Key` to `Value`, both of them structs of `policy.h`.
///
/// It borrows the map's descriptor: it must not outlive the `Capture` that gave it.
public struct KernelTable<Key, Value>: @unchecked Sendable {
  let descriptor: Int32
  let name: StaticString

  init(of programs: ProgramSet, name: StaticString) {
    descriptor = programs.descriptor(ofMap: "\(name)")
    self.name = name
  }

  /// A table of no kernel: what is written to it is nowhere.
  init(detached name: StaticString) {
    descriptor = -1
    self.name = name
  }

  /// Adds an entry, or replaces it whole: a program sees the old value or the new one.
  public func set(_ key: Key, _ value: Value) throws(CaptureError) {
    if descriptor < 0 { return }
    let failed = withUnsafePointer(to: key) { key in
      withUnsafePointer(to: value) { value in
        bpf_map_update_elem(descriptor, key, value, UInt64(BPF_ANY)) == 0 ? 0 : errno
      }
    }
    if failed == E2BIG {
      throw CaptureError("table \(name) is full", errno: failed, cure: "use fewer rules or daemons")
    }
    if failed != 0 { throw CaptureError("table \(name) cannot be written", errno: failed) }
  }

  /// Adds or replaces several entries, each whole: where each one alone would have to wait until no program uses the
  /// old value, that is done once for all, if the kernel can.
  public func set(_ entries: [(key: Key, value: Value)]) throws(CaptureError) {
    if descriptor < 0 { return }
    guard entries.count > 1 else {
      if let entry = entries.first { try set(entry.key, entry.value) }
      return
    }
    let keys = entries.map(\.key)
    let values = entries.map(\.value)
    var count = UInt32(entries.count)
    var options = bpf_map_batch_opts()
    options.sz = MemoryLayout<bpf_map_batch_opts>.size
    let isDone = keys.withUnsafeBytes { keys in
      values.withUnsafeBytes { values in
        bpf_map_update_batch(descriptor, keys.baseAddress, values.baseAddress, &count, &options)
          == 0
      }
    }
    if isDone { return }
    for entry in entries { try set(entry.key, entry.value) }
  }

  /// Removes an entry; one that is not there is no error.
  public func remove(_ key: Key) { _ = take(key) }

  /// Removes an entry; false if there is none.
  func take(_ key: Key) -> Bool {
    withUnsafePointer(to: key) { bpf_map_delete_elem(descriptor, $0) == 0 }
  }

  /// The value of `key`, or nil.
  public func value(_ key: Key) -> Value? {
    withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { value in
      let found = withUnsafePointer(to: key) {
        bpf_map_lookup_elem(descriptor, $0, value.baseAddress) == 0
      }
      return found ? value[0] : nil
    }
  }

  /// How many entries there are; one that comes or goes meanwhile may be missed.
  public var count: Int {
    var count = 0
    withUnsafeTemporaryAllocation(of: Key.self, capacity: 2) { keys in
      var previous: UnsafeMutablePointer<Key>?
      while bpf_map_get_next_key(descriptor, previous, keys.baseAddress! + 1) == 0 {
        count += 1
        keys[0] = keys[1]
        previous = keys.baseAddress
      }
    }
    return count
  }

  /// Every entry, in no order; one that comes or goes meanwhile may be missed.
  public func entries() -> [(key: Key, value: Value)] {
    var found: [(key: Key, value: Value)] = []
    withUnsafeTemporaryAllocation(of: Key.self, capacity: 2) { keys in
      var previous: UnsafeMutablePointer<Key>?
      while bpf_map_get_next_key(descriptor, previous, keys.baseAddress! + 1) == 0 {
        if let value = value(keys[1]) { found.append((keys[1], value)) }
        keys[0] = keys[1]
        previous = keys.baseAddress
      }
    }
    return found
  }
}
