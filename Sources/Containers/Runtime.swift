/// What made a container.
public enum Runtime: String, CaseIterable, Sendable, Codable {
  /// dockerd.
  case docker
  /// podman, or another program on top of libpod.
  case podman
  /// containerd: by itself, below nerdctl, or for Kubernetes through the CRI.
  case containerd
  /// CRI-O.
  case crio
  /// LXC, LXD and Incus.
  case lxc
  /// systemd-nspawn.
  case nspawn
  /// A program with the OCI's command line, such as crun and runc, that no engine has called.
  case oci
  /// None that is known: a cgroup that somebody made.
  case cgroup
  /// An orchestrator that has declared a contid (`nestaudit contid set`), whatever it made.
  case declared
}
