/*
 * Ioctls that any descriptor understands.
 */
#pragma once

#define FIONREAD 0x541bu
#define FIONBIO 0x5421u
#define FIONCLEX 0x5450u
#define FIOCLEX 0x5451u
#define FIOASYNC 0x5452u
#define FIGETBSZ 2u
