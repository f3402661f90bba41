import ArgumentParser
import Control
import FoundationEssentials

/// `nestaudit contid`: the audit container identifier of a process.
struct ContidCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contid", abstract: "Ask for the container identifier of a process, or set it.",
    discussion: """
      Every container has an identifier by itself, that of its cgroup. An orchestrator that has its \
      own, or makes containers without cgroups, sets one of the container's first process, before \
      that does anything: it then holds for all that comes from the process.

      Exit status: 0 done, 1 not done, 4 not permitted. See also nestaudit-contid(8).
      """, subcommands: [Get.self, Set.self])

  /// `nestaudit contid get`
  struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "get", abstract: "Show in which container a process is.",
      discussion: """
        Prints its identifier, then those of the containers around it with a '^' each: 4,^2. -1 is \
        a process that is in no container, or in your own.
        """)

    @Argument(help: ArgumentHelp("The process.", valueName: "pid"))
    var process: UInt32

    @OptionGroup var reply: ContidOptions

    func run() throws { try reply.ask(ContidRequest(process: process)) }
  }

  /// `nestaudit contid set`
  struct Set: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "set", abstract: "Make a container of a process and all that comes from it.",
      discussion: """
        The process has to come from the orchestrator, and to have no child and no second thread \
        yet. The same orchestrator may give the identifier to further processes; nobody else can \
        take one that is in use. What is refused is refused with the kernel's name for it: EINVAL \
        no identifier, EPERM no right to, ESRCH no such process, EBUSY children or threads, EXDEV \
        not the orchestrator's, EEXIST set already, ENOTUNIQ another's, EMLINK too deep, ENOSR too \
        many.
        """)

    @Argument(help: ArgumentHelp("The process.", valueName: "pid"))
    var process: UInt32

    @Argument(
      help: ArgumentHelp("The identifier, 1 to 18446744073709551614.", valueName: "contid"))
    var contid: UInt64

    @Option(
      help: ArgumentHelp(
        "The orchestrator, which this command comes from; its parent if none is given.",
        valueName: "pid"))
    var from: UInt32?

    @OptionGroup var reply: ContidOptions

    func run() throws {
      try reply.ask(ContidRequest(process: process, contid: contid, from: from))
    }
  }
}

/// How the answer is shown.
struct ContidOptions: ParsableArguments {
  @Flag(name: .long, help: "Print the answer as JSON.")
  var json = false

  @OptionGroup var collector: CollectorOption

  func ask(_ request: ContidRequest) throws {
    let reply = try ControlClient.contid(request, state: collector.state)
    var output = Output()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      output.append(bytes: try encoder.encode(reply))
      output.append("\n")
    } else if reply.error == nil, request.contid == nil {
      let chain = reply.contids.enumerated().map {
        $0.offset == 0 ? "\($0.element)" : "^\($0.element)"
      }
      output.append((chain.isEmpty ? "-1" : chain.joined(separator: ",")) + "\n")
    }
    output.flush()
    guard let error = reply.error else { return }
    complain(reply.code.map { "\($0): \(error)" } ?? error)
    throw ExitCode(reply.code == "EPERM" ? 4 : 1)
  }
}
