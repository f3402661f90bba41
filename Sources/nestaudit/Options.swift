import ArgumentParser
import Control

/// How to find the collector.
struct CollectorOption: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The collector's state directory.", valueName: "dir"))
  var state = StateDirectory.standardPath
}

/// When to colour.
struct ColorOption: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Colour the output.", valueName: "auto|always|never"))
  var color = ColorChoice.auto
}
