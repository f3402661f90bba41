import Glibc

/// Cuts an argument list into EXECVE records where the kernel does (kernel/auditsc.c,
/// audit_log_execve_info): the kernel reads user memory through a window of 7500 bytes and begins a new
/// record when little of its budget is left.
struct ExecveSplitter {
  /// MAX_EXECVE_AUDIT_LEN: of the window, and of a record's arguments.
  private static let budget = 7500
  /// What the kernel keeps for the part before an argument's value.
  private static let headRoom = 96

  private let argv: UnsafeRawBufferPointer
  private let count: Int

  /// The argument at hand, and where the kernel's window on it stands.
  private var argument = 0
  /// How many pieces of it have been written.
  private var pieces = 0
  private var next = 0
  private var windowStart = 0
  private var windowLength = 0
  private var needsMore = true
  private var isFilled = false
  private var encodes = false
  private var announcedLength = 0
  private var encodedLeft = 0
  private var budgetLeft = ExecveSplitter.budget
  private var started = false

  init(argv: UnsafeRawBufferPointer, count: Int) {
    self.argv = argv
    self.count = count
  }

  /// Appends the fields of one record.
  /// - Returns: whether another record has to follow.
  mutating func append(to text: inout TextBuffer) -> Bool {
    if !started {
      started = true
      text.append("argc=")
      text.append(signed: Int64(count))
    }
    while argument < count {
      // A new record begins with what the window holds already.
      if needsMore, !isFilled { fill() }
      if Self.headRoom + 8 > budgetLeft {
        budgetLeft = Self.budget
        isFilled = true
        return true
      }
      isFilled = false
      writePiece(to: &text)
      if windowLength == 0, !needsMore {
        argument += 1
        pieces = 0
        announcedLength = 0
        needsMore = true
        encodes = false
      }
    }
    return false
  }

  /// Moves the window on: as much of the argument as there is room for.
  private mutating func fill() {
    let rest = UnsafeRawBufferPointer(rebasing: argv[min(next, argv.count)...])
    let wholeLength = rest.untilNUL.count
    if announcedLength == 0 { announcedLength = wholeLength }
    if windowLength == 0 { windowStart = next }

    let room = Self.budget - windowLength
    let taken = min(wholeLength, room)
    if taken == room {
      needsMore = true
      encodes = true
      // Only the first time does it stand in a record.
      if pieces == 0 { announcedLength *= 2 }
      next += taken
    } else {
      needsMore = false
      if !encodes {
        encodes = UnsafeRawBufferPointer(rebasing: rest[0..<taken]).needsHex
      }
      if announcedLength < Self.budget { announcedLength = encodes ? taken * 2 : taken }
      next += taken + 1
    }
    windowLength += taken
    encodedLeft = encodes ? windowLength * 2 : windowLength + 2
  }

  private mutating func writePiece(to text: inout TextBuffer) {
    let before = text.count
    if needsMore || pieces > 0 || encodedLeft + Self.headRoom > budgetLeft {
      if pieces == 0 {
        text.append(" a")
        text.append(decimal: UInt64(argument))
        text.append("_len=")
        text.append(decimal: UInt64(announcedLength))
      }
      text.append(" a")
      text.append(decimal: UInt64(argument))
      text.append(UInt8(ascii: "["))
      text.append(decimal: UInt64(pieces))
      text.append("]=")
      pieces += 1
    } else {
      text.append(" a")
      text.append(decimal: UInt64(argument))
      text.append(UInt8(ascii: "="))
    }
    budgetLeft -= text.count - before

    var length = windowLength
    if encodedLeft > budgetLeft { length = encodes ? budgetLeft / 2 : budgetLeft - 2 }
    length = min(length, windowLength)
    let piece = UnsafeRawBufferPointer(rebasing: argv[windowStart..<(windowStart + length)])
    if encodes {
      text.append(hexBytes: piece)
      budgetLeft -= length * 2
      encodedLeft -= length * 2
    } else {
      text.append(quoted: piece)
      budgetLeft -= length + 2
      encodedLeft -= length
    }
    windowLength -= length
    windowStart += length
  }
}
