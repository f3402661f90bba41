/// The routes of a container as every event goes through them: without reference counting, and with their places, which
/// are the bits of `wants`.
///
/// Whoever makes it from some routes keeps them as long, and frees it. No event changes the routes of its container.
struct RouteList {
  private let routes: UnsafeMutableBufferPointer<Unmanaged<Route>>

  init(_ routes: [Route]) {
    self.routes = .allocate(capacity: routes.count)
    _ = self.routes.initialize(from: routes.map(Unmanaged.passUnretained))
  }

  func free() { routes.deallocate() }

  var count: Int { routes.count }

  /// Lends the route at a place.
  @inline(__always)
  func withRoute<Result>(_ index: Int, _ body: (Route) -> Result) -> Result {
    routes[index]._withUnsafeGuaranteedRef(body)
  }

  /// Whether a daemon that may want an event writes names beside the numbers: `RouteSet.may`.
  func someNamed(_ wants: UInt32) -> Bool {
    (0..<count).contains { RouteSet.may(wants, $0) && withRoute($0) { $0.names != nil } }
  }
}
