#ifndef GROVE_SHARE_H
#define GROVE_SHARE_H

/* ps --share: the tree of all tasks, with what each shares. The exit status. */
int share_print(void);

#endif
