import CNestaudit

/// Which of the kernel's functions does a syscall: arch/x86/entry/syscalls/syscall_64.tbl and syscall_32.tbl, which are
/// the same from Linux 6.1 on but for what has been added.
enum SyscallFunctionNames {
  /// The newest line of kernels that this holds for.
  static let newest: (major: UInt32, minor: UInt32) = (6, 18)

  /// A function by its own name, and by the one that it has in the kernel's types if it takes no arguments: the same
  /// function does the syscall of both arches then.
  struct Name {
    let own: String
    let bare: String
  }

  /// The function of a syscall, of an enum policy_arch; nil if it is not known.
  static func function(arch: Int, syscall: Int) -> Name? {
    let isWide = arch == Int(POLICY_ARCH_64.rawValue)
    guard let name = (isWide ? wide : narrow)[syscall] else { return nil }
    if name.first == "+" {
      let bare = name.dropFirst()
      return Name(own: "__ia32_compat_sys_" + bare, bare: "__do_compat_sys_" + bare)
    }
    return Name(own: (isWide ? "__x64_sys_" : "__ia32_sys_") + name, bare: "__do_sys_" + name)
  }

  /// Every name that is looked for, but of what never returns or overwrites its caller's registers.
  static let all: Set<String> = {
    var names: Set<String> = []
    for arch in 0..<Int(POLICY_ARCHES) {
      for syscall in 0..<Int(POLICY_SYSCALLS) {
        guard !isEndless(arch: arch, syscall: syscall),
          let name = function(arch: arch, syscall: syscall)
        else { continue }
        names.formUnion([name.own, name.bare])
      }
    }
    return names
  }()

  /// What never returns, or with another number than it was called by: nobody sees the end of exit, exit_group and
  /// the returns from signals.
  static func isEndless(arch: Int, syscall: Int) -> Bool {
    arch == Int(POLICY_ARCH_64.rawValue)
      ? [15, 60, 231].contains(syscall) : [1, 119, 173, 252].contains(syscall)
  }

  private static let wide = table(wideText)
  private static let narrow = table(narrowText)

  /// Of lines such as "3: close newstat", which name what has the numbers from 3 on. There is no such syscall where it
  /// says "-", and whether there is one depends on the kernel where it says "?".
  private static func table(_ text: String) -> [Int: Substring] {
    var names: [Int: Substring] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let first = Int(words[0].dropLast()) else { continue }
      for (index, word) in words.dropFirst().enumerated() where word != "?" {
        names[first + index] = word == "-" ? "ni_syscall" : word
      }
    }
    return names
  }

  private static let wideText = """
    0: read write open close newstat newfstat newlstat poll lseek mmap
    10: mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn ioctl pread64 pwrite64 readv
    20: writev access pipe select sched_yield mremap msync mincore madvise shmget
    30: shmat shmctl dup dup2 pause nanosleep getitimer alarm setitimer getpid
    40: sendfile64 socket connect accept sendto recvfrom sendmsg recvmsg shutdown bind
    50: listen getsockname getpeername socketpair setsockopt getsockopt clone fork vfork execve
    60: exit wait4 kill newuname semget semop semctl shmdt msgget msgsnd
    70: msgrcv msgctl fcntl flock fsync fdatasync truncate ftruncate getdents getcwd
    80: chdir fchdir rename mkdir rmdir creat link unlink symlink readlink
    90: chmod fchmod chown fchown lchown umask gettimeofday getrlimit getrusage sysinfo
    100: times ptrace getuid syslog getgid setuid setgid geteuid getegid setpgid
    110: getppid getpgrp setsid setreuid setregid getgroups setgroups setresuid getresuid setresgid
    120: getresgid getpgid setfsuid setfsgid getsid capget capset rt_sigpending rt_sigtimedwait rt_sigqueueinfo
    130: rt_sigsuspend sigaltstack utime mknod - personality ustat statfs fstatfs sysfs
    140: getpriority setpriority sched_setparam sched_getparam sched_setscheduler sched_getscheduler
    146: sched_get_priority_max sched_get_priority_min sched_rr_get_interval mlock
    150: munlock mlockall munlockall vhangup modify_ldt pivot_root - prctl arch_prctl adjtimex
    160: setrlimit chroot sync acct settimeofday mount umount swapon swapoff reboot
    170: sethostname setdomainname iopl ioperm - init_module delete_module - - quotactl
    180: - - - - - - gettid readahead setxattr lsetxattr
    190: fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr
    199: fremovexattr
    200: tkill time futex sched_setaffinity sched_getaffinity - io_setup io_destroy io_getevents io_submit
    210: io_cancel - lookup_dcookie epoll_create - - remap_file_pages getdents64 set_tid_address restart_syscall
    220: semtimedop fadvise64 timer_create timer_settime timer_gettime timer_getoverrun timer_delete clock_settime
    228: clock_gettime clock_getres
    230: clock_nanosleep exit_group epoll_wait epoll_ctl tgkill utimes - mbind set_mempolicy get_mempolicy
    240: mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr kexec_load waitid add_key
    249: request_key
    250: keyctl ioprio_set ioprio_get inotify_init inotify_add_watch inotify_rm_watch migrate_pages openat mkdirat
    259: mknodat
    260: fchownat futimesat newfstatat unlinkat renameat linkat symlinkat readlinkat fchmodat faccessat
    270: pselect6 ppoll unshare set_robust_list get_robust_list splice tee sync_file_range vmsplice move_pages
    280: utimensat epoll_pwait signalfd timerfd_create eventfd fallocate timerfd_settime timerfd_gettime accept4
    289: signalfd4
    290: eventfd2 epoll_create1 dup3 pipe2 inotify_init1 preadv pwritev rt_tgsigqueueinfo perf_event_open recvmmsg
    300: fanotify_init fanotify_mark prlimit64 name_to_handle_at open_by_handle_at clock_adjtime syncfs sendmmsg
    308: setns getcpu
    310: process_vm_readv process_vm_writev kcmp finit_module sched_setattr sched_getattr renameat2 seccomp
    318: getrandom memfd_create
    320: kexec_file_load bpf execveat userfaultfd membarrier mlock2 copy_file_range preadv2 pwritev2 pkey_mprotect
    330: pkey_alloc pkey_free statx io_pgetevents rseq
    417: - - - - - - - pidfd_send_signal io_uring_setup io_uring_enter
    427: io_uring_register open_tree move_mount fsopen fsconfig fsmount fspick pidfd_open clone3 close_range
    437: openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr quotactl_fd
    444: landlock_create_ruleset landlock_add_rule landlock_restrict_self
    447: memfd_secret process_mrelease futex_waitv set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack
    454: futex_wake futex_wait futex_requeue
    457: statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal
    """

  /// With "+": of a layout that only 32-bit programs have. io_pgetevents_time64, 416, was done by another function
  /// before Linux 6.10.
  private static let narrowText = """
    0: restart_syscall exit fork read write +open close waitpid creat link
    10: unlink +execve chdir time32 mknod chmod lchown16 - stat +lseek
    20: getpid mount oldumount setuid16 getuid16 stime32 +ptrace alarm fstat pause
    30: utime32 - - access nice - sync kill rename mkdir
    40: rmdir dup pipe +times - brk setgid16 getgid16 signal geteuid16
    50: getegid16 acct umount - +ioctl +fcntl64 - setpgid - olduname
    60: umask chroot +ustat dup2 getppid getpgrp setsid +sigaction sgetmask ssetmask
    70: setreuid16 setregid16 sigsuspend +sigpending sethostname +setrlimit +old_getrlimit +getrusage +gettimeofday
    79: +settimeofday
    80: getgroups16 setgroups16 +old_select symlink lstat readlink uselib swapon reboot +old_readdir
    90: +ia32_mmap munmap +truncate +ftruncate fchmod fchown16 getpriority setpriority - +statfs
    100: +fstatfs ioperm +socketcall syslog +setitimer +getitimer +newstat +newlstat +newfstat uname
    110: iopl vhangup - - +wait4 swapoff +sysinfo +ipc fsync +sigreturn
    120: +ia32_clone setdomainname newuname modify_ldt adjtimex_time32 mprotect +sigprocmask - init_module
    129: delete_module
    130: - quotactl getpgid fchdir - sysfs personality - setfsuid16 setfsgid16
    140: llseek +getdents +select flock msync readv writev getsid fdatasync -
    150: mlock munlock mlockall munlockall sched_setparam sched_getparam sched_setscheduler sched_getscheduler
    158: sched_yield sched_get_priority_max
    160: sched_get_priority_min sched_rr_get_interval_time32 nanosleep_time32 mremap setresuid16 getresuid16 - -
    168: poll -
    170: setresgid16 getresgid16 prctl +rt_sigreturn +rt_sigaction +rt_sigprocmask +rt_sigpending
    177: +rt_sigtimedwait_time32 +rt_sigqueueinfo +rt_sigsuspend
    180: ia32_pread64 ia32_pwrite64 chown16 getcwd capget capset +sigaltstack +sendfile - -
    190: vfork +getrlimit mmap_pgoff ia32_truncate64 ia32_ftruncate64 +ia32_stat64 +ia32_lstat64 +ia32_fstat64
    198: lchown getuid
    200: getgid geteuid getegid setreuid setregid getgroups setgroups fchown setresuid getresuid
    210: setresgid getresgid chown setuid setgid setfsuid setfsgid pivot_root mincore madvise
    220: getdents64 +fcntl64 - - gettid ia32_readahead setxattr lsetxattr fsetxattr getxattr
    230: lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr tkill sendfile64
    240: futex_time32 +sched_setaffinity +sched_getaffinity set_thread_area get_thread_area +io_setup io_destroy
    247: io_getevents_time32 +io_submit io_cancel
    250: ia32_fadvise64 - exit_group +lookup_dcookie epoll_create epoll_ctl epoll_wait remap_file_pages
    258: set_tid_address +timer_create
    260: timer_settime32 timer_gettime32 timer_getoverrun timer_delete clock_settime32 clock_gettime32
    266: clock_getres_time32 clock_nanosleep_time32 +statfs64 +fstatfs64
    270: tgkill utimes_time32 ia32_fadvise64_64 - mbind get_mempolicy set_mempolicy +mq_open mq_unlink
    279: mq_timedsend_time32
    280: mq_timedreceive_time32 +mq_notify +mq_getsetattr +kexec_load +waitid - add_key request_key +keyctl
    289: ioprio_set
    290: ioprio_get inotify_init inotify_add_watch inotify_rm_watch migrate_pages +openat mkdirat mknodat fchownat
    299: futimesat_time32
    300: +ia32_fstatat64 unlinkat renameat linkat symlinkat readlinkat fchmodat faccessat +pselect6_time32
    309: +ppoll_time32
    310: unshare +set_robust_list +get_robust_list splice ia32_sync_file_range tee vmsplice move_pages getcpu
    319: epoll_pwait
    320: utimensat_time32 +signalfd timerfd_create eventfd ia32_fallocate timerfd_settime32 timerfd_gettime32
    327: +signalfd4 eventfd2 epoll_create1
    330: dup3 pipe2 inotify_init1 +preadv +pwritev +rt_tgsigqueueinfo perf_event_open +recvmmsg_time32 fanotify_init
    339: +fanotify_mark
    340: prlimit64 name_to_handle_at +open_by_handle_at clock_adjtime32 syncfs +sendmmsg setns process_vm_readv
    348: process_vm_writev kcmp
    350: finit_module sched_setattr sched_getattr renameat2 seccomp getrandom memfd_create bpf +execveat socket
    360: socketpair bind connect listen accept4 getsockopt setsockopt getsockname getpeername sendto
    370: +sendmsg +recvfrom +recvmsg shutdown userfaultfd membarrier mlock2 copy_file_range +preadv2 +pwritev2
    380: pkey_mprotect pkey_alloc pkey_free statx +arch_prctl +io_pgetevents rseq - - -
    390: - - - semget +semctl shmget +shmctl +shmat shmdt msgget
    400: +msgsnd +msgrcv +msgctl clock_gettime clock_settime clock_adjtime clock_getres clock_nanosleep
    408: timer_gettime timer_settime
    410: timerfd_gettime timerfd_settime utimensat +pselect6_time64 +ppoll_time64 - ? +recvmmsg_time64 mq_timedsend
    419: mq_timedreceive
    420: semtimedop +rt_sigtimedwait_time64 futex sched_rr_get_interval pidfd_send_signal io_uring_setup
    426: io_uring_enter io_uring_register open_tree move_mount
    430: fsopen fsconfig fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2
    440: process_madvise +epoll_pwait2 mount_setattr quotactl_fd landlock_create_ruleset landlock_add_rule
    446: landlock_restrict_self memfd_secret process_mrelease futex_waitv
    450: set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount
    458: listmount lsm_get_self_attr
    460: lsm_set_self_attr lsm_list_modules mseal
    """
}
