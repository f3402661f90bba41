import Collector
import Containers
import Control
import Glibc

/// What is asked over the sockets, as the collector answers it.
extension ControlAnswers {
  init(_ mailbox: Mailbox, began: Int64) {
    self.init(
      admission: { peer in
        guard let admission = try? mailbox.admission(of: peer) else { return nil }
        return ControlAdmission(group: admission.container, connections: admission.connections)
      },
      status: { peer in
        let snapshot = try mailbox.status(by: peer)
        // A container has no number for the collector.
        return StatusReply(snapshot, began: began, pid: peer.socket == .root ? getpid() : 0)
      },
      control: { peer, daemon, words in
        do throws(ControlRefusal) {
          let result = try mailbox.control(words, of: daemon, by: peer)
          return ControlReply(lines: result.lines, warnings: result.warnings)
        } catch {
          return ControlReply(lines: [], error: error.description, isDenied: error.isDenied)
        }
      },
      report: { peer, daemon in
        do throws(ControlRefusal) {
          let reports = try mailbox.reports(of: daemon, by: peer)
          return DaemonReportReply(daemons: reports.map(DaemonReport.init))
        } catch {
          return DaemonReportReply(error: error.description, isDenied: error.isDenied)
        }
      },
      tail: { peer, request in
        let log = try mailbox.log(of: request.daemon, by: peer)
        let container = try mailbox.admission(of: peer).container
        return TailStream(daemon: log.daemon) { send in
          // The log of a container that is gone may be another's next.
          LogSender(path: log.path, request: request) {
            (try? mailbox.admission(of: peer))?.container == container
          }.run(send)
        }
      },
      contid: { peer, asked in
        do throws(ControlRefusal) {
          guard let contid = asked.contid else {
            let found = try mailbox.contid(of: asked.process, by: peer)
            return ContidReply(contids: found.contids, container: found.container)
          }
          try mailbox.setContid(contid, of: asked.process, from: asked.from, by: peer)
          return ContidReply(contids: [contid])
        } catch {
          return ContidReply(contids: [], error: error.description, code: error.code)
        }
      },
      announce: { peer, process in
        let begun = try mailbox.announce(process, by: peer)
        return AnnounceReply(
          container: begun.name, daemons: begun.daemons, isReady: begun.isReady)
      },
      rules: { name in mailbox.askRules(of: name).map { $0.map(RulesReply.init) } },
      reload: { peer in mailbox.askReload(by: peer).map(ReloadReply.init) },
      record: { names in
        let queue = try mailbox.beginRecording(only: names)
        return queue.map { queue in TailStream(daemon: "") { send in queue.run(send) } }
      },
      endRecord: { mailbox.endRecording() })
  }
}

extension StatusReply {
  init(_ snapshot: CollectorSnapshot, began: Int64, pid: Int32) {
    self.init(
      version: programVersion, backend: snapshot.backend, started: began,
      pid: pid, skippedRuns: snapshot.skippedRuns, tables: snapshot.tables,
      daemons: snapshot.daemons.map {
        DaemonStatus(
          name: $0.name, log: $0.log, scope: $0.scope, enabled: $0.enabled, rules: $0.rules,
          written: $0.written, lost: $0.lost, backlog: $0.backlog, books: EventBooks($0.books))
      },
      containers: snapshot.containers.map {
        ContainerStatus(
          contid: $0.contid, parent: $0.outer, name: $0.name, runtime: $0.runtime,
          image: $0.image, pod: $0.pod, namespace: $0.namespace, labels: $0.labels,
          cgroup: $0.cgroup,
          daemons: $0.daemons, frozen: $0.frozen?.rawValue, pids: $0.processes,
          books: EventBooks($0.books),
          unreadable: $0.unreadable, unconfirmed: $0.unconfirmed)
      })
  }
}

extension EventBooks {
  init(_ books: BooksSnapshot) {
    self.init(
      captured: books.captured, written: books.written, filtered: books.filtered,
      waiting: books.waiting,
      losses: Dictionary(uniqueKeysWithValues: books.losses.map { ($0.cause, $0.events) }),
      parts: books.parts)
  }
}

extension DaemonReport {
  init(_ settings: DaemonSettings) {
    self.init(
      daemon: settings.daemon,
      settings: settings.all.map { Setting(name: $0.name, value: $0.value, note: $0.note) },
      books: EventBooks(settings.books))
  }
}
