/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libaudit, and the variables in which it keeps what it has seen of one rule's options. auditctl sets them
 * the same way (audit-userspace, lib/private.h); they are exported, but in no header.
 */
#include <libaudit.h>
#include <stdio.h>
#include <unistd.h>

extern int _audit_permadded;
extern int _audit_archadded;
extern int _audit_syscalladded;
extern int _audit_exeadded;
extern int _audit_filterfsadded;
extern unsigned int _audit_elf;

/* Forgets the rule before. */
static inline void nestaudit_rule_begin(void)
{
	_audit_permadded = 0;
	_audit_archadded = 0;
	_audit_syscalladded = 0;
	_audit_exeadded = 0;
	_audit_filterfsadded = 0;
	_audit_elf = 0;
}

/* Adds a syscall by name or number, for the arch given before or this machine's. */
static inline int nestaudit_rule_add_syscall(struct audit_rule_data *rule, const char *name)
{
	int failed;

	if (_audit_elf == 0)
		_audit_elf = audit_machine_to_elf(audit_detect_machine());
	failed = audit_rule_syscallbyname_data(rule, name);
	if (!failed)
		_audit_syscalladded = 1;
	return failed;
}

static inline int nestaudit_rule_names_syscalls(void)
{
	return _audit_syscalladded;
}

/* The string fields behind a rule, which Swift cannot name: a flexible array. */
static inline const char *nestaudit_rule_strings(const struct audit_rule_data *rule)
{
	return rule->buf;
}

/* libaudit's own words for an error, which it gives only by printing them; "" if it has none. */
static inline void nestaudit_error_text(int error, const char *option, char *text, int size)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	ssize_t got = 0;

	if (file && saved >= 0) {
		fflush(stderr);
		dup2(fileno(file), STDERR_FILENO);
		set_aumessage_mode(MSG_STDERR, DBG_NO);
		audit_number_to_errmsg(error, option);
		set_aumessage_mode(MSG_QUIET, DBG_NO);
		fflush(stderr);
		dup2(saved, STDERR_FILENO);
		got = pread(fileno(file), text, size - 1, 0);
	}
	text[got > 0 ? got : 0] = '\0';
	if (saved >= 0)
		close(saved);
	if (file)
		fclose(file);
}
