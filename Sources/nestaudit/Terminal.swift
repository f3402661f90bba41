import ArgumentParser
import Glibc

/// When output is coloured.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never

  /// Whether to colour what goes to standard output; NO_COLOR is https://no-color.org.
  var isOn: Bool {
    switch self {
    case .always: return true
    case .never: return false
    case .auto:
      if let value = getenv("NO_COLOR"), value.pointee != 0 { return false }
      if let term = getenv("TERM"), strcmp(term, "dumb") == 0 { return false }
      return isatty(STDOUT_FILENO) == 1
    }
  }
}

/// A colour of the terminal's own palette.
enum Color: Int, CaseIterable {
  case red = 31
  case green, yellow, blue, magenta, cyan

  func paint(_ text: String, if isOn: Bool) -> String {
    isOn ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text
  }
}

/// `text` with nothing in it that a terminal would obey: control characters, those of C1, and
/// those that change the direction of text become `\xNN` or `\u{…}`.
func escaped(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if !isUnsafe(scalar) {
      result.unicodeScalars.append(scalar)
    } else if scalar.value < 0x80 {
      result += "\\x" + hex(scalar.value)
    } else {
      result += "\\u{" + hex(scalar.value) + "}"
    }
  }
  return result
}

private func hex(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return digits.count < 2 ? "0" + digits : digits
}

private func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7f..<0xa0: true
  case 0x2028...0x202e, 0x2066...0x2069, 0x200e, 0x200f: true
  default: false
  }
}
