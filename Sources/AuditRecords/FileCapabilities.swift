/// The capabilities that a file gives to who executes it: the xattr security.capability (security/commoncap.c,
/// get_vfs_caps_from_disk).
public struct FileCapabilities: Equatable, Sendable, BitwiseCopyable {
  /// Bits by number of the capability.
  public var permitted: UInt64
  /// Likewise.
  public var inheritable: UInt64
  /// They take effect at once.
  public var isEffective: Bool
  /// 1 to 3; 0 is none.
  public var version: UInt8
  /// For whom they hold: the kernel's id of root in a user namespace.
  public var rootID: UInt32

  /// What nearly every file has.
  public static let none = FileCapabilities(
    permitted: 0, inheritable: 0, isEffective: false, version: 0, rootID: 0)

  /// Those that the kernel knows: CAP_LAST_CAP is 40 since Linux 5.9.
  private static let known: UInt64 = (1 << 41) - 1

  /// With these values.
  public init(
    permitted: UInt64, inheritable: UInt64, isEffective: Bool, version: UInt8, rootID: UInt32
  ) {
    self.permitted = permitted
    self.inheritable = inheritable
    self.isEffective = isEffective
    self.version = version
    self.rootID = rootID
  }

  /// Reads the attribute's value; what the kernel takes for invalid is none.
  public init(attribute: UnsafeRawBufferPointer) {
    func number(_ index: Int) -> UInt32 {
      UInt32(littleEndian: attribute.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
    }
    self = .none
    guard attribute.count >= 4 else { return }
    let magic = number(0)
    let version = UInt8(magic >> 24)
    let size: [UInt8: Int] = [1: 12, 2: 20, 3: 24]
    guard size[version] == attribute.count else { return }
    permitted = UInt64(number(1))
    inheritable = UInt64(number(2))
    if version > 1 {
      permitted |= UInt64(number(3)) << 32
      inheritable |= UInt64(number(4)) << 32
    }
    permitted &= Self.known
    inheritable &= Self.known
    isEffective = magic & 1 != 0
    self.version = version
    if version == 3 { rootID = number(5) }
  }
}

/// What is known of the capabilities of a name's file.
enum KnownCapabilities {
  /// The file system has to be asked.
  case asked
  /// It cannot be asked, or does not say.
  case unknown
  case told(FileCapabilities)
}
