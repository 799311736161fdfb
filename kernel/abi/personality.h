/*
 * personality(2): how a task wants to be run.
 */
#pragma once

#define PER_QUERY 0xffffffffu /* no persona: tells the present one */
#define PER_MASK 0xffu	      /* whose system calls; 0 is Linux */

#define ADDR_NO_RANDOMIZE 0x0040000u  /* every address as planned, none random */
#define ADDR_COMPAT_LAYOUT 0x0200000u /* mappings from the bottom up */
#define READ_IMPLIES_EXEC 0x0400000u  /* what may be read may be executed */

/* What exec of a set-id program takes away: it shall not help to attack it. */
#define PER_CLEAR_ON_SETID (ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | READ_IMPLIES_EXEC)
