/*
 * nullfs: a directory in which there is nothing and never will be: where the tree of an empty
 * mount namespace begins.
 */
#pragma once

#include "lib/types.h"

struct mount;

/* An instance of its own, mounted nowhere; one reference. 0, -ENOMEM. */
int nullfs_mount_create(struct mount **out) __must_check;
