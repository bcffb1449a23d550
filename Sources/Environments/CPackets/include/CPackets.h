#ifndef SHRIKE_CPACKETS_H
#define SHRIKE_CPACKETS_H

// What Linux offers to those who read and send packets, and Swift's Glibc module lacks: headers that
// it leaves out, GNU's extensions, and ioctl.

#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

// How many packets are read or sent at a time, at most.
#define PACKET_BATCH 64

// Makes a network device whose packets, IPv4 and IPv6 without a header of the device's, are read from
// the descriptor; it is gone with it. `pattern` is its name with a %d for a number that is free, and
// `name` becomes the one that it got. Reads don't wait. Returns the descriptor, or -1 with errno set.
int packet_open_device(const char *pattern, char name[IFNAMSIZ]);

// Brings a device up, with packets of at most `mtu` bytes and a queue of `length` of them.
// Returns 0, or an error number.
int packet_raise_device(const char *name, int mtu, int length);

// A socket that sends IPv4 packets with headers as they are, each marked.
// Returns the descriptor, or -1 with errno set.
int packet_open_raw(uint32_t mark);

// Marks what a socket sends. Returns 0, or an error number.
int packet_mark(int descriptor, uint32_t mark);

// A part of memory.
struct packet_span {
  uint8_t *bytes;
  size_t count;
};

// Sends at most PACKET_BATCH IPv4 packets to where their headers say; one that the system refuses is
// passed over. Returns how many were not refused.
int packet_send(int descriptor, const struct packet_span packets[], int count);

// Waits until one of two descriptors is readable, at most so long; a negative time waits for ever.
void packet_await(int one, int other, int64_t nanoseconds);

// Has the system wake this thread when it is to be woken, not up to 50 µs later.
void packet_wake_precisely(void);

// A socket that reads all packets that a device sends and receives, with its headers.
// Returns the descriptor, or -1 with errno set.
int packet_open_capture(const char *device);

// Reads at most PACKET_BATCH packets, without waiting: each into a span, of which it makes `count` what
// it is of the packet that was read. `lengths` are those of the whole packets, `times` when the kernel
// saw them, in nanoseconds since 1970. Returns how many, or -1 with errno set.
int packet_capture(int descriptor, struct packet_span spans[], int count, uint32_t lengths[],
                   int64_t times[]);

// A socket to the kernel's routing, bound. Returns the descriptor, or -1 with errno set.
int packet_open_routing(void);

// Has this thread, and what it starts, be in a new network, without devices but a loopback that is down.
// Returns 0, or an error number.
int packet_leave_network(void);

#endif
