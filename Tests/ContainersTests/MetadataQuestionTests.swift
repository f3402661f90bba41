import Foundation
import TestSupport
import Testing

@testable import Containers

/// A container's files are found by the processes around it.
struct MetadataQuestionTests {
  private let state: RecordedState

  init() throws { state = try RecordedState() }

  private func ask(
    _ cgroup: String, maker: UInt32 = 0, _ process: UInt32, places: MetadataPlaces? = nil
  ) -> ContainerMetadata {
    MetadataQuestion(
      cgroupPath: cgroup, maker: maker, process: process, places: places ?? state.nowhere()
    ).answer()
  }

  private var conmon: [String] {
    [
      "/usr/bin/conmon", "--api-version", "1", "-c", RecordedState.podman, "-u",
      RecordedState.podman, "-r", "/usr/bin/runc", "-b",
      "\(state.path)/\(RecordedState.podmanStorage)", "-n", "web", "--exit-command-arg", "--root",
    ]
  }

  private var libpod: String { "/libpod_parent/libpod-\(RecordedState.podman)" }

  @Test func podmansIsFoundByConmon() throws {
    let process = try state.start(conmon)
    let told = ask(libpod, process.first)
    #expect(told.runtime == .podman)
    #expect(told.id == RecordedState.podman)
    #expect(told.name == "web")
    #expect(told.image == "localhost/busybox:1")
    #expect(told.pod == "shop")
    #expect(told.podNamespace == nil)
    #expect(told.labels["app"] == "web")
    #expect(told.labels["io.example.team"] == "red")
    #expect(told.labels["io.kubernetes.cri-o.TTY"] == nil)
    #expect(told.created == "2026-11-26T08:04:21.506789508Z")
  }

  /// Newer versions of podman have another database.
  @Test func podmansIsFoundWithoutItsDatabase() throws {
    try FileManager.default.removeItem(atPath: state.path + "/podman/storage/libpod")
    let told = ask(libpod, try state.start(conmon).first)
    #expect(told.runtime == .podman)
    #expect(told.name == "web")
    #expect(told.image == "localhost/busybox:1")
    #expect(told.labels["io.example.team"] == "red")
    #expect(told.labels["app"] == nil)
  }

  @Test func podmansIsFoundByItsRuntime() throws {
    // Forks conmon, that forks the runtime: at the container's birth it makes the cgroup.
    let process = try state.start([
      "/usr/bin/runc", "--root", "/run/none", "--log-format=json", "create", "--bundle",
      "\(state.path)/\(RecordedState.podmanStorage)", "--pid-file", "/x", RecordedState.podman,
    ])
    let told = ask(libpod, maker: process.runtime, process.first)
    #expect(told.runtime == .podman)
    #expect(told.name == "web")
    #expect(told.labels["app"] == "web")
  }

  @Test func dockersIsFoundByItsShim() throws {
    let process = try state.start(
      [
        "/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", RecordedState.docker,
        "-address", "/x/containerd.sock",
      ], in: RecordedState.dockerTask)
    let wanted = ContainerMetadata(
      runtime: .docker, id: RecordedState.docker, name: "web", image: "busybox:1",
      labels: ["app": "web"], created: "2026-11-26T08:04:20.760247152Z")
    #expect(ask("/docker/\(RecordedState.docker)", process.first) == wanted)
    // As Kubernetes has them below docker without systemd: the path does not say whose it is.
    try state.write(
      try String(
        contentsOfFile: "\(state.path)/\(RecordedState.dockerTask)/config.json", encoding: .utf8
      ).replacing("\"/docker/", with: "\"/kubepods/burstable/podx/"),
      to: RecordedState.dockerTask + "/config.json")
    #expect(ask("/kubepods/burstable/podx/\(RecordedState.docker)", process.first) == wanted)
  }

  @Test func containerdsIsFoundByItsShim() throws {
    let process = try state.start(
      ["/usr/bin/containerd-shim-runc-v2", "-namespace", "default", "-id", "web"],
      in: "containerd/state/io.containerd.runtime.v2.task/default/web")
    #expect(
      ask("/default/web", process.first)
        == ContainerMetadata(
          runtime: .containerd, id: "web", name: "web", labels: ["app": "web"]))
    #expect(ask("/default/other", process.first).labels == [:])
  }

  @Test(arguments: [
    (RecordedState.kubernetes, "nginx", "registry.k8s.io/nginx:1.25"),
    (RecordedState.sandbox, "POD", nil as String?),
  ])
  func kubernetesIsFoundByThePodsShim(id: String, name: String, image: String?) throws {
    // One shim for all of a pod, in the sandbox's bundle.
    let process = try state.start(
      ["/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", RecordedState.sandbox],
      in: "documented/containerd/io.containerd.runtime.v2.task/k8s.io/\(RecordedState.sandbox)")
    let told = ask("\(RecordedState.podSlice)/cri-containerd-\(id).scope", process.first)
    #expect(told.runtime == .containerd)
    #expect(told.id == id)
    #expect(told.name == name)
    #expect(told.image == image)
    #expect(told.pod == "web-7d9c5b8f6-x2x4z")
    #expect(told.podNamespace == "shop")
  }

  @Test func criosIsFoundByConmon() throws {
    let bundle =
      "\(state.path)/documented/storage/overlay-containers/\(RecordedState.kubernetes)/userdata"
    let process = try state.start([
      "/usr/libexec/crio/conmon", "-b", bundle, "-c", RecordedState.kubernetes, "-n",
      "k8s_nginx_web-7d9c5b8f6-x2x4z_shop_0a1b2c3d-4e5f-6789-abcd-ef0123456789_0",
    ])
    let cgroup = "\(RecordedState.podSlice)/crio-\(RecordedState.kubernetes).scope"
    #expect(
      ask(cgroup, process.first)
        == ContainerMetadata(
          runtime: .crio, id: RecordedState.kubernetes, name: "nginx",
          image: "registry.k8s.io/nginx:1.25",
          labels: [
            "example.com/owner": "red", "io.container.manager": "cri-o",
            "io.kubernetes.container.hash": "5f1e", "io.kubernetes.container.name": "nginx",
            "io.kubernetes.container.restartCount": "0",
            "io.kubernetes.pod.name": "web-7d9c5b8f6-x2x4z", "io.kubernetes.pod.namespace": "shop",
            "io.kubernetes.pod.uid": "0a1b2c3d-4e5f-6789-abcd-ef0123456789",
          ], pod: "web-7d9c5b8f6-x2x4z", podNamespace: "shop",
          created: "2026-11-26T08:00:00.123456789Z"))
  }

  @Test func aContainerWithoutAnEngineIsFoundByItsRuntime() throws {
    let process = try state.start([
      "crun", "--root", "\(state.path)/crun", "run", "--bundle=\(state.path)/bundle", "other",
    ])
    let wanted = ContainerMetadata(
      runtime: .oci, id: "other", name: "other",
      labels: ["io.example.team": "red", "org.opencontainers.image.title": "busybox"],
      created: "2026-11-26T08:04:42.306899Z")
    #expect(ask("/nestaudit/other", process.first) == wanted)
    #expect(ask("/x/nestaudit/other", process.first) == wanted)
    // A bundle where the runtime works.
    let here = try state.start(["/usr/sbin/runc", "run", "-d", "other"], in: "bundle")
    #expect(ask("/nestaudit/other", maker: here.runtime, here.first).labels == wanted.labels)
  }

  @Test func lxcsIsFoundByItsMonitor() throws {
    let process = try state.start(["[lxc monitor] \(state.path)/lxc web"])
    let wanted = ContainerMetadata(
      runtime: .lxc, id: "web", name: "web", image: "dir:\(state.path)/lxc/rootfs",
      labels: ["lxc.group": "app=web"])
    #expect(ask("/lxc.payload.web", process.first) == wanted)
    #expect(ask("/lxc.payload.web-1", process.first) == wanted)
    #expect(ask("/lxc.payload.other", process.first).image == nil)
  }

  @Test func withoutAnybodyTheUsualPlacesTell() throws {
    let process = try state.start(["/bin/nobody"]).first
    var places = state.nowhere()
    places.docker = ["/none", "\(state.path)/docker/data"]
    places.storage = ["\(state.path)/podman/storage", "\(state.path)/documented/storage"]
    places.containerd = [
      "\(state.path)/containerd/state", "\(state.path)/documented/containerd",
    ]
    places.state = ["\(state.path)/crun", "\(state.path)/runc"]
    places.lxc = ["\(state.path)/lxc"]
    places.machines = "\(state.path)/machines"
    try state.write("NAME=web\nCLASS=container\nROOT=/srv/web\n", to: "machines/web")
    let slice = RecordedState.podSlice
    let kubernetes = RecordedState.kubernetes
    for (cgroup, runtime, name, image) in [
      ("/docker/\(RecordedState.docker)", Runtime.docker, "web", "busybox:1"),
      ("/system.slice/docker-\(RecordedState.docker).scope", .docker, "web", "busybox:1"),
      (libpod, .podman, "web", "localhost/busybox:1"),
      ("\(slice)/crio-\(kubernetes).scope", .crio, "nginx", "registry.k8s.io/nginx:1.25"),
      ("\(slice)/crio-\(kubernetes).scope/container", .crio, "nginx", "registry.k8s.io/nginx:1.25"),
      (
        "\(slice)/cri-containerd-\(kubernetes).scope", .containerd, "nginx",
        "registry.k8s.io/nginx:1.25"
      ),
      ("/default/web", .containerd, "web", nil),
      ("/nestaudit/other", .oci, "other", nil),
      ("/nestaudit/web", .oci, "web", nil),
      ("/lxc.payload.web", .lxc, "web", "dir:\(state.path)/lxc/rootfs"),
      ("/machine.slice/machine-web.scope", .nspawn, "web", "/srv/web"),
    ] {
      let told = ask(cgroup, process, places: places)
      #expect(told.runtime == runtime, "\(cgroup)")
      #expect(told.name == name, "\(cgroup)")
      #expect(told.image == image, "\(cgroup)")
    }
  }

  @Test func aCgroupOfWhichNobodyKnowsHasItsPath() throws {
    let process = try state.start(["/bin/nobody"]).first
    #expect(ask("/demo/web", process) == ContainerMetadata(runtime: .cgroup, id: "web"))
    #expect(ask("/lxc.payload.web", process) == ContainerMetadata(runtime: .lxc, id: "web"))
    // Nothing is known of the process either.
    #expect(ask("/demo/web", 0) == ContainerMetadata(runtime: .cgroup, id: "web"))
    #expect(ask("/", process) == ContainerMetadata(runtime: .cgroup, id: "_"))
    #expect(ask("/", 0) == ContainerMetadata(runtime: .cgroup, id: "_"))
  }
}
