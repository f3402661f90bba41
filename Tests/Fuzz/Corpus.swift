import Foundation

/// Lines that people write, to be mutated: some of every option, and what Debian's auditd ships.
enum Corpus {
  static let lines: [String] = own + shipped()

  private static let own = [
    "-D", "-b 8192", "-f 1", "-r 100", "-e 1", "-e 2", "-i", "-c", "--backlog_wait_time 60000",
    "--loginuid-immutable", "--reset-lost", "--signal stop", "-q /tmp,/etc", "-D -k web", "# words",
    "-a always,exit -F arch=b64 -S openat,execve -F uid>=1000 -F auid!=unset -k one -k two",
    "-a exit,always -S open -S close", "-a never,exit -S 2,3,write", "-A never,exit -S kill",
    "-a always,exit -F arch=b32 -S socketcall,chown32", "-a always,exit -F pid=1",
    "-a always,exit -S open -F exit=-EACCES -F exit!=-13 -F success=0",
    "-a always,exit -F path=/etc/passwd -F perm=wa -k p", "-a never,exit -F dir=/etc -F perm=r",
    "-a always,exit -F inode=5 -F devmajor>=8 -F devminor&=3 -S openat",
    "-a always,exit -F exe=/bin/true -S connect -F saddr_fam=10",
    "-a always,exit -S openat -C uid!=euid -F euid=0", "-a always,exit -C auid!=obj_uid",
    "-a always,exit -S open -F filetype=fifo -F obj_uid=0 -F obj_gid!=5",
    "-a always,exit -S mount -F a0&=0x7fffffff -F a1=0xffffffff -F a2<5 -F a3!=0",
    "-a always,exit -S openat -F contid=18446744073709551615 -F contid!=unset",
    "-a always,exit -S openat -F subj_user=staff_u -F obj_lev_low=s0 -F sessionid=unset",
    "-a never,task -F uid=5", "-a always,task", "-a never,user -F uid=0", "-a always,user",
    "-a never,filesystem -F fstype=tracefs", "-a always,exclude -F msgtype=CWD",
    "-a never,exclude -F msgtype>=1300 -F gid=11", "-a always,io_uring -S openat -F uid=0",
    "-w /etc/passwd -p wa -k identity", "-w /etc/ -p r", "-W /etc/passwd -p wa -k identity",
    "-w /tmp/a\\ b\\\\c -p x", "-d always,exit -S open", "-aalways,exit -Sopen -kattached",
    "-a always,exit -F pers=8 -F ppid=1 -F fsgid<=5 -F sgid>5 -F suid=root -S all",
  ]

  /// Where the examples are not, the rest has to do.
  private static func shipped() -> [String] {
    let directory = URL(filePath: "/usr/share/doc/auditd/examples/rules")
    let files = try? FileManager.default.contentsOfDirectory(
      at: directory, includingPropertiesForKeys: nil)
    let texts = (files ?? []).filter { $0.pathExtension == "rules" }
      .sorted { $0.path < $1.path }
      .compactMap { try? String(contentsOf: $0, encoding: .utf8) }
    var known: Set<String> = []
    return texts.flatMap { $0.split(separator: "\n").map(String.init) }
      .filter { !$0.hasPrefix("##") && known.insert($0).inserted }
  }
}
