import Containers
import Testing

@testable import Collector

struct ScopeTests {
  private func scope(_ text: String) throws(ConfigurationError) -> ScopeConfiguration {
    try ScopeConfiguration.parse(text, file: "scope.conf")
  }

  private static let metadata =
    ContainerMetadata(
      runtime: .docker, id: "0123abcd", name: "web", image: "docker.io/library/nginx:1.27",
      labels: ["app": "front", "debug": ""], pod: "web-0", podNamespace: "shop")

  private func matches(_ text: String, inside around: String? = nil) throws -> Bool {
    let container = Container(
      contid: 77, outer: around == nil ? nil : 5, cgroupPath: "/pods/web", pids: [7, 1],
      pidNamespace: 1, uidMap: [], gidMap: [])
    return try scope(text).matches(container.identified(by: Self.metadata, around: around))
  }

  @Test(arguments: [
    ("container = web", true), ("container = w*", true), ("container = we", false),
    ("container = 0123*", true), ("container = 77", true), ("container = *", true),
    ("container = db", false), ("cgroup = /pods/*", true), ("cgroup = /other/*", false),
    ("container = web\ncgroup = /pods/*", true), ("container = web\ncgroup = /x/*", false),
    ("container = db\ncgroup = /pods/*", false), ("container = [vw]eb", true),
    ("host = yes", false), ("image = *nginx*", true), ("image = nginx", false),
    ("label = app", true), ("label = app=fr*", true), ("label = app=back", false),
    ("label = app=front debug", true), ("label = app=front other", false),
    ("runtime = docker", true), ("runtime = podman docker", true), ("runtime = podman", false),
    ("contid = 77", true), ("contid = 78", false), ("pod = web-*", true), ("pod = db-*", false),
    ("namespace = shop", true), ("namespace = shop\npod = db-0", false),
    ("image = *nginx*\ncontainer = web\nlabel = app", true),
    ("image = *nginx*\ncontainer = db", false),
  ])
  func allThatIsGivenMustMatch(text: String, matches: Bool) throws {
    #expect(try self.matches(text) == matches)
  }

  /// What a container says of those in it, it may have made up.
  @Test(arguments: [
    ("container = web", false), ("container = 0123abcd", false), ("container = outer/web", true),
    ("container = outer/*", true), ("container = *", true), ("container = 77", true),
    ("contid = 77", true), ("image = *", false), ("label = app", false),
    ("runtime = docker", false),
    ("pod = *", false), ("namespace = shop", false), ("cgroup = /pods/*", true),
  ])
  func whatIsInAContainerIsKnownByWhatItCannotMakeUp(text: String, matches: Bool) throws {
    #expect(try self.matches(text, inside: "outer") == matches)
  }

  @Test(arguments: [
    ("cgroup = /a/b", "/a/b", true), ("cgroup = /a/b", "/a/b/c", false),
    ("cgroup = /a/*", "/a/b", false), ("cgroup = /a/*\nruntime = cgroup", "/a/b", true),
    ("container = *", "/a/b", false),
  ])
  func aCgroupThatIsNamedIsAContainer(text: String, path: String, names: Bool) throws {
    #expect(try scope(text).namesCgroup(path) == names)
  }

  @Test(arguments: [("30 days", 2_592_000), ("1 day", 86400), ("2", 172_800), ("12 hours", 43200)])
  func logsAreKeptAsLongAsIsSaid(text: String, seconds: Int64) throws {
    #expect(try scope("container = a\nkeep = \(text)").keep == seconds)
  }

  @Test func contidsAreDeclaredWhereThatIsSaid() throws {
    #expect(try !scope("container = a").declares)
    #expect(try scope("container = a\ncontid.declare = YES").declares)
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
    ("images = a", "scope.conf:1: unknown key 'images'; did you mean 'image'?"),
    ("runtime = dockre", "scope.conf:1: runtime = dockre: give one or more of docker, podman"),
    ("contid = -1", "scope.conf:1: contid = -1: give a container identifier"),
    ("container = a\nkeep = ever", "scope.conf:2: keep = ever: give a number of days"),
    ("host = yes\nkeep = 1 day", "'keep' does not go with 'host = yes'"),
    ("host = yes\ncontid.declare = yes", "'contid.declare' does not go with 'host = yes'"),
    ("container = a\ncontid.declare = 1", "contid.declare = 1: give one of yes, no"),
  ])
  func whatContradictsItselfIsRefused(text: String, reason: String) {
    let error = #expect(throws: ConfigurationError.self) { try scope(text) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    ("container = web", true), ("container = w*b", false), ("container = we?", false),
    ("container = [w]eb", false), ("cgroup = /a", true), ("cgroup = /a*", false),
    ("contid = 7", true),
  ])
  func aNameWithoutWildcardMeansOneContainer(text: String, one: Bool) throws {
    #expect(try scope(text).namesOneContainer == one)
  }
}

/// What scope.conf says of a container's own people.
struct TenantScopeTests {
  private func scope(_ text: String) throws(ConfigurationError) -> ScopeConfiguration {
    try ScopeConfiguration.parse("container = a\n" + text, file: "scope.conf")
  }

  @Test func quotasHaveBoundsByThemselves() throws {
    let quotas = try scope("").quotas
    #expect(quotas == Quotas())
    #expect(quotas.rules == 1000 && quotas.backlog == 65536 && quotas.connections == 4)
    #expect(quotas.rate == 0 && quotas.logBytes == 0)
    let given = try scope("max_rules = 5\nlog_quota = 2M\nmax_rate = 10").quotas
    #expect(given.rules == 5 && given.logBytes == 2 << 20)
    #expect(given.rate(for: 0) == 10 && given.rate(for: 3) == 3 && given.rate(for: 30) == 10)
    #expect(Quotas().rate(for: 0) == 0 && Quotas().rate(for: 30) == 30)
  }

  @Test func othersMayWhatIsAllowed() throws {
    let nobody = try scope("").permissions
    #expect(!nobody.allow(.ps, uid: 0) && !nobody.allow(.tail, uid: 1000))
    let all = try scope("allow = ps, tail").permissions
    #expect(all.allow(.ps, uid: 5) && all.allow(.tail, uid: 5) && !all.allow(.list, uid: 5))
    let some = try scope("allow = list\nallow_uids = 1000 1001").permissions
    #expect(some.allow(.list, uid: 1001) && !some.allow(.list, uid: 5))
  }

  @Test(arguments: [
    ("allow = everything", "'everything' cannot be allowed; give some of ps, tail, list"),
    ("allow_uids = 5", "nothing says what"), ("allow = ps\nallow_uids = root", "'root' is no uid"),
    ("allow = ps\nallow_uids = 65534", "is no uid"), ("log_quota = much", "give bytes"),
    ("max_rules = -1", "give a number"),
  ])
  func whatCannotBeMeantIsRefused(text: String, reason: String) {
    let error = #expect(throws: ConfigurationError.self) { try scope(text) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
