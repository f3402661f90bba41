import Testing

@testable import Containers

/// The paths that runtimes give to cgroups. Those of the first suite's table that no machine of ours makes are as documented
/// (docs/runtimes.md).
struct CgroupFormTests {
  private static let hash = String(repeating: "0123456789abcdef", count: 4)
  private static let other = String(repeating: "fedcba9876543210", count: 4)
  private static let user = "/user.slice/user-1000.slice/user@1000.service"
  private static let pod = "pod0a1b2c3d-4e5f-6789-abcd-ef0123456789"
  private static let podSlice = "pod0a1b2c3d_4e5f_6789_abcd_ef0123456789.slice"

  @Test(arguments: [
    ("/docker/\(hash)", Runtime.docker),
    ("/system.slice/docker-\(hash).scope", .docker),
    ("\(user)/user.slice/docker-\(hash).scope", .docker),
    ("/libpod_parent/libpod-\(hash)", .podman),
    ("/machine.slice/libpod-\(hash).scope", .podman),
    ("/machine.slice/machine-libpod_pod_\(other).slice/libpod-\(hash).scope", .podman),
    ("\(user)/user.slice/libpod-\(hash).scope", .podman),
    ("/system.slice/web.service/libpod-payload-\(hash)", .podman),
    ("/kubepods/\(pod)/\(hash)", .containerd),
    ("/kubepods/burstable/\(pod)/\(hash)", .containerd),
    ("/kubepods/besteffort/\(pod)/\(hash)", .containerd),
    ("/kubepods.slice/kubepods-\(podSlice)/cri-containerd-\(hash).scope", .containerd),
    (
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-\(podSlice)/cri-containerd-\(hash).scope",
      .containerd
    ),
    (
      "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-\(podSlice)/cri-containerd-\(hash).scope",
      .containerd
    ),
    (
      "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-\(podSlice)/docker-\(hash).scope",
      .docker
    ),
    (
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-\(podSlice)/crio-\(hash).scope",
      .crio
    ),
    ("/kubepods/burstable/\(pod)/crio-\(hash)", .crio),
    ("/default/\(hash)", .containerd),
    ("/system.slice/nerdctl-\(hash).scope", .containerd),
    // Nested ones: the last form decides.
    ("/docker/\(other)/docker/\(hash)", .docker),
    ("/docker/\(other)/kubepods/burstable/\(pod)/\(hash)", .containerd),
    ("/libpod_parent/libpod-\(other)/libpod_parent/libpod-\(hash)", .podman),
    ("/lxc.payload.outer/system.slice/docker-\(hash).scope", .docker),
    ("/machine.slice/libpod-\(other).scope/container/libpod-\(hash).scope", .podman),
  ])
  func anEnginesContainerIsKnownByItsHash(path: String, runtime: Runtime) throws {
    let form = try #require(CgroupForm(path: path))
    #expect(form.runtime == runtime)
    #expect(form.id == Self.hash)
    #expect(form.isRoot)
    #expect(form.rootPath == path)
    #expect(CgroupName(path: path).name == String(Self.hash.prefix(12)))
    #expect(CgroupName(path: path).runtimeID == Self.hash)
  }

  @Test(arguments: [
    ("/default/web", Runtime.containerd, "web"),
    ("/docker/buildkit/5x8nq1yz3kxv0", .docker, "5x8nq1yz3kxv0"),
    ("/lxc.payload.web", .lxc, "web"),
    ("/lxc.payload.web-1", .lxc, "web-1"),
    ("\(user)/lxc.payload.web", .lxc, "web"),
    ("/lxc.payload/web", .lxc, "web"),
    ("/lxc/web", .lxc, "web"),
    ("/lxc/outer/lxc/web", .lxc, "web"),
    ("/machine.slice/machine-web.scope", .nspawn, "web"),
    ("/machine.slice/machine-my\\x2dweb.scope", .nspawn, "my-web"),
    ("/machine.slice/systemd-nspawn@web.service/payload", .nspawn, "web"),
    ("/system.slice/web.service/payload", .nspawn, "web"),
    ("/nestaudit/web/payload", .nspawn, "web"),
  ])
  func aContainerWithANameIsKnownByIt(path: String, runtime: Runtime, name: String) throws {
    let form = try #require(CgroupForm(path: path))
    #expect(form.runtime == runtime)
    #expect(form.id == name)
    #expect(form.isRoot)
    #expect(form.rootPath == path)
    #expect(CgroupName(path: path).name == name)
  }

  @Test(arguments: [
    ("/machine.slice/libpod-\(hash).scope", "/container"),
    ("\(user)/user.slice/libpod-\(hash).scope", "/container"),
    ("/docker/\(hash)", "/init"),
    ("/docker/\(hash)", "/system.slice/cron.service"),
    ("/kubepods/burstable/\(pod)/crio-\(hash)", "/container"),
    ("/lxc.payload.web", "/init.scope"),
    ("/lxc.payload.web", "/.lxc"),
    ("/lxc.payload.web", "/system.slice/cron.service"),
    ("/machine.slice/machine-web.scope", "/payload"),
    ("/machine.slice/machine-web.scope", "/payload/init.scope"),
    ("/machine.slice/systemd-nspawn@web.service/payload", "/init.scope"),
  ])
  func whatIsBelowARootIsNoRoot(root: String, below: String) throws {
    let form = try #require(CgroupForm(path: root + below))
    let above = try #require(CgroupForm(path: root))
    #expect(!form.isRoot)
    #expect(form.rootPath == root)
    #expect(form.id == above.id)
    #expect(form.runtime == above.runtime)
  }

  @Test(arguments: [
    ("/machine.slice/libpod-conmon-\(hash).scope", Runtime.podman),
    ("/kubepods.slice/kubepods-\(podSlice)/crio-conmon-\(hash).scope", .crio),
    ("/lxc.monitor.web", .lxc),
    ("/lxc.monitor/web", .lxc),
    ("/machine.slice/systemd-nspawn@web.service", .nspawn),
    ("/machine.slice/systemd-nspawn@web.service/supervisor", .nspawn),
    ("/nestaudit/web/supervisor", .nspawn),
  ])
  func aHelperIsInNoContainer(path: String, runtime: Runtime) throws {
    let form = try #require(CgroupForm(path: path))
    #expect(form.runtime == runtime)
    #expect(!form.isRoot)
    #expect(form.rootPath == nil)
  }

  @Test(arguments: [
    "/", "", "/init.scope", "/demo/web", "/docker", "/libpod_parent", "/libpod_parent/conmon",
    "/lxc.pivot",
    "/system.slice/docker.service", "/user.slice/user-1000.slice/session-1.scope",
    "/kubepods/burstable/\(pod)",
    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-\(podSlice)",
    "/machine.slice/machine-libpod_pod_\(hash).slice",
    "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
    // Hashes that are none.
    "/docker/\(hash.dropLast())", "/docker/\(hash)0", "/docker/\(hash.uppercased())",
    "/system.slice/docker-web.scope", "/x/default/web", "/payload",
  ])
  func whatNoRuntimeMakesHasNoForm(path: String) {
    #expect(CgroupForm(path: path) == nil)
  }

  @Test func theOuterContainersAreToldToo() {
    let path =
      "/docker/\(Self.hash)/system.slice/docker-\(Self.other).scope/lxc.payload.in/machine.slice/machine-web.scope/payload/x"
    let roots = CgroupForm.roots(in: path)
    #expect(roots.map(\.runtime) == [.docker, .docker, .lxc, .nspawn])
    #expect(roots.map(\.id) == [Self.hash, Self.other, "in", "web"])
    #expect(roots.first?.rootPath == "/docker/\(Self.hash)")
    #expect(roots.last?.rootPath == String(path.dropLast("/payload/x".count)))
  }

  /// A slash is a slash, whatever follows it, and a combining mark is part of no prefix.
  @Test func charactersAreBytes() {
    #expect(CgroupForm(path: "/docker/\(Self.hash)/\u{301}x")?.isRoot == false)
    #expect(CgroupForm(path: "/lxc.payload.\u{301}") == nil)
    #expect(CgroupForm(path: "/docker/\(Self.hash.dropLast())\u{301}") == nil)
  }
}
