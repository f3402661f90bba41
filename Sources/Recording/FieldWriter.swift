/// Puts values one behind the other, as `FieldReader` takes them: numbers with the lowest byte first, bytes and texts behind their
/// length.
public struct FieldWriter {
  /// What was put.
  public private(set) var bytes: [UInt8] = []

  /// Nothing yet.
  public init() {}

  /// Adds a number.
  public mutating func put(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  /// Adds a yes or no.
  public mutating func put(_ flag: Bool) { put(flag ? UInt8(1) : 0) }

  /// Adds bytes, behind how many they are.
  public mutating func put(bytes data: some Collection<UInt8>) {
    put(UInt32(data.count))
    bytes += data
  }

  /// Adds a text.
  public mutating func put(_ text: String) { put(bytes: text.utf8) }

  /// Adds a text that need not be there.
  public mutating func put(_ text: String?) {
    put(text != nil)
    if let text { put(text) }
  }

  /// Adds a list, behind how many it has.
  public mutating func put<Element>(
    list: some Collection<Element>, _ body: (inout Self, Element) -> Void
  ) {
    put(UInt32(list.count))
    for element in list { body(&self, element) }
  }
}
