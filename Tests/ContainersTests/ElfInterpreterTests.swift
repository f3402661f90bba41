import Foundation
import Testing

@testable import Containers

struct ElfInterpreterTests {
  private let pid = UInt32(getpid())

  private func file(_ path: String) throws -> ElfInterpreter.File {
    var status = stat()
    try #require(stat(path, &status) == 0)
    return ElfInterpreter.File(
      dev: ContainerRoot.kernelDevice(status.st_dev), ino: UInt64(status.st_ino),
      ctime: UInt64(bitPattern: FileVersion(status).changed))
  }

  private func name(of file: ElfInterpreter.File, at path: String) -> String? {
    var interpreter = ElfInterpreter()
    let bytes = Array(path.utf8)
    return bytes.withUnsafeBytes {
      interpreter.name(of: file, executedBy: .max, path: $0, rootOf: pid)
    }.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func theLoaderOfARunningProgramIsItsOwn() throws {
    let link = "/proc/self/exe"
    var interpreter = ElfInterpreter()
    let name = interpreter.name(
      of: try file(link), executedBy: pid, path: nil, rootOf: .max)
    #expect(name == Array("/lib64/ld-linux-x86-64.so.2".utf8))
    // Known from here on, also when the process is gone.
    #expect(
      interpreter.name(of: try file(link), executedBy: .max, path: nil, rootOf: .max) == name)
  }

  @Test func aProgramThatHasEndedIsFoundByItsPath() throws {
    #expect(name(of: try file("/bin/sh"), at: "/bin/sh") == "/lib64/ld-linux-x86-64.so.2")
  }

  @Test func anotherFileInItsPlaceIsNotRead() throws {
    #expect(name(of: try file("/bin/sh"), at: "/bin/ls") == nil)
    var changed = try file("/bin/sh")
    changed = .init(dev: changed.dev, ino: changed.ino, ctime: changed.ctime + 1)
    #expect(name(of: changed, at: "/bin/sh") == nil)
  }

  @Test func whatIsNoRegularFileIsNotOpened() throws {
    let pipe = "/tmp/nestaudit-pipe.\(UUID().uuidString.prefix(8))"
    try #require(mkfifo(pipe, 0o600) == 0)
    defer { unlink(pipe) }
    // Opening it to read would wait for ever.
    #expect(name(of: try file(pipe), at: pipe) == nil)
  }

  @Test(arguments: [
    [UInt8](), Array("#!/bin/sh\n".utf8), [0x7f, 0x45, 0x4c, 0x46],
    [0x7f, 0x45, 0x4c, 0x46, 2] + [UInt8](repeating: 0xff, count: 4091),
    [0x7f, 0x45, 0x4c, 0x46, 1] + [UInt8](repeating: 0xff, count: 100),
    // Its table ends where numbers do.
    [0x7f, 0x45, 0x4c, 0x46, 2] + [UInt8](repeating: 0, count: 27)
      + [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f] + [UInt8](repeating: 1, count: 60),
  ])
  func whatIsNoSoundElfFileHasNone(content: [UInt8]) throws {
    let path = "/tmp/nestaudit-elf.\(UUID().uuidString.prefix(8))"
    try Data(content).write(to: URL(filePath: path))
    defer { unlink(path) }
    #expect(name(of: try file(path), at: path) == nil)
  }
}
