import Glibc

/// A database of bbolt (https://github.com/etcd-io/bbolt), in which containerd and podman keep what they know, read without its lock.
///
/// Pages are copied when they change, and the meta page that leads to the new ones is written last. What is read meanwhile may
/// still be half of the one and half of the other, or have been made by an enemy: every number is checked, and at the
/// worst nothing is found.
///
/// | page | bytes |
/// |---|---|
/// | header | id 8, flags 2, count 2, overflow 4 |
/// | meta | magic 4, version 4, page size 4, flags 4, root page 8, sequence 8, freelist 8, pages 8, transaction 8, checksum 8 |
/// | branch | elements: offset of the key 4, its size 4, page 8 |
/// | leaf | elements: flags 4, offset of the key 4, its size 4, of the value 4 |
struct BoltFile: ~Copyable {
  private static let magic: UInt64 = 0xed0c_daed
  private static let header = 16
  /// Trees are flat: this many pages on the way to a value are more than any has.
  private static let deepest = 32
  /// The largest page with what overflows it.
  private static let largestPage = 4 << 20

  private let descriptor: Int32
  private let pageSize: Int
  private let root: UInt64

  /// Takes over a descriptor; nil if it is no such file.
  init?(adopting descriptor: Int32) {
    var best: (transaction: UInt64, root: UInt64, size: Int)?
    // Two meta pages take turns. The second one is where the first says that pages begin.
    for index in 0...1 {
      let meta = Self.read(descriptor, at: index * (best?.size ?? 4096), count: 80)
      guard meta.number(16, 4) == Self.magic, meta.number(20, 4) == 2,
        let size = meta.number(24, 4), (1024...65536).contains(size), let root = meta.number(32, 8),
        let transaction = meta.number(64, 8), meta.number(72, 8) == Self.checksum(meta[16..<72])
      else { continue }
      if transaction >= best?.transaction ?? 0 { best = (transaction, root, Int(size)) }
    }
    guard let best else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    pageSize = best.size
    root = best.root
  }

  deinit { close(descriptor) }

  /// A value by the names of the buckets that it is in and its own key.
  func value(_ path: String...) -> [UInt8]? {
    guard case .value(let bytes)? = find(path) else { return nil }
    return bytes
  }

  /// The texts in a bucket, at most `limit`.
  func texts(limit: Int, in path: String...) -> [String: String] {
    guard case .bucket(let bucket)? = find(path) else { return [:] }
    var found: [String: String] = [:]
    var left = (pages: limit, bytes: Self.largestPage)
    collect(bucket, limit: limit, &left, into: &found)
    return found
  }

  private enum Item {
    case value([UInt8])
    case bucket(Page)
  }

  /// A page, or what a small bucket has in its place.
  private typealias Page = [UInt8]

  private func find(_ path: [String]) -> Item? {
    guard var page = page(root) else { return nil }
    for (index, name) in path.enumerated() {
      guard let item = find(Array(name.utf8), below: page) else { return nil }
      if index == path.count - 1 { return item }
      guard case .bucket(let next) = item else { return nil }
      page = next
    }
    return nil
  }

  private func find(_ key: [UInt8], below start: Page) -> Item? {
    var current = start
    for _ in 0..<Self.deepest {
      guard let flags = current.number(8, 2), let count = current.number(10, 2) else { return nil }
      var next: UInt64?
      for index in 0..<Int(count) {
        let element = Self.header + index * 16
        if flags & 1 != 0 {
          guard let found = current.key(element, at: 0) else { return nil }
          // The last one that is not behind the key; the first one stands for all before it too.
          if index > 0, key.lexicographicallyPrecedes(found) { break }
          next = current.number(element + 8, 8)
        } else if flags & 2 != 0 {
          guard let found = current.key(element, at: 4) else { return nil }
          if found.elementsEqual(key) { return item(current, element) }
        } else {
          return nil
        }
      }
      guard let next, let below = page(next) else { return nil }
      current = below
    }
    return nil
  }

  private func item(_ page: Page, _ element: Int) -> Item? {
    guard let flags = page.number(element, 4), let offset = page.number(element + 4, 4),
      let keySize = page.number(element + 8, 4), let size = page.number(element + 12, 4),
      let value = page.bytes(element + Int(offset) + Int(keySize), Int(size))
    else { return nil }
    guard flags & 1 != 0 else { return .value(Array(value)) }
    // A bucket: its root page and a sequence. Without a page it is small enough to stand right there.
    let bucket = Array(value)
    guard let root = bucket.number(0, 8) else { return nil }
    if root == 0 { return bucket.count > 32 ? .bucket(Array(bucket[16...])) : nil }
    return self.page(root).map { .bucket($0) }
  }

  private func collect(
    _ page: Page, limit: Int, _ left: inout (pages: Int, bytes: Int),
    into found: inout [String: String]
  ) {
    left.pages -= 1
    left.bytes -= page.count
    guard left.pages >= 0, left.bytes >= 0, let flags = page.number(8, 2),
      let count = page.number(10, 2)
    else {
      return
    }
    for index in 0..<Int(count) where found.count < limit {
      let element = Self.header + index * 16
      if flags & 1 != 0 {
        guard let number = page.number(element + 8, 8), let below = self.page(number) else {
          return
        }
        collect(below, limit: limit, &left, into: &found)
      } else if let key = page.key(element, at: 4), case .value(let value)? = item(page, element) {
        found[String(decoding: key, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
      }
    }
  }

  private func page(_ number: UInt64) -> Page? {
    guard let place = Int(exactly: number), place < Int.max / 65536 - 1 else { return nil }
    let first = Self.read(descriptor, at: place * pageSize, count: pageSize)
    guard first.number(0, 8) == number, let overflow = first.number(12, 4) else { return nil }
    if overflow == 0 { return first }
    let size = (Int(overflow) + 1) * pageSize
    guard size <= Self.largestPage else { return nil }
    return Self.read(descriptor, at: place * pageSize, count: size)
  }

  private static func read(_ descriptor: Int32, at place: Int, count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, size in
      size = max(0, pread(descriptor, buffer.baseAddress!, count, off_t(place)))
    }
  }

  /// FNV-1a of 64 bits.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

extension [UInt8] {
  /// A number in little-endian order; nil beyond the end.
  fileprivate func number(_ place: Int, _ size: Int) -> UInt64? {
    bytes(place, size)?.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  fileprivate func bytes(_ place: Int, _ size: Int) -> ArraySlice<UInt8>? {
    guard place >= 0, size >= 0, place <= count, size <= count - place else { return nil }
    return self[place..<place + size]
  }

  /// The key of an element whose offset and size of the key stand at `fields` in it.
  fileprivate func key(_ element: Int, at fields: Int) -> ArraySlice<UInt8>? {
    guard let offset = number(element + fields, 4), let size = number(element + fields + 4, 4)
    else { return nil }
    return bytes(element + Int(offset), Int(size))
  }
}
