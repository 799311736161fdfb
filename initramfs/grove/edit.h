/*
 * The line editor: edit.c, and edit_complete.c for what a word may become.
 */
#ifndef GROVE_EDIT_H
#define GROVE_EDIT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A line typed after the prompt, with its newline; the caller frees. NULL at the
 * end of input. ^C gives NULL with *interrupted set. Lines go into the history.
 * On no terminal, or TERM=dumb, the line is read as it is.
 */
char *edit_line(const char *prompt, bool *interrupted);
void edit_history_print(void);

/*
 * What may stand for the word that begins at line[start] and ends at line[end]:
 * a malloc'd, NULL-ended list of malloc'd whole words, sorted, each once; a
 * folder's ends in a slash. NULL if there is nothing.
 */
char **complete(const char *line, size_t start, size_t end);
/* Where the word that ends at line[end] begins. */
size_t complete_start(const char *line, size_t end);

#endif
