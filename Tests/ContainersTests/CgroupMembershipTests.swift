import Testing

@testable import Containers

/// Texts of /proc/PID/cgroup.
struct CgroupMembershipTests {
  private static let hash = String(repeating: "0123456789abcdef", count: 4)

  @Test func withTheSecondVersionAloneItIsItsPath() {
    #expect(
      CgroupMembership.path(in: "0::/system.slice/docker-\(Self.hash).scope\n")
        == "/system.slice/docker-\(Self.hash).scope")
    #expect(CgroupMembership.path(in: "0::/\n") == "/")
    #expect(
      CgroupMembership.path(in: "0::/system.slice/cron.service\n") == "/system.slice/cron.service")
  }

  @Test func withTheFirstVersionAloneAnyHierarchyTells() {
    let text = """
      12:pids:/docker/\(Self.hash)
      11:cpu,cpuacct:/docker/\(Self.hash)
      2:rdma:/
      1:name=systemd:/docker/\(Self.hash)

      """
    #expect(CgroupMembership.path(in: text) == "/docker/\(Self.hash)")
    #expect(
      CgroupMembership.path(in: "3:memory:/a/b\n2:cpu,cpuacct:/\n1:name=systemd:/\n") == "/a/b")
    #expect(
      CgroupMembership.path(
        in: "2:memory:/kubepods/podx/\(Self.hash)\n1:name=systemd:/init.scope\n")
        == "/kubepods/podx/\(Self.hash)")
    #expect(CgroupMembership.path(in: "1:name=systemd:/\n") == "/")
  }

  /// As runc, crun and podman leave them on a machine that has both.
  @Test func withBothTheSecondCountsWhereItSaysSomething() {
    #expect(
      CgroupMembership.path(in: "8:pids:/\n4:memory:/caller\n1:cpu:/\n0::/demo/web\n")
        == "/demo/web")
    #expect(
      CgroupMembership.path(in: "9:name=systemd:/x/docker/\(Self.hash)\n0::/demo/web\n")
        == "/demo/web")
    #expect(
      CgroupMembership.path(in: "9:name=systemd:/docker/\(Self.hash)\n0::/\n")
        == "/docker/\(Self.hash)")
    #expect(
      CgroupMembership.path(
        in: "9:name=systemd:/docker/\(Self.hash)\n0::/system.slice/docker.service\n")
        == "/docker/\(Self.hash)")
    #expect(CgroupMembership.path(in: "4:memory:/caller\n0::/\n") == "/")
  }

  @Test func aNameCannotHideOrAddALine() {
    // "\r\n" is one character, and two bytes.
    #expect(CgroupMembership.path(in: "1:name=systemd:/evil\r\n0::/demo/web\n") == "/demo/web")
    #expect(
      CgroupMembership.path(in: "0::/demo/a:0::/docker/\(Self.hash)x\n")
        == "/demo/a:0::/docker/\(Self.hash)x")
    #expect(CgroupMembership.path(in: "") == nil)
    #expect(CgroupMembership.path(in: "nothing\n") == nil)
  }
}
