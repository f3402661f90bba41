import Testing

@testable import Collector

struct ScopeTests {
  private func scope(_ text: String) throws(ConfigurationError) -> ScopeConfiguration {
    try ScopeConfiguration.parse(text, file: "scope.conf")
  }

  private func matches(
    _ text: String, name: String = "web", id: String = "0123abcd", contid: UInt64 = 77,
    cgroup: String = "/pods/web"
  ) throws -> Bool {
    try scope(text).matches(name: name, runtimeID: id, contid: contid, cgroupPath: cgroup)
  }

  @Test(arguments: [
    ("container = web", true), ("container = w*", true), ("container = we", false),
    ("container = 0123*", true), ("container = 77", true), ("container = *", true),
    ("container = db", false), ("cgroup = /pods/*", true), ("cgroup = /other/*", false),
    ("container = web\ncgroup = /pods/*", true), ("container = web\ncgroup = /x/*", false),
    ("container = db\ncgroup = /pods/*", false), ("container = [vw]eb", true),
    ("host = yes", false),
  ])
  func allThatIsGivenMustMatch(text: String, matches: Bool) throws {
    #expect(try self.matches(text) == matches)
  }

  @Test func theHostIsNoContainer() throws {
    #expect(try scope("host = yes").isHost)
    #expect(try scope("host = yes").text == "host")
  }

  @Test func anInstanceIsSharedOrForEachContainer() throws {
    #expect(try scope("container = *").isPerContainer)
    #expect(try !scope("container = *\ninstance = shared").isPerContainer)
    #expect(try scope("container = a\ninstance = SHARED").text == "container=a instance=shared")
  }

  @Test(arguments: [
    ("", "says nothing"), ("host = no", "says nothing"), ("instance = shared", "says nothing"),
    ("host = yes\ncontainer = a", "scope.conf:2: 'container' does not go with"),
    ("host = maybe", "scope.conf:1: host = maybe: give one of yes, no"),
    ("container = a\ninstance = each", "scope.conf:2: instance = each: give one of shared"),
    ("image = a", "scope.conf:1: unknown key 'image'"),
  ])
  func whatContradictsItselfIsRefused(text: String, reason: String) {
    let error = #expect(throws: ConfigurationError.self) { try scope(text) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    ("container = web", true), ("container = w*b", false), ("container = we?", false),
    ("container = [w]eb", false), ("cgroup = /a", false),
  ])
  func aNameWithoutWildcardMeansOneContainer(text: String, one: Bool) throws {
    #expect(try scope(text).namesOneContainer == one)
  }
}
