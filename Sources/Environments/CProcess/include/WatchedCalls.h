#ifndef SHRIKE_WATCHED_CALLS_H
#define SHRIKE_WATCHED_CALLS_H

// System calls of other processes that this process answers: seccomp's user notification.

#include <stdint.h>
#include <sys/types.h>

// A system call that waits for an answer.
struct watched_call {
  // What it is answered by.
  uint64_t id;
  // The thread that made it, as our PID namespace numbers it.
  pid_t thread;
  int number;
  uint64_t arguments[6];
};

// Takes the next call. Returns 0, EAGAIN where the call was withdrawn meanwhile, or another error number.
int watched_receive(int listener, struct watched_call *call);

// Whether a call still waits: else the thread that made it is gone, and its number may be another's.
int watched_waits(int listener, uint64_t id);

// Has the kernel do what a call asks for.
void watched_continue(int listener, uint64_t id);

// Answers a call with a result, or with an error number where that is not 0, and does nothing of it.
void watched_answer(int listener, uint64_t id, int64_t result, int error);

// Why no calls can be watched here: 0, or an error number.
int watched_problem(void);

// Puts the numbers of the calls that make files durable, of which there are at most `max`, and returns
// how many there are.
int watched_syncs(int numbers[], int max);

// What the first argument of a call is.
enum watched_subject { watched_descriptor, watched_address, watched_nothing };
enum watched_subject watched_subject(int number);

#endif
