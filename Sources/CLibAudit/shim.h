/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libaudit, and what auditctl has around it: the options of a rule, and the variables in which libaudit keeps
 * what it has seen of them. auditctl sets these the same way (audit-userspace, lib/private.h); they are
 * exported, but in no header.
 */
#include <getopt.h>
#include <libaudit.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern int _audit_permadded;
extern int _audit_archadded;
extern int _audit_syscalladded;
extern int _audit_exeadded;
extern int _audit_filterfsadded;
extern unsigned int _audit_elf;

/* As ls -v orders names: runs of digits by their number. */
int strverscmp(const char *a, const char *b);
static inline int nestaudit_version_order(const char *a, const char *b)
{
	return strverscmp(a, b);
}

/* Forgets the rule before. */
static inline void nestaudit_rule_begin(void)
{
	_audit_permadded = 0;
	_audit_archadded = 0;
	_audit_syscalladded = 0;
	_audit_exeadded = 0;
	_audit_filterfsadded = 0;
	_audit_elf = 0;
	optind = 0;
	opterr = 0;
}

enum nestaudit_long_option {
	OPTION_LOGINUID_IMMUTABLE = 1,
	OPTION_BACKLOG_WAIT_TIME,
	OPTION_RESET_LOST,
	OPTION_RESET_BACKLOG_WAIT_TIME_ACTUAL,
	OPTION_SIGNAL,
};

/* The next option of a line, as auditctl.c, setopt takes it; -1 after the last. Its value is in optarg. */
static inline int nestaudit_next_option(int count, char **words)
{
	static const struct option longer[] = {
	    {"loginuid-immutable", 0, NULL, OPTION_LOGINUID_IMMUTABLE},
	    {"backlog_wait_time", 1, NULL, OPTION_BACKLOG_WAIT_TIME},
	    {"reset-lost", 0, NULL, OPTION_RESET_LOST},
	    {"reset_backlog_wait_time_actual", 0, NULL, OPTION_RESET_BACKLOG_WAIT_TIME_ACTUAL},
	    {"signal", 1, NULL, OPTION_SIGNAL},
	    {NULL, 0, NULL, 0}};

	return getopt_long(count, words, "hicslDvtC:e:f:r:b:a:A:d:S:F:m:R:w:W:k:p:q:", longer, NULL);
}

static inline char *nestaudit_option_value(void)
{
	return optarg;
}

/* Index of the first word that no option has taken. */
static inline int nestaudit_option_index(void)
{
	return optind;
}

/* Adds a syscall by name or number, for the arch given before or this machine's. */
static inline int nestaudit_rule_add_syscall(struct audit_rule_data *rule, const char *name)
{
	if (_audit_elf == 0)
		_audit_elf = audit_machine_to_elf(audit_detect_machine());
	return audit_rule_syscallbyname_data(rule, name);
}

/* Whether a list of syscalls means other numbers on i386 than those that `rule` has. */
static inline int nestaudit_rule_differs_for_i386(const struct audit_rule_data *rule, char **names)
{
	struct audit_rule_data other = {0};
	unsigned int elf = _audit_elf;

	_audit_elf = audit_machine_to_elf(MACH_X86);
	for (; *names; names++)
		audit_rule_syscallbyname_data(&other, *names);
	_audit_elf = elf;
	/* As many bytes as auditctl compares. */
	return memcmp(other.mask, rule->mask, AUDIT_BITMASK_SIZE) != 0;
}

static inline int nestaudit_rule_has_arch(void)
{
	return _audit_elf != 0;
}

static inline int nestaudit_rule_names_syscalls(void)
{
	return _audit_syscalladded;
}

static inline void nestaudit_rule_set_names_syscalls(void)
{
	_audit_syscalladded = 1;
}

static inline void nestaudit_rule_set_permissions(void)
{
	_audit_permadded = 1;
}

/* Whether something went before that a key can belong to. */
static inline int nestaudit_rule_takes_key(void)
{
	return _audit_syscalladded || _audit_permadded || _audit_exeadded || _audit_filterfsadded;
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
