/* What several of the everyday applets share, beyond grove.h. */
#ifndef GROVE_COMMON_H
#define GROVE_COMMON_H

#include "initramfs/grove/grove.h"

#include <sys/stat.h>

/* The file called `name` for reading, standard input for "-"; NULL after a warning. */
FILE *input_open(const char *name);

/* Close what input_open() gave. Standard input stays open. */
void input_close(FILE *file);

/* Rewrite an old-style count ("head -5") in argv[1] as "-n5". */
void obsolete_count(int argc, char **argv);

/* The name of a user or group from /etc/passwd or /etc/group, or NULL. A static buffer. */
const char *user_name(uid_t uid);
const char *group_name(gid_t gid);

/* The same, with the number in digits when there is no name. */
const char *user_label(uid_t uid);
const char *group_label(gid_t gid);

/* "-rwxr-xr-x" and a NUL. */
void mode_text(mode_t mode, char text[11]);

/* 1536 as "1.5K", rounded up; a static buffer. */
const char *size_text(unsigned long long bytes);

/* The columns of the terminal on standard output, or `otherwise`. */
int terminal_width(int otherwise);

/* Replace this process by a command found in PATH, or else by an applet. Gives 126 or 127
 * after a message when neither works. */
int command_exec(char **argv);

#endif
