/*
 * Terminals and job control: controlling terminals, foreground and background.
 */
#pragma once

#include "kernel/tty/tty.h"

/* The leader of a session ends: its foreground group is hung up, the terminal is free. */
void tty_session_exit(struct group *leader);

/* May current, with this terminal as its controlling one, read from / change it? In the background it gets SIGTTIN or
 * SIGTTOU and -ERESTARTSYS, or -EIO when nothing could stop it. */
int tty_check_read(struct tty *tty) __must_check;
int tty_check_change(struct tty *tty) __must_check;

/* Sends to the foreground process group, if there is one. Any context without locks. */
void tty_signal(struct tty *tty, int signo);

/* open without O_NOCTTY by a session leader that has none: becomes its terminal. */
void tty_open_control(struct tty *tty);
int tty_set_control(struct tty *tty, bool steal) __must_check; /* TIOCSCTTY */
int tty_drop_control(struct tty *tty) __must_check;	       /* TIOCNOTTY */
int tty_foreground_get(struct tty *tty) __must_check;	       /* TIOCGPGRP: pgid or -ENOTTY */
int tty_foreground_set(struct tty *tty, int pgid) __must_check; /* TIOCSPGRP */
int tty_session_get(struct tty *tty) __must_check;	       /* TIOCGSID */
/* current's, or NULL. Terminals never go away, so it is not counted. */
struct tty *tty_of_current(void);
