#ifndef SHRIKE_CPROCESSCLOCKS_H
#define SHRIKE_CPROCESSCLOCKS_H

// Machine code that answers what a process asks of its wall clock; see Code.S.

// Where things are in the code, in bytes from its beginning.
struct process_clocks_code {
  const unsigned char *bytes;
  // 0 where there is no code for this architecture.
  long count;
  // A byte whose lowest bit says which of the two blocks of parameters is in force.
  long turn;
  // The first of the two blocks, and how long each is.
  long parameters;
  long parameters_count;
  // What is entered in the place of the functions of the vDSO.
  long clock_gettime;
  long gettimeofday;
  long time;
  // int64_t shown(int64_t nanoseconds): what the wall clock shows when the right one shows that.
  long shown;
};

struct process_clocks_code process_clocks_code(void);

#endif
