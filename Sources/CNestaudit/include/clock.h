/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NESTAUDIT_CLOCK_QUESTION_H
#define NESTAUDIT_CLOCK_QUESTION_H

#include "../../../bpf/entry.h"
#include <sys/timex.h>

/* What the kernel says of its clock, changing nothing. */
static inline struct clock_answer nestaudit_clock(void)
{
	struct timex clock = {0};

	adjtimex(&clock);
	return (struct clock_answer){
	    .status = clock.status,
	    .tick = clock.tick,
	    .constant = clock.constant,
	    .esterror = clock.esterror,
	};
}

#endif
