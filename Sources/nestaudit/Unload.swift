import ArgumentParser
import Collector
import Control
import Glibc
import Logging

/// `nestaudit unload`: ends what a collector has left at work.
struct UnloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unload",
    abstract: "Take out of the kernel what a collector that was killed has left there.",
    discussion: """
      What was captured and is not in the logs yet is written first; what is still in the ring is \
      lost, and said. A collector that runs is left alone: end it with SIGTERM.

      Exit status: 0 when nothing is left, 1 otherwise. See also nestaudit-unload(8).
      """)

  @OptionGroup var collector: CollectorOption

  func run() throws {
    guard geteuid() == 0 else {
      throw Failure("unload needs root, outside of a container; try 'sudo nestaudit unload'")
    }
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    let directory = try StateDirectory(path: collector.state)
    let outcome = Unloading.unload(
      stateDirectory: directory.path, logger: Logger(label: "nestaudit"))
    if outcome.versions.isEmpty { print("nothing was pinned") }
    for version in outcome.versions {
      print(
        "\(escaped(version.name)): \(version.programs) programs, \(version.maps) maps and \(version.links) links taken out; \(version.events) events in its ring are lost"
      )
    }
    guard outcome.isGone else {
      throw Failure("some programs are still loaded: another process holds them")
    }
  }
}
