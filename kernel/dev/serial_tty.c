#include "kernel/dev/serial.h"

/*
 * Between serial ports and terminals.
 */

void serial_received(struct serial *s, const char *buf, size_t n)
{
}

void serial_writable(struct serial *s)
{
}
