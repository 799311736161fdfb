/* ps --share: its one entry point. share.c tells how the tree is to be read. */
#ifndef GROVE_SHARE_H
#define GROVE_SHARE_H

/* Print the tree of all tasks, with what each shares. The exit status. */
int share_print(void);

#endif
