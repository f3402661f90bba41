/// Names as a container sees them that is nested in another one: what the other is called is none of its business.
struct NameScope {
  /// The container around it, by its name: "outer", "outermost/outer"; nil for one that stands on the host.
  let outer: String?

  /// A container's name, "outer/own", or a daemon's, "daemon/outer/own", without what is around.
  func seen(_ name: String) -> String {
    guard let outer else { return name }
    if name.hasPrefix(outer + "/") { return String(name.dropFirst(outer.count + 1)) }
    guard let around = name.firstRange(of: "/\(outer)/") else { return name }
    return name[..<around.lowerBound] + "/" + name[around.upperBound...]
  }
}
