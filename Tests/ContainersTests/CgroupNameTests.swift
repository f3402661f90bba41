import Testing

@testable import Containers

struct CgroupNameTests {
  private static let hash = String(repeating: "0123456789abcdef", count: 4)

  @Test(arguments: [
    ("/demo/web", "web", "web"),
    ("/demo/web.scope", "web", "web"),
    ("/machine.slice/libpod-\(hash).scope/container", "0123456789ab", hash),
    ("/lxc.payload.c1/init.scope", "c1", "c1"),
    ("/machine.slice/machine-c1.scope/payload", "c1", "c1"),
    // A container without a form in one with: by its own name.
    ("/docker/\(hash)/demo/inner", "inner", "inner"),
    // A container may be called as a runtime calls its inner group.
    ("/container", "container", "container"),
    ("/", "_", ""),
  ])
  func aContainerIsCalledAsItsRuntimeOrItsCgroupSays(path: String, name: String, id: String) {
    let named = CgroupName(path: path)
    #expect(named.name == name)
    #expect(named.runtimeID == id)
  }

  @Test(arguments: [
    ("/demo/..", "_."), ("/demo/.hidden", "_hidden"), ("/demo/a b", "a_b"),
    ("/demo/a\nb", "a_b"), ("/demo/\u{1b}[31m", "__31m"), ("/demo/é", "__"),
    ("/demo/audit.log", "_audit.log"), ("/demo/audit.log.1", "_audit.log.1"),
    ("/lxc.payload.audit.log", "_audit.log"), ("/demo/audit.lo", "audit.lo"),
    ("/demo/" + String(repeating: "x", count: 200), String(repeating: "x", count: 64)),
    (
      "/demo/audit.log" + String(repeating: "x", count: 55),
      "_audit.log" + String(repeating: "x", count: 54)
    ),
  ])
  func aHostileNameIsFitForADirectoryAndALine(path: String, name: String) {
    #expect(CgroupName(path: path).name == name)
  }
}
