/* SPDX-License-Identifier: GPL-2.0 */
/* The least that a program at the end of one syscall's own function can cost. */

__attribute__((section("license"), used)) char _license[] = "GPL";

__attribute__((section("fexit/__x64_sys_" SYSCALL), used)) int empty(unsigned long long *arguments)
{
	return 0;
}
