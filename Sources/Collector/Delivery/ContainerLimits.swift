import CNestaudit

/// How many containers there may be in each other. The errors are those of the container-identifier series (V8, 14/16 and 15/16).
struct ContainerLimits {
  /// Cgroups of one container that the kernel's table has: bpf/policy.h, POLICY_INNER_MAX.
  static let listed = Int(POLICY_INNER_MAX)

  /// One in another, from the host inwards.
  let depth: Int
  /// In all in one that stands on the host.
  let inner: Int

  /// Why no container may begin in `outer`; nil if one may.
  func refusal(of outer: ContainerEntry?) -> ControlRefusal? {
    guard let outer else { return nil }
    if outer.depth >= depth {
      return ControlRefusal("more than \(depth) in each other", code: "EMLINK")
    }
    if outer.outermost.innerCount >= inner {
      return ControlRefusal("more than \(inner) inside", code: "ENOSR")
    }
    return nil
  }
}
