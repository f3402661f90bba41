/// Where runtimes keep what they know, unless they were told otherwise; asked where no process tells.
public struct MetadataPlaces: Sendable {
  /// dockerd's `--data-root`.
  public var docker = ["/var/lib/docker"]
  /// What containers/storage calls graph root and run root: podman's and CRI-O's.
  public var storage = ["/var/lib/containers/storage", "/run/containers/storage"]
  /// The same below the home directory of a user without privileges.
  public var userStorage = ".local/share/containers/storage"
  /// containerd's `state`, its own and those of dockerd's and k3s's.
  public var containerd = [
    "/run/containerd", "/run/docker/containerd/daemon", "/run/k3s/containerd",
  ]
  /// The `--root` of runc and crun.
  public var state = ["/run/crun", "/run/runc"]
  /// The directory of LXC's containers.
  public var lxc = ["/var/lib/lxc"]
  /// systemd-machined's.
  public var machines = "/run/systemd/machines"
  /// Where home directories are told.
  public var passwd = "/etc/passwd"

  /// The places of Debian, Fedora and upstream.
  public init() {}
}
