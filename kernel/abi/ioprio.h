/*
 * Linux ABI: I/O priorities (linux/ioprio.h): a class, and a level within it; in between hints.
 */
#pragma once

#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_WHO_PGRP 2
#define IOPRIO_WHO_USER 3

#define IOPRIO_CLASS_NONE 0u
#define IOPRIO_CLASS_RT 1u
#define IOPRIO_CLASS_BE 2u
#define IOPRIO_CLASS_IDLE 3u
#define IOPRIO_CLASS(ioprio) ((unsigned)(ioprio) >> 13 & 7u)
#define IOPRIO_LEVEL(ioprio) ((unsigned)(ioprio) & 7u)
#define IOPRIO_VALUE(class, level) ((class) << 13 | (level))
