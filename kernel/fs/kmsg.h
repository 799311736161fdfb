/*
 * /dev/kmsg: the kernel's messages as records, and a way to add to them.
 */
#pragma once

#include "kernel/fs/file.h"

extern const struct file_ops kmsg_ops;
