import CNestaudit

/// The records that an event has: kernel/auditsc.c, audit_log_exit.
extension EventRenderer {
  mutating func renderSyscall(_ event: SyscallEvent, _ process: ProcessEvent) {
    let syscall = event.fixed
    let task = process.fixed
    begin(.syscall)
    if syscall.arch == 0xc000_003e {
      segments.text.append("arch=c000003e syscall=")
    } else {
      segments.text.append("arch=")
      segments.text.append(hex: UInt64(syscall.arch))
      segments.text.append(" syscall=")
    }
    segments.text.append(signed: Int64(syscall.syscall))
    if task.personality != 0 {
      segments.text.append(" per=")
      segments.text.append(hex: UInt64(task.personality))
    }
    if UInt32(syscall.header.flags) & EVENT_NO_RESULT.rawValue == 0 {
      if syscall.result < 0 && syscall.result >= -4095 {
        segments.text.append(" success=no exit=")
      } else {
        segments.text.append(" success=yes exit=")
      }
      segments.text.append(signed: syscall.result)
    }
    segments.text.append(" a0=")
    segments.text.append(hex: syscall.args.0)
    segments.text.append(" a1=")
    segments.text.append(hex: syscall.args.1)
    segments.text.append(" a2=")
    segments.text.append(hex: syscall.args.2)
    segments.text.append(" a3=")
    segments.text.append(hex: syscall.args.3)
    segments.text.append(" items=")
    segments.text.append(decimal: UInt64(plan.count))
    segments.place(.subject)
    segments.text.append(" key=")
    segments.place(.key)
    segments.place(.containerLink)
    if isEnriched {
      segments.interpret(syscall, personality: task.personality)
      segments.interpret(subject: task)
    }
    end()
  }

  @inline(__always)
  mutating func field(_ name: StaticString, _ kind: Segments.Slot, _ id: UInt32) {
    segments.text.append(name)
    segments.place(kind, id)
  }

  mutating func renderExecve(_ event: SyscallEvent, _ argv: UnsafeRawBufferPointer) {
    begin(.execve)
    var splitter = ExecveSplitter(argv: argv, count: Int(event.fixed.argc))
    while splitter.append(to: &segments.text) {
      end()
      begin(.execve)
    }
    end()
  }

  /// kernel/auditsc.c, show_special.
  mutating func renderSpecials(_ event: SyscallEvent) {
    var next = event.special
    while let section = next {
      if let special = SpecialRecord(type: section.type, data: section.data) {
        for line in 0..<special.lines where special.has(line) {
          begin(special.type)
          special.append(line, to: &segments)
          end()
        }
      }
      next = event.special(from: section.end)
    }
  }

  /// net/socket.c and fs/pipe.c: two descriptors.
  mutating func renderPair(_ pair: UnsafeRawBufferPointer) {
    guard pair.count >= 8 else { return }
    begin(.fdPair)
    segments.text.append("fd0=")
    segments.text.append(signed: Int64(pair.loadUnaligned(as: Int32.self)))
    segments.text.append(" fd1=")
    segments.text.append(signed: Int64(pair.loadUnaligned(fromByteOffset: 4, as: Int32.self)))
    end()
  }

  /// Hidden items count, and have neither a record nor a number.
  mutating func renderPaths() {
    var number = 0
    for index in 0..<plan.count where !plan[index].isHidden {
      renderPath(plan[index], number)
      number += 1
    }
  }

  private mutating func renderPath(_ item: PathPlan.Item, _ number: Int) {
    begin(.path)
    segments.text.append("item=")
    segments.text.append(decimal: UInt64(number))
    segments.text.append(" name=")
    if let name = item.name {
      segments.text.append(untrusted: name)
    } else {
      segments.text.append("(null)")
    }
    if let object = item.object {
      segments.text.append(" inode=")
      segments.text.append(decimal: object.ino)
      segments.text.append(" dev=")
      appendDevice(object.dev)
      segments.text.append(" mode=")
      segments.text.append(octal: UInt64(object.mode & 0xffff))
      field(" ouid=", .uid, object.uid)
      field(" ogid=", .gid, object.gid)
      segments.text.append(" rdev=")
      appendDevice(object.rdev)
    }
    segments.text.append(" nametype=")
    segments.text.append(item.type.name)
    append(item.capabilities)
    if item.isUnconfirmed { segments.text.append(" unconfirmed=name") }
    end()
  }

  private mutating func appendDevice(_ device: UInt32) {
    let (major, minor) = (device >> 20, device & 0xfffff)
    if major < 256, minor < 256 {
      segments.text.append(hex: UInt64(major << 12 | minor), width: 5)
      return segments.text.set(UInt8(ascii: ":"), fromEnd: 3)
    }
    segments.text.append(hex: UInt64(major), width: 2)
    segments.text.append(UInt8(ascii: ":"))
    segments.text.append(hex: UInt64(minor), width: 2)
  }

  /// - Parameter isKept: some daemon goes on with another title.
  mutating func renderTitle(_ process: ProcessEvent, isKept: Bool) {
    begin(.proctitle)
    segments.text.append("proctitle=")
    if isKept { segments.place(.title) }
    if let texts = process.texts {
      texts.pointee.append(titleOf: process, to: &segments.text)
    } else {
      segments.text.append(titleOf: process)
    }
    if isKept { segments.place(.titleEnd) }
    end()
  }
}

extension TextBuffer {
  /// audit_log_proctitle: what cannot be printed is cut off at the end; nothing left is a quoted "(null)".
  mutating func append(title: UnsafeRawBufferPointer) {
    var length = title.count
    while length > 0, !Self.isPrintable(title[length - 1]) { length -= 1 }
    if length > 0 {
      append(untrusted: UnsafeRawBufferPointer(rebasing: title[0..<length]))
    } else {
      append("\"(null)\"")
    }
  }

  /// lib/ctype.c: ASCII and the upper part of Latin-1.
  private static func isPrintable(_ byte: UInt8) -> Bool {
    (0x20...0x7e).contains(byte) || byte >= 0xa0
  }
}
