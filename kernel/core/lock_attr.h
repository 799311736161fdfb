/*
 * What a function does to locks, written where the compiler can hold it to that: clang's
 * -Wthread-safety, in make check. gcc reads past it.
 *
 *	static void queue_drop(struct queue *q) __releases(q->lock)
 *
 * The checker follows one function at a time, and knows locks by how they are spelled. What a
 * function does only sometimes it does not understand: then the function is __lock_unchecked, and
 * its caller says spin_assert_held(&q->lock) where the lock is held, which debug builds verify.
 */
#pragma once

#if defined(__clang__)
#define __lock_attr(x) __attribute__((x))
#else
#define __lock_attr(x)
#endif

#define __lock_type(name) __lock_attr(capability(name))
#define __acquires(...) __lock_attr(acquire_capability(__VA_ARGS__))
#define __acquires_shared(...) __lock_attr(acquire_shared_capability(__VA_ARGS__))
/* It has them if its result is this: true, or 0 of those that return an error. */
#define __acquires_if(result, ...) __lock_attr(try_acquire_capability(result, __VA_ARGS__))
#define __releases(...) __lock_attr(release_capability(__VA_ARGS__))
#define __releases_shared(...) __lock_attr(release_shared_capability(__VA_ARGS__))
/* Held at entry and on return; perhaps not in between. */
#define __must_hold(...) __lock_attr(requires_capability(__VA_ARGS__))
#define __asserts_held(...) __lock_attr(assert_capability(__VA_ARGS__))
#define __asserts_held_shared(...) __lock_attr(assert_shared_capability(__VA_ARGS__))
#define __lock_unchecked __lock_attr(no_thread_safety_analysis)
