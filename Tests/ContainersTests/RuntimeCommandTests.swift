import Testing

@testable import Containers

/// Command lines as runtimes have them.
struct RuntimeCommandTests {
  private func parse(_ line: String) -> RuntimeCommand? {
    RuntimeCommand(line.split(separator: " ").map(String.init))
  }

  @Test(
    arguments: [
      ("runc --root /run/r run -d --bundle /b web", "web", "/b", "/run/r"),
      ("/usr/sbin/runc run web", "web", nil, nil),
      ("crun create -b /b --pid-file /p web", "web", "/b", nil),
      ("crun --root=/run/r run --bundle=/b web", "web", "/b", "/run/r"),
      (
        "runc --root /run/docker/runtime-runc/moby --log /l --log-format json create --bundle /b --pid-file /p web",
        "web", "/b", "/run/docker/runtime-runc/moby"
      ),
      ("/opt/bin/kata-runtime create --bundle /b web", "web", "/b", nil),
    ] as [(String, String, String?, String?)])
  func aRuntimeIsToldItsContainer(line: String, id: String, bundle: String?, state: String?) throws
  {
    let command = try #require(parse(line))
    #expect(command.program == .oci)
    #expect(command.id == id)
    #expect(command.bundle == bundle)
    #expect(command.state == state)
  }

  @Test func aParentIsToldItsContainer() throws {
    let conmon = try #require(
      parse(
        "/usr/bin/conmon --api-version 1 -c 1a2b -u 1a2b -r /usr/bin/runc -b /b -p /p -n web1 --exit-command-arg -b"
      ))
    #expect(conmon.program == .conmon)
    #expect(conmon.id == "1a2b")
    #expect(conmon.name == "web1")
    #expect(conmon.bundle == "/b")
    let shim = try #require(
      parse("/usr/bin/containerd-shim-runc-v2 -namespace moby -id 1a2b -address /c.sock"))
    #expect(shim.program == .shim)
    #expect(shim.id == "1a2b")
    #expect(shim.bundle == nil)
    let monitor = try #require(RuntimeCommand(["[lxc monitor] /var/lib/my lxc c1"]))
    #expect(monitor.program == .lxc)
    #expect(monitor.name == "c1")
    #expect(monitor.directory == "/var/lib/my lxc")
    let foreground = try #require(parse("lxc-start -P /lxc -F -n c1"))
    #expect(foreground.name == "c1")
    #expect(foreground.directory == "/lxc")
  }

  @Test(arguments: [
    ("systemd-nspawn -q --register=no --keep-unit -M web -D /srv/x sh -c x", "web", "/srv/x"),
    ("systemd-nspawn -qM web -bD /srv/x", "web", "/srv/x"),
    ("systemd-nspawn -Mweb -D/srv/x", "web", "/srv/x"),
    ("systemd-nspawn --machine web --bind /a:/b --directory /srv/x", "web", "/srv/x"),
    ("systemd-nspawn --machine=web -i /srv/x.raw", "web", "/srv/x.raw"),
    ("systemd-nspawn -D /srv/x/ sleep", "x", "/srv/x/"),
    ("systemd-nspawn -i /srv/x.raw", "x", "/srv/x.raw"),
    ("systemd-nspawn --quiet --keep-unit --boot --machine=web", "web", "/var/lib/machines/web"),
    // Options of the command inside are not nspawn's.
    ("systemd-nspawn -D /srv/x sh -M other", "x", "/srv/x"),
    ("systemd-nspawn -D /srv/x -- -M other", "x", "/srv/x"),
    ("systemd-nspawn -u root -E A=B -S slice -D /srv/x", "x", "/srv/x"),
  ])
  func nspawnIsToldItsContainer(line: String, name: String, image: String) throws {
    let command = try #require(parse(line))
    #expect(command.program == .nspawn)
    #expect(command.name == name)
    #expect(command.image == image)
  }

  @Test(arguments: [
    "", "bash", "runc", "runc init", "runc exec web sh", "runc delete web", "crun run",
    "crun run --bundle",
    "[lxc monitor] ", "[lxc monitor] /x", "/sbin/init run --bundle",
  ])
  func othersSpeakOfNoContainer(line: String) {
    #expect(parse(line) == nil)
  }

  @Test func containerdsRootIsInItsOverlays() {
    let mounts: [Substring] = [
      "1 0 8:1 / / rw - ext4 /dev/sda rw",
      "2 1 0:9 / /s/io.containerd.runtime.v2.task/default/x/rootfs rw - overlay overlay rw,lowerdir=/other/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs",
      "3 1 0:9 / /s/io.containerd.runtime.v2.task/default/web/rootfs rw,relatime shared:1 - overlay overlay rw,lowerdir=/d/c/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs,upperdir=/d/c/io.containerd.snapshotter.v1.overlayfs/snapshots/2/fs",
    ]
    let task = "/s/io.containerd.runtime.v2.task/default/web"
    #expect(ContainerdTask.root(of: task, mounts) == "/d/c")
    #expect(ContainerdTask.root(of: task + "2", mounts) == nil)
    #expect(ContainerdTask.root(of: task, []) == nil)
  }
}
