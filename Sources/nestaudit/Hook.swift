import ArgumentParser
import Control
import FoundationEssentials
import Glibc

/// `nestaudit hook`: what runtimes call when they make a container.
struct HookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hook", abstract: "Tell the collector of a container before it starts.",
    discussion: """
      Runtimes of the Open Container Initiative run hooks. 'nestaudit hook config' prints the file \
      that has podman and CRI-O run this one for every container; others name it in config.json. \
      See also nestaudit-hook(8).
      """, subcommands: [CreateRuntime.self, Config.self])

  /// `nestaudit hook createRuntime`
  struct CreateRuntime: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "createRuntime",
      abstract: "Wait until the container on standard input has its daemon.",
      discussion: """
        Reads the container's state (the runtime's JSON) and returns when everything that happens \
        in it will be in its daemon's log. A collector that does not answer within a second is not \
        waited for, and a container is never kept from starting: the exit status is always 0.
        """)

    @OptionGroup var collector: CollectorOption

    func run() throws {
      do {
        guard let process = Self.process(in: FileDescriptorInput.readAll(most: 1 << 20)) else {
          throw Failure(
            "standard input is no state of a container; give what the runtime gives: {\"pid\": …}")
        }
        try wait(for: process)
      } catch {
        complain("hook: \(error); the container starts without its daemon being waited for")
      }
    }

    /// `pid` of the runtime specification's state.
    static func process(in state: [UInt8]) -> UInt32? {
      struct State: Decodable { var pid: UInt32 }
      return (try? JSONDecoder().decode(State.self, from: Data(state)))?.pid
    }

    private static let longestWait = 10

    private func wait(for process: UInt32) throws {
      let end = time(nil) + Self.longestWait
      while time(nil) < end {
        let reply = try ControlClient.announce(process, state: collector.state, seconds: 1)
        if reply.isReady { return }
        usleep(2000)
      }
      throw Failure("the container is not known after \(Self.longestWait) s")
    }
  }

  /// `nestaudit hook config`
  struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "config",
      abstract: "Print a file for /etc/containers/oci/hooks.d.",
      discussion: "nestaudit hook config > /etc/containers/oci/hooks.d/nestaudit.json")

    @Option(
      help: ArgumentHelp(
        "The program that is to be run; this one if none is given.", valueName: "path"))
    var path: String?

    @OptionGroup var collector: CollectorOption

    func run() throws {
      var output = Output()
      guard
        let path = path
          ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      else { throw Failure("/proc/self/exe cannot be read; say where the program is: --path") }
      output.append(bytes: try Self.file(path: path, state: collector.state))
      output.append("\n")
      output.flush()
    }

    /// oci-hooks(5)
    static func file(path: String, state: String) throws -> Data {
      struct File: Encodable {
        struct Hook: Encodable {
          var path: String
          var args: [String]
          var timeout = 15
        }
        var version = "1.0.0"
        var hook: Hook
        var when = ["always": true]
        var stages = ["createRuntime"]
      }
      let isStandard = state == StateDirectory.standardPath
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(
        File(
          hook: .init(
            path: path,
            args: ["nestaudit", "hook", "createRuntime"]
              + (isStandard ? [] : ["--state", state]))))
    }
  }
}

/// Standard input, whole.
enum FileDescriptorInput {
  static func readAll(most: Int) -> [UInt8] {
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while content.count < most {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      content += chunk[..<count]
    }
    return content
  }
}
