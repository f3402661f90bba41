internal import CLibBPF
import CNestaudit
import Glibc

/// One ruleset's table in the kernel: an array map of its own. It stays as long as this value, or an entry of
/// `Capture.rulesets`, holds it.
public final class RulesetMap {
  /// What an entry of `Capture.rulesets` is set to.
  public let descriptor: Int32

  /// Makes a map of pages and writes them; it is not changed any more.
  /// - Parameter words: whole lines of `TABLE_WORDS` words.
  public init(words: [UInt64]) throws(CaptureError) {
    let perPage = Int(TABLE_PAGE) * Int(TABLE_WORDS)
    let pages = UInt32((words.count + perPage - 1) / perPage)
    let rest = [UInt64](repeating: 0, count: Int(pages) * perPage - words.count)
    var options = bpf_map_create_opts()
    options.sz = MemoryLayout<bpf_map_create_opts>.size
    options.map_flags = UInt32(BPF_F_INNER_MAP)
    descriptor = bpf_map_create(
      BPF_MAP_TYPE_ARRAY, "ruleset", UInt32(MemoryLayout<UInt32>.size),
      UInt32(MemoryLayout<table_page>.size), pages, &options)
    guard descriptor >= 0 else {
      throw CaptureError(
        "no memory in the kernel for a ruleset of \(words.count * 8) bytes", errno: errno,
        cure: "use fewer rules or daemons")
    }
    let keys = Array(0..<pages)
    var count = pages
    var batch = bpf_map_batch_opts()
    batch.sz = MemoryLayout<bpf_map_batch_opts>.size
    guard bpf_map_update_batch(descriptor, keys, words + rest, &count, &batch) == 0, count == pages
    else {
      let failed = errno
      close(descriptor)
      throw CaptureError("a ruleset cannot be written into the kernel", errno: failed)
    }
  }

  /// For a `Capture` without a kernel.
  init(detached _: ()) { descriptor = -1 }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
