/*
 * Bringing up the other harts.
 */
#pragma once

/* Starts every hart of hart_table but this one, and waits until they are online or a second has
 * gone. */
void harts_start(void);
