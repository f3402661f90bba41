internal import Containers

extension Peer {
  /// Whether it is in the collector's own user and PID namespaces.
  var isOfHost: Bool { process.sharesNamespaces(with: Identity.own) }

  var sender: SignalSource.Sender { SignalSource.Sender(uid: uid, process: process) }
}
