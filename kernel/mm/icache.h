/*
 * Instruction fetch in order with what was written: for whoever changes code, or what is code from
 * now on.
 */
#pragma once

#include "kernel/mm/mm.h"

/* Code of mm, or memory that any address space may execute next, has been written by whoever calls
 * this or in an order that he has seen. Every hart that runs mm fetches anew when this returns; all
 * others do before they run user code of another address space than now. Any context but
 * interrupts. */
void icache_changed(struct mm *mm);
/* The harts that run mm have seen all such changes when this returns. */
void icache_catch_up(struct mm *mm);
/* This hart is about to run another address space. Interrupts off. */
void icache_switch(void);
