// What a process runs in the place of its vDSO's clock_gettime, gettimeofday and time.
//
// The bytes between process_clocks_begin and process_clocks_end are copied into other processes, and
// never run where they lie here: they refer to nothing but themselves and need no stack but their
// caller's. Each function asks the kernel for the right time, and maps readings of the wall clock by
// the parameters in force:
//
//   shown(t) = t + offset + (t - since) * drift / 1,000,000,000
//                + (strobe, where t >= began and (t - began) / period is even)
//
// in nanoseconds since 1970, the division of the drift towards zero. A drift of -1,000,000,000 is a
// clock that stands still, a period of 0 no strobe.
//
// Who changes the parameters writes those that are not in force, and then the one byte that says which
// are: so a thread that reads meanwhile finds the old or the new, and never a mixture.

#if defined(__x86_64__)

    .section .rodata
    .balign 16

    .globl process_clocks_begin, process_clocks_turn, process_clocks_parameters
    .globl process_clocks_second_parameters, process_clocks_gettime, process_clocks_gettimeofday
    .globl process_clocks_time, process_clocks_shown, process_clocks_end
    .hidden process_clocks_begin, process_clocks_turn, process_clocks_parameters
    .hidden process_clocks_second_parameters, process_clocks_gettime, process_clocks_gettimeofday
    .hidden process_clocks_time, process_clocks_shown, process_clocks_end

process_clocks_begin:
    .ascii "shrike/1"                 // by whom the code is
process_clocks_turn:
    .zero 8                           // which parameters are in force: its lowest bit
process_clocks_parameters:
    .zero 48                          // since, offset, drift, began, strobe, period
process_clocks_second_parameters:
    .zero 48

// int clock_gettime(clockid_t edi, struct timespec *rsi)
process_clocks_gettime:
    mov $228, %eax
    syscall
    test %eax, %eax
    jnz 2f
    test %edi, %edi                   // CLOCK_REALTIME
    jz 1f
    cmp $5, %edi                      // CLOCK_REALTIME_COARSE
    jne 2f
1:  mov $1000000000, %r10d
    mov (%rsi), %rax
    imul %r10, %rax
    add 8(%rsi), %rax
    call .Lmap
    call .Lsplit
    mov %rax, (%rsi)
    mov %rdx, 8(%rsi)
    xor %eax, %eax
2:  ret

// int gettimeofday(struct timeval *rdi, struct timezone *rsi)
process_clocks_gettimeofday:
    test %rsi, %rsi
    jz 1f
    mov $96, %eax                     // what it says of the zone is left to the kernel
    syscall
    test %eax, %eax
    jnz 2f
1:  xor %eax, %eax
    test %rdi, %rdi
    jz 2f
    sub $24, %rsp
    mov %rdi, 16(%rsp)
    xor %edi, %edi
    call .Lread
    mov 16(%rsp), %rdi
    add $24, %rsp
    mov %rax, (%rdi)
    mov %rdx, %rax
    xor %edx, %edx
    mov $1000, %ecx
    div %rcx
    mov %rax, 8(%rdi)
    xor %eax, %eax
2:  ret

// time_t time(time_t *rdi)
process_clocks_time:
    sub $24, %rsp
    mov %rdi, 16(%rsp)
    mov $5, %edi                      // as the vDSO: the seconds of CLOCK_REALTIME_COARSE
    call .Lread
    mov 16(%rsp), %rdi
    add $24, %rsp
    test %rdi, %rdi
    jz 1f
    mov %rax, (%rdi)
1:  ret

// Reads the clock edi, through the two words above the return address, and splits what it shows.
.Lread:
    lea 8(%rsp), %rsi
    mov $228, %eax
    syscall
    mov $1000000000, %r10d
    mov 8(%rsp), %rax
    imul %r10, %rax
    add 16(%rsp), %rax
    call .Lmap

// Makes of the nanoseconds in rax whole seconds, and the nanoseconds beyond them in rdx.
.Lsplit:
    cqo
    idiv %r10
    test %rdx, %rdx
    jns 1f
    add %r10, %rdx
    dec %rax
1:  ret

// int64_t shown(int64_t rdi)
process_clocks_shown:
    mov $1000000000, %r10d
    mov %rdi, %rax

// Maps the right time in rax; r10 is 1,000,000,000. Keeps rsi, rdi and r10.
.Lmap:
    push %rsi
    push %rdi
    push %rbx
    mov %rax, %r8
1:  movzbl process_clocks_turn(%rip), %r11d
    mov %r11d, %r9d
    and $1, %r9d
    imul $48, %r9, %r9
    lea process_clocks_parameters(%rip), %rcx
    add %rcx, %r9
    mov (%r9), %rcx                   // since
    mov 8(%r9), %rdx                  // offset
    mov 16(%r9), %rax                 // drift
    mov 24(%r9), %rsi                 // began
    mov 32(%r9), %rdi                 // strobe
    mov 40(%r9), %rbx                 // period
    movzbl process_clocks_turn(%rip), %r9d
    cmp %r9d, %r11d
    jne 1b                            // they may have been written while they were read
    lea (%r8, %rdx), %r9
    mov %r8, %rdx
    sub %rcx, %rdx
    imul %rdx
    idiv %r10                         // no overflow: a drift is at most 1,000,000,000
    add %rax, %r9
    test %rbx, %rbx
    jle 2f
    mov %r8, %rax
    sub %rsi, %rax
    js 2f
    xor %edx, %edx
    div %rbx
    test $1, %al
    jnz 2f
    add %rdi, %r9
2:  mov %r9, %rax
    pop %rbx
    pop %rdi
    pop %rsi
    ret

process_clocks_end:

#endif

    .section .note.GNU-stack, "", @progbits
