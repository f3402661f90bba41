import ArgumentParser
import Foundation

/// Tries the parser and the compiler of rules, and replay, with inputs made by chance.
@main
struct Fuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    discussion: """
      Each input is made from the seed and its number, so that one can be made again alone. What is found is \
      saved in a file and ends the run.

      Exit status: 0 when nothing was found, 1 otherwise, 2 wrong usage.
      """)

  enum Name: String, ExpressibleByArgument, CaseIterable {
    case parser
    case compiler
    case recording
  }

  @Argument(help: "What is tried: parser, compiler or recording.")
  var target: Name

  @Option(help: "Decides all inputs; another one each time if it is not given.")
  var seed: UInt64?

  @Option(help: "How many inputs.")
  var count: UInt64 = 1_000_000

  @Option(help: "The number of the first input.")
  var first: UInt64 = 0

  @Option(help: ArgumentHelp("Where a failing input is saved.", valueName: "dir"))
  var output = "."

  @Option(help: ArgumentHelp("Save the input of this number, and do nothing.", valueName: "number"))
  var save: UInt64?

  func run() throws {
    let seed = seed ?? UInt64.random(in: 0..<1 << 32)
    FileHandle.standardError.write(Data("fuzz \(target), seed \(seed)\n".utf8))
    switch target {
    case .parser: try run(Campaign<ParserTarget>(seed: seed, directory: output))
    case .compiler: try run(Campaign<CompilerTarget>(seed: seed, directory: output))
    case .recording: try run(Campaign<RecordingTarget>(seed: seed, directory: output))
    }
  }

  private func run<Tried: Target>(_ campaign: Campaign<Tried>) throws {
    if let save {
      campaign.save(save)
      throw ExitCode(1)
    }
    guard campaign.run(first: first, count: count) else { throw ExitCode(1) }
  }

  func validate() throws {
    guard count <= UInt64.max - first else { throw ValidationError("too many inputs") }
  }
}
