import Testing

@testable import Containers

struct CgroupNameTests {
  private static let hash = String(repeating: "0123456789abcdef", count: 4)

  @Test(arguments: [
    ("/demo/web", "web", "web"),
    ("/docker/\(hash)", "0123456789ab", hash),
    ("/system.slice/docker-\(hash).scope", "0123456789ab", hash),
    ("/machine.slice/libpod-\(hash).scope", "0123456789ab", hash),
    ("/machine.slice/libpod-\(hash).scope/container", "0123456789ab", hash),
    ("/kubepods.slice/x.slice/cri-containerd-\(hash).scope", "0123456789ab", hash),
    ("/lxc.payload.c1", "c1", "c1"),
    ("/lxc.payload.c1/init.scope", "c1", "c1"),
    ("/machine.slice/systemd-nspawn@nsp1.service/payload", "nsp1", "nsp1"),
    // A container may be called as a runtime calls its inner group.
    ("/container", "container", "container"),
    ("/", "_", ""),
  ])
  func theRuntimesFormsAreKnown(path: String, name: String, id: String) {
    let named = CgroupName(path: path)
    #expect(named.name == name)
    #expect(named.runtimeID == id)
  }

  @Test(arguments: [
    ("/demo/..", "_."), ("/demo/.hidden", "_hidden"), ("/demo/a b", "a_b"),
    ("/demo/a\nb", "a_b"), ("/demo/\u{1b}[31m", "__31m"), ("/demo/é", "__"),
    ("/demo/" + String(repeating: "x", count: 200), String(repeating: "x", count: 64)),
  ])
  func aHostileNameIsFitForADirectoryAndALine(path: String, name: String) {
    #expect(CgroupName(path: path).name == name)
  }
}
