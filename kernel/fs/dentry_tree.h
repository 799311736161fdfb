/*
 * The lock of the tree of names, for the two files that walk it: dentry.c, dentry_tree.c.
 */
#pragma once

#include "kernel/core/spinlock.h"

/* Rank DENTRY. Guards what struct dentry's legend says, of all dentries; taken with no bucket's
 * lock held, nor the other way round. */
extern struct spinlock dentry_tree_lock;
