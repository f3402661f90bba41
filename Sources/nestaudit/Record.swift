import ArgumentParser
import Control
import Glibc
import Recording

/// `nestaudit record`: what comes from the ring, in a file for `replay`.
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record", abstract: "Record events in a file, for 'nestaudit replay'.",
    discussion: """
      Records what the running collector takes from the kernel, and all that is needed to make \
      records of it elsewhere, until ^C or for --seconds N:

        nestaudit record -o night.rec --seconds 28800
        nestaudit replay night.rec --config new-rules/ --log-dir would-be/

      It holds the events that the rules in force let through, whether or not they are written in the \
      end. Rules that ask for other syscalls, in replay, find none of those: to record more, have \
      some daemon ask for more. The file says everything that has happened, in all containers or in \
      those of --for: it is made for root alone (0600).

      The collector never waits for it. Events that could not be recorded in time are counted, in \
      the file too.

      Exit status: 0 everything is in the file, 1 otherwise, 2 wrong usage. See also \
      nestaudit-record(8).
      """)

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file, which must not exist yet.", valueName: "file"))
  var output: String

  @Option(
    name: .customLong("for"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Only what comes from these containers, by name or contid, and from what is in them; 'host' is what is in none.",
      valueName: "name"))
  var names: [String] = []

  @Option(name: .long, help: ArgumentHelp("End after so many seconds.", valueName: "n"))
  var seconds: Int?

  @OptionGroup var collector: CollectorOption

  func validate() throws {
    if let seconds, !(1...31_536_000).contains(seconds) {
      throw ValidationError("--seconds takes a number from 1 to 31536000")
    }
  }

  func run() throws {
    var file = try RecordedFile(path: output)
    Interruption.notice()
    let progress: RecordingProgress
    do {
      var source = try ControlClient.record(only: names, state: collector.state)
      progress = try follow(&source, into: &file)
    } catch {
      file.removeIfEmpty()
      throw error
    }
    try file.flush()
    let summary = "\(counted(progress.events, "event")), \(counted(file.size, "byte"))"
    guard progress.isWhole else {
      throw Failure(
        "the collector has ended the recording too early: \(output) has no end; replay reads what is there (\(summary))"
      )
    }
    guard progress.leftOut == 0 else {
      throw Failure(
        "\(counted(progress.leftOut, "event")) left out, which came faster than they could be recorded; \(output) has the others (\(summary))"
      )
    }
    print("recorded in \(escaped(output)): \(summary)")
  }

  private func follow(
    _ source: inout LineSource, into file: inout RecordedFile
  ) throws -> RecordingProgress {
    var progress = RecordingProgress()
    var meter = RecordingMeter()
    let deadline = seconds.map { Self.now + Int64($0) * 1000 }
    var isEnding = false
    while let bytes = try source.nextBytes(milliseconds: 100) {
      do {
        try file.append(bytes)
      } catch {
        meter.clear()
        throw error
      }
      progress.take(bytes)
      meter.show(progress, bytes: file.size)
      if !isEnding, Interruption.came || deadline.map({ Self.now >= $0 }) == true {
        isEnding = true
        try ControlClient.endRecord(state: collector.state)
      }
    }
    meter.clear()
    return progress
  }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}

/// The file that a recording goes to: made for its owner alone, never one that is there.
private struct RecordedFile: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private(set) var size = 0

  init(path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      let code = errno
      throw Failure(
        code == EEXIST
          ? "\(path) exists already; give another name, or remove it"
          : "\(path): \(String(cString: strerror(code)))")
    }
  }

  deinit { close(descriptor) }

  mutating func append(_ bytes: [UInt8]) throws {
    let code = Output.write(bytes, to: descriptor)
    guard code == 0 else { throw failure(code) }
    size += bytes.count
  }

  func flush() throws {
    if fdatasync(descriptor) != 0, errno != EINVAL { throw failure(errno) }
  }

  private func failure(_ code: Int32) -> Failure {
    Failure(
      "\(path): \(String(cString: strerror(code))); it ends there: replay reads what is there"
    )
  }

  func removeIfEmpty() { if size == 0 { unlink(path) } }
}

/// SIGINT and SIGTERM end a recording, which is then whole.
private enum Interruption {
  nonisolated(unsafe) private static var signals: Int32 = 0

  static var came: Bool { signals != 0 }

  static func notice() {
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _ in Interruption.signals = 1 } }
  }
}

/// How far a recording is, on a terminal.
private struct RecordingMeter {
  private let isOn = isatty(STDERR_FILENO) == 1
  private var shown = ""

  mutating func show(_ progress: RecordingProgress, bytes: Int) {
    guard isOn else { return }
    let leftOut = progress.leftOut > 0 ? ", \(progress.leftOut) left out" : ""
    let text = "\r\(progress.events) events, \(bytes >> 10) KiB\(leftOut) (^C ends it)\u{1b}[K"
    guard text != shown else { return }
    shown = text
    Output.write(Array(text.utf8), to: STDERR_FILENO)
  }

  func clear() {
    if isOn, !shown.isEmpty { Output.write(Array("\r\u{1b}[K".utf8), to: STDERR_FILENO) }
  }
}
