#ifndef SHRIKE_WATCH_H
#define SHRIKE_WATCH_H

// What process_start needs to have a program's system calls answered by its parent.

// Has the calls of these numbers, by this process and its descendants, be answered by whoever receives
// the listener, which is sent over a socket. Returns 0, or an error number.
int watch_calls(const int numbers[], int count, int socket);

// Receives the listener of a child. Returns a descriptor, or -1 where the child sent none.
int watch_listener(int socket);

#endif
