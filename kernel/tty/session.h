/*
 * Terminals and job control: controlling terminals, foreground and background.
 */
#pragma once

#include "kernel/tty/tty.h"

/* The leader of a session ends: its foreground group is hung up, the terminal is free. */
void tty_session_exit(struct group *leader);

/* May current, with this terminal as its controlling one, read from / change it? In the background
 * it gets SIGTTIN or SIGTTOU and -ERESTARTSYS, or -EIO when nothing could stop it. */
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
/* The same two of any terminal: for the master of a pseudo-terminal. */
int tty_foreground_peek(struct tty *tty) __must_check; /* pgid, 0: none */
int tty_session_peek(struct tty *tty) __must_check;    /* sid or -ENOTTY */
/* Opens current's (the port's open op). 0, -ENXIO (it has none), or what the port says. */
int tty_of_current_open(struct tty **out) __must_check;
/* The other side is gone for good: the session is told and loses its terminal, whoever waits is
 * woken. May not be called with locks. */
void tty_hang_up(struct tty *tty);
