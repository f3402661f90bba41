import Testing

@testable import Collector

struct NameScopeTests {
  @Test(arguments: [
    (nil, "web", "web"), (nil, "shop/web", "shop/web"), ("outer", "outer/web", "web"),
    ("outer", "shop/outer/web", "shop/web"), ("outer", "outer/web/inner", "web/inner"),
    ("a/outer", "shop/a/outer/web", "shop/web"), ("outer", "outermost/web", "outermost/web"),
  ])
  func whatIsAroundIsNotNamed(outer: String?, name: String, seen: String) {
    #expect(NameScope(outer: outer).seen(name) == seen)
  }
}
