/*
 * The options of prctl that are about capabilities. What they return is what prctl returns.
 */
#pragma once

/* PR_CAPBSET_*, PR_*_KEEPCAPS, PR_*_SECUREBITS. */
long capability_prctl(int option, unsigned long arg);
/* PR_CAP_AMBIENT: op is a PR_CAP_AMBIENT_*. */
long cap_ambient_prctl(unsigned long op, unsigned long cap);
