import Testing

@testable import nestaudit

struct PsTests {
  @Test func hostIsTheRootAndNestingIsIndented() {
    let lines = PsTable(TailTests.status).lines(isColored: false)
    #expect(
      lines == [
        "NAME         CONTID  RUNTIME  IMAGE  DAEMONS      PIDS  CAPTURED  WRITTEN  FILTERED  LOST",
        "host              0  -        -      host            1        10        5         5     0",
        "├─ idle          46  -        -      -               1        10        5         5     0",
        "└─ web           44  docker   nginx  web-1,extra     1        10        5         2     3",
        "   └─ inner      45  -        -      -               1        10        5         5     0",
      ])
  }

  @Test func whatStandsStillSaysWhy() {
    var status = TailTests.status
    status.containers[1].frozen = "waiting"
    let lines = PsTable(status).lines(isColored: false)
    #expect(lines[3].hasPrefix("└─ web (waiting)  "))
  }

  @Test func lossStandsOut() {
    let lines = PsTable(TailTests.status).lines(isColored: true)
    #expect(lines[3].hasSuffix("\u{1b}[31m   3\u{1b}[0m"))
    #expect(!lines[1].contains("\u{1b}"))
  }
}
