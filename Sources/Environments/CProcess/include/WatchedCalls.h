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

// Has the kernel run an answered thread where its answer came from, which is sooner there than elsewhere.
// Kernels that can't are left as they are.
void watched_hasten(int listener);

// Why no calls can be watched here: 0, or an error number.
int watched_problem(void);

// Whether a signal leaves a watched call alone; else a program would see reads and writes of files
// interrupted, which no kernel does by itself.
int watched_is_uninterrupted(void);

// What a call does to a file.
enum watched_effect { watched_sync = 1, watched_read = 2, watched_write = 4 };

// What an argument of a call is.
enum watched_subject { watched_descriptor, watched_address, watched_nothing };

// What a call does to the file that one of its arguments stands for.
struct watched_operand {
  enum watched_effect effect;
  enum watched_subject subject;
  int argument;
};

// Puts the numbers of the calls that have some of these effects, of which there are at most `max`, and
// returns how many there are.
int watched_calls(unsigned effects, int numbers[], int max);

// Puts what a call does to which files. Returns how many those are.
int watched_operands(int number, struct watched_operand operands[2]);

#endif
