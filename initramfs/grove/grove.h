/*
 * What every applet needs: messages, memory that never runs out quietly, whole
 * writes, and numbers from arguments.
 */
#ifndef GROVE_GROVE_H
#define GROVE_GROVE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "initramfs/grove/applet.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* "cat: fmt..." on standard error. */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same followed by ": " and the words for errno: "cat: x: No such file or directory". */
void warn_errno(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* warn() or warn_errno(), then applet_exit(1). */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void die_errno(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print the running applet's usage (to stdout if code is 0, else to stderr) and leave. */
_Noreturn void usage(int code);

/* Memory, or die(). The caller frees. */
void *xmalloc(size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "dir/name" with exactly one slash between; the caller frees. */
char *path_join(const char *dir, const char *name);

/* The last part of a path, as a pointer into it; "/" stays "/". */
const char *path_base(const char *path);

/* Write it all, however many write()s that takes. 0, or -1 with errno. */
int write_all(int fd, const void *data, size_t len);

/* Copy fd `in` to fd `out` until end of file. 0, or with errno which side failed. */
#define COPY_READ_FAILED (-1)
#define COPY_WRITE_FAILED (-2)
int copy_fd(int in, int out);

/* The whole of a file as a NUL-ended string (length in *len unless NULL); NULL with errno. */
char *read_file(const char *path, size_t *len);

/* A decimal number between min and max, or die() with a message that shows the argument. */
long long parse_number(const char *arg, long long min, long long max);

/* A signal's number from "9", "KILL" or "SIGKILL" (any case); -1 if there is none. */
int signal_from_name(const char *name);

/* "KILL" for 9, "RTMIN+1"; a static buffer. NULL if there is no such signal. */
const char *signal_name(int sig);

#endif
