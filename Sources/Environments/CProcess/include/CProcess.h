#ifndef SHRIKE_CPROCESS_H
#define SHRIKE_CPROCESS_H

// What Linux offers to those who start and watch processes, and Swift's Glibc module lacks: headers
// that it leaves out, GNU's extensions, and functions of a variable number of arguments.

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>

#include "Namespaces.h"
#include "WatchedCalls.h"

// Starts a program in a session of its own, with default signal handling and an empty mask.
//
// The program gets `sources[i]` as descriptor `targets[i]` and nothing from `close_from` on; no
// source may be the target of an earlier pair. With `directory` it starts there. Returns 0 and the
// process in `pid`, or an error number, also where the program could not be executed.
int process_spawn(pid_t *pid, const char *path, char *const arguments[], char *const environment[],
                  const char *directory, const int sources[], const int targets[], int count,
                  int close_from);

// Makes a pipe that programs started later don't inherit. Returns 0, or an error number.
int process_pipe(int ends[2]);

// Asks for a pipe of at least this many bytes; the system may refuse.
void process_set_pipe_capacity(int descriptor, int count);

// Waits until `descriptor` is readable, or the time is over; a negative time waits for ever.
// Returns 1 when readable, else 0.
int process_await_readable(int descriptor, int64_t nanoseconds);

// Has a signal wait until this thread is in process_await_readable_or_signal.
// Returns 0, or an error number.
int process_defer_signal(int signal);

// The same as process_await_readable, but that a deferred signal is delivered meanwhile.
int process_await_readable_or_signal(int descriptor, int64_t nanoseconds, int signal);

// Makes orphaned descendants this process's children. Returns 0, or an error number.
int process_become_subreaper(void);

// Has the system send this process a signal when the thread that started it ends.
// Returns 0, or an error number.
int process_signal_at_parents_end(int signal);

// Blocks SIGCHLD in this thread and returns a descriptor that is readable when a child changed,
// or -1 with errno set.
int process_child_signals(void);

// Returns a child that has ended and was not waited for, or 0 when there is none.
// The child stays a zombie until it is waited for, so its number can't be taken by another.
pid_t process_ended_child(void);

#endif
