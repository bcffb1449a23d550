#include "CProcessClocks.h"

#if defined(__x86_64__)

extern const unsigned char process_clocks_begin[], process_clocks_turn[],
    process_clocks_parameters[], process_clocks_second_parameters[], process_clocks_gettime[],
    process_clocks_gettimeofday[], process_clocks_time[], process_clocks_shown[],
    process_clocks_end[];

struct process_clocks_code process_clocks_code(void) {
  return (struct process_clocks_code){
      .bytes = process_clocks_begin,
      .count = process_clocks_end - process_clocks_begin,
      .turn = process_clocks_turn - process_clocks_begin,
      .parameters = process_clocks_parameters - process_clocks_begin,
      .parameters_count = process_clocks_second_parameters - process_clocks_parameters,
      .clock_gettime = process_clocks_gettime - process_clocks_begin,
      .gettimeofday = process_clocks_gettimeofday - process_clocks_begin,
      .time = process_clocks_time - process_clocks_begin,
      .shown = process_clocks_shown - process_clocks_begin,
  };
}

#else

struct process_clocks_code process_clocks_code(void) { return (struct process_clocks_code){0}; }

#endif
