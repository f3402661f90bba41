/// The rules of daemons that nobody has configured.
public enum DefaultRules {
  /// For the host's daemon.
  public static let host = common

  /// For the daemon of a container.
  public static let container = common

  private static let common = """
    -D
    -b 65536
    -f 1
    # every program that is run
    -a always,exit -F arch=b64 -S execve,execveat -k exec
    -a always,exit -F arch=b32 -S execve,execveat -k exec
    # connections out
    -a always,exit -F arch=b64 -S connect -k connect
    -a always,exit -F arch=b32 -S connect -k connect
    # what identifies the system and its users
    -w /etc/passwd -p wa -k identity
    -w /etc/group -p wa -k identity
    -w /etc/shadow -p wa -k identity
    -w /etc/gshadow -p wa -k identity
    -w /etc/sudoers -p wa -k identity
    -w /etc/sudoers.d -p wa -k identity
    -w /etc/ssh -p wa -k ssh-keys
    -w /root/.ssh -p wa -k ssh-keys
    # mounts
    -a always,exit -F arch=b64 -S mount,umount2,pivot_root,move_mount,open_tree -k mount
    -a always,exit -F arch=b32 -S mount,umount,umount2,pivot_root -k mount
    # changes of namespace
    -a always,exit -F arch=b64 -S setns,unshare -k namespace
    -a always,exit -F arch=b32 -S setns,unshare -k namespace
    # reaching into other processes
    -a always,exit -F arch=b64 -S ptrace,process_vm_writev -k ptrace
    -a always,exit -F arch=b32 -S ptrace -k ptrace
    # kernel modules
    -a always,exit -F arch=b64 -S init_module,finit_module,delete_module -k modules
    -a always,exit -F arch=b32 -S init_module,finit_module,delete_module -k modules
    """
}
