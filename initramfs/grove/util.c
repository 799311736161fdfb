/*
 * Helpers shared by the applets: messages, memory, whole reads and writes,
 * numbers. grove.h says what each promises.
 */

#include "initramfs/grove/grove.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>

/* One write per message, so messages of concurrent programs don't interleave. */
static void message(const char *suffix, const char *fmt, va_list args)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "%s: ", applet_name);

	fflush(stdout);
	len += vsnprintf(text + len, sizeof(text) - len, fmt, args);
	if (len > (int)sizeof(text) - 1)
		len = sizeof(text) - 1;
	if (suffix)
		len += snprintf(text + len, sizeof(text) - len, ": %s", suffix);
	if (len > (int)sizeof(text) - 2)
		len = sizeof(text) - 2;
	text[len] = '\n';
	write_all(STDERR_FILENO, text, len + 1);
}

void warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(NULL, fmt, args);
	va_end(args);
}

void warn_errno(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(strerror(errno), fmt, args);
	va_end(args);
}

_Noreturn void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(NULL, fmt, args);
	va_end(args);
	applet_exit(1);
}

_Noreturn void die_errno(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(strerror(errno), fmt, args);
	va_end(args);
	applet_exit(1);
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		die("out of memory");
	return p;
}

void *xmalloc(size_t size)
{
	return xrealloc(NULL, size);
}

char *xstrndup(const char *s, size_t len)
{
	char *copy = xmalloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		die("out of memory");
	va_end(args);
	return text;
}

char *path_join(const char *dir, const char *name)
{
	size_t len = strlen(dir);
	bool slash = len > 0 && dir[len - 1] == '/';

	return xasprintf("%s%s%s", dir, slash ? "" : "/", name);
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= n;
	}
	return 0;
}

int copy_fd(int in, int out)
{
	char buffer[16384];
	ssize_t n;

	while ((n = read(in, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return COPY_READ_FAILED;
		if (write_all(out, buffer, n) < 0)
			return COPY_WRITE_FAILED;
	}
	return 0;
}

/* Grown by doubling and not sized by fstat: files in /proc say they are empty. */
static char *read_fd(int fd, size_t *len)
{
	size_t size = 0, room = 4096;
	char *text = xmalloc(room);
	ssize_t n;

	while ((n = read(fd, text + size, room - size - 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(text);
			return NULL;
		}
		size += n;
		if (size + 1 == room)
			text = xrealloc(text, room *= 2);
	}
	text[size] = '\0';
	if (len)
		*len = size;
	return text;
}

char *read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	char *text;

	if (fd < 0)
		return NULL;
	text = read_fd(fd, len);
	error = errno;
	close(fd);
	errno = error;
	return text;
}

long long parse_number(const char *arg, long long min, long long max)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(arg, &end, 10);
	if (end == arg || *end || errno)
		die("%s: not a number", arg);
	if (value < min || value > max)
		die("%s: not between %lld and %lld", arg, min, max);
	return value;
}

int signal_from_name(const char *name)
{
	char *end;
	long number = strtol(name, &end, 10);

	if (end != name && *end == '\0')
		return number >= 0 && number < NSIG ? (int)number : -1;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int sig = 1; sig < NSIG; sig++) {
		const char *known = signal_name(sig);

		if (known && strcasecmp(known, name) == 0)
			return sig;
	}
	return -1;
}

const char *signal_name(int sig)
{
	static char text[32];

	if (sig <= 0 || sig >= NSIG)
		return NULL;
	if (sig < SIGRTMIN)
		return sigabbrev_np(sig);
	if (sig == SIGRTMIN || sig == SIGRTMAX)
		return sig == SIGRTMIN ? "RTMIN" : "RTMAX";
	snprintf(text, sizeof(text), "RTMIN+%d", sig - SIGRTMIN);
	return text;
}
