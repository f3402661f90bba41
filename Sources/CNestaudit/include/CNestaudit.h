/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CNESTAUDIT_H
#define CNESTAUDIT_H

#include "../../../bpf/entry.h"
#include "../../../bpf/event.h"
#include "../../../bpf/policy.h"
#include "../../../bpf/table.h"
#include "../../../bpf/watch.h"
#include "capabilities.h"
#include "cgroup.h"
#include "clock.h"
#include "closing.h"
#include "direct.h"
#include "glibc.h"
#include "kept.h"
#include "mapping.h"
#include "openat2.h"
#include "peer.h"
#include "prefetch.h"
#include "ring.h"
#include <stddef.h>

/* The BPF object with every program, as the compiler wrote it; *size gets its length in bytes. */
const void *nestaudit_bpf_object(size_t *size);

#endif
