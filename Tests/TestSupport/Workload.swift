public import Foundation

/// The workload whose events are known, run under a user of its own: a rule that names this user
/// sees nothing but the workload.
public struct Workload {
  /// A user that no system has.
  public static let uid: UInt32 = 64999

  /// Rules for the calls of its parts `parity` and `privileged`; not for those of setpriv, which has the workload's user before it
  /// becomes the workload, nor for the workload's looks at what it has to clear away (newfstatat with AT_SYMLINK_NOFOLLOW).
  public static let parityRules = """
    -a always,exit -F arch=b64 -S execve,open,openat,creat,openat2,connect,unlinkat -S pipe,pipe2,socketpair -S mmap,capset \
    -S mq_open,mq_unlink,mq_timedsend,mq_timedreceive,mq_notify,mq_getsetattr \
    -F uid=\(uid) -F exe!=/usr/bin/setpriv -k parity
    -a always,exit -F arch=b64 -S kill,tkill,tgkill,rt_sigqueueinfo,rt_tgsigqueueinfo,ptrace \
    -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S 424 -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S accept,accept4,getsockname,getpeername,recvfrom,recvmsg,recvmmsg,sendto,sendmmsg,bpf \
    -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S all -F a1=0x58333200 -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S mkdir,mkdirat,mknod,mknodat,link,linkat,symlink,symlinkat,rename,renameat,renameat2,unlink,rmdir \
    -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S chmod,fchmodat,chown,lchown,fchownat,truncate,utimensat -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S stat,lstat,statx,statfs,access,faccessat,faccessat2,readlink,readlinkat \
    -S name_to_handle_at,inotify_add_watch,fanotify_mark,utime,utimes,futimesat -S 452 -S 468 -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S newfstatat -F a3!=0x100 -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S setxattr,lsetxattr,getxattr,lgetxattr,listxattr,llistxattr,removexattr,lremovexattr \
    -S fsetxattr,fgetxattr,flistxattr,fremovexattr,fchmod,fchown -S 463 -S 464 -S 465 -S 466 -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S mount,umount2,pivot_root,chroot,open_tree,move_mount,fspick,mount_setattr -S 467 \
    -S swapon,swapoff,acct,init_module,finit_module,delete_module -F gid=\(uid) -k parity
    -a always,exit -F arch=b32 -S mknod,stat64,lstat64,fstatat64,access,faccessat,chmod,fchmodat,utime,utimes,futimesat \
    -S utimensat,utimensat_time64,statfs,truncate,truncate64,setxattr,lsetxattr,getxattr,lgetxattr,listxattr,llistxattr \
    -S removexattr,lremovexattr,statx,readlinkat,link,unlink,rename,mkdir,rmdir,symlinkat,unlinkat -F uid=\(uid) -k parity
    -a always,exit -F arch=b32 -S openat2,socketcall,sendmsg -S pipe,pipe2,socketpair -S mmap,mmap2,capset \
    -S mq_open,mq_unlink,mq_timedsend,mq_timedsend_time64,mq_timedreceive,mq_notify,mq_getsetattr \
    -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S chdir -F uid=\(uid) -k parity
    -a always,exit -F arch=b32 -S chdir -F uid=\(uid) -k parity
    -a always,exit -F arch=b64 -S shmget,shmat,shmctl,semget,semop,semtimedop,semctl,msgget,msgsnd,msgrcv,msgctl \
    -S adjtimex,settimeofday,clock_settime,clock_adjtime -F gid=\(uid) -k parity
    -a always,exit -F arch=b32 -S ipc,stime,settimeofday,adjtimex,clock_settime,clock_adjtime -S 404 -S 405 \
    -S 393 -S 394 -S 395 -S 396 -S 397 -S 399 -S 400 -S 401 -S 402 -S 420 -F gid=\(uid) -k parity

    """

  /// Another one, for what other programs do.
  public static let programsUID: UInt32 = 64997

  /// Rules for what these do.
  public static let programRules = """
    -a always,exit -F arch=b64 -S execve,execveat,exit_group,fork,vfork,clone,clone3,kill -F uid=\(programsUID) \
    -F exe!=/usr/bin/setpriv -k programs
    -a always,exit -F arch=b64 -S open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2 \
    -S mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,truncate,connect -F uid=\(programsUID) \
    -F exe!=/usr/bin/setpriv -k programs
    -a always,exit -F arch=b64 -S chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat -F uid=\(programsUID) \
    -k programs

    """

  private let user: UInt32
  private let program: String
  private let directory: URL

  /// A workload that works below `area`, as a user and the group of the same number.
  public init(in area: URL, as user: UInt32 = uid) throws {
    self.user = user
    directory = area.appending(path: "workload.d")
    program = area.appending(path: "workload").path
    let manager = FileManager.default
    try manager.createDirectory(at: directory, withIntermediateDirectories: true)
    try manager.setAttributes([.ownerAccountID: Int(user)], ofItemAtPath: directory.path)
    if !manager.fileExists(atPath: program) {
      // The build directory need not be open to other users.
      try manager.copyItem(atPath: Machine.product("workload"), toPath: program)
    }
  }

  /// Runs one of its parts to the end as root, in the group of its user; what it printed.
  @discardableResult
  public func runAsRoot(_ arguments: [String]) throws -> String {
    try Program.output(of: "setpriv", command(arguments, false, user: 0), in: directory)
  }

  /// Runs one of its parts to the end; what it printed.
  /// - Parameter forked: in a task that one of the workload's user has made; else root has made it.
  @discardableResult
  public func run(_ arguments: [String], forked: Bool = false) throws -> String {
    try Program.output(of: "setpriv", command(arguments, forked), in: directory)
  }

  /// Makes what its part `parity` finds made by root, and runs as root.
  public func prepareFiles() throws {
    try Program.output(of: program, ["capable"], in: directory)
  }

  /// Runs a part with a capability of root's.
  public func run(_ arguments: [String], with capability: String) throws {
    try Program.output(
      of: "setpriv",
      ["--inh-caps=+\(capability)", "--ambient-caps=+\(capability)"] + command(arguments, false),
      in: directory)
  }

  /// Starts one of its parts, which may go on until its input ends.
  public func start(_ arguments: [String], forked: Bool = false) throws -> Program {
    try Program("setpriv", command(arguments, forked), in: directory, holdsInput: true)
  }

  /// Has other programs work below `area`: a build, a shell script, a program in Python.
  public static func runPrograms(in area: URL) throws {
    let manager = FileManager.default
    let (sources, directory) = (area.appending(path: "sources"), area.appending(path: "programs.d"))
    try manager.copyItem(at: Machine.package.appending(path: "Tests/Workload"), to: sources)
    try manager.createDirectory(at: directory, withIntermediateDirectories: true)
    try manager.setAttributes([.ownerAccountID: Int(programsUID)], ofItemAtPath: directory.path)
    try Program.output(
      of: "setpriv",
      [
        "--reuid=\(programsUID)", "--regid=\(programsUID)", "--clear-groups",
        sources.appending(path: "programs").path, sources.path,
      ], in: directory)
  }

  private func command(
    _ arguments: [String], _ forked: Bool, user actual: UInt32? = nil
  ) -> [String] {
    // What follows keeps the shell from replacing itself by the program.
    let shell = forked ? ["sh", "-c", "\"$0\" \"$@\"; exit $?"] : []
    return ["--reuid=\(actual ?? user)", "--regid=\(user)", "--clear-groups"] + shell + [program]
      + arguments
  }
}
