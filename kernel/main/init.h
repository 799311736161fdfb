/*
 * The first program.
 */
#pragma once

/* The body of pid 1: unpacks the initramfs, opens the console, becomes init. Never returns without
 * a program. */
int init_main(void *unused);
