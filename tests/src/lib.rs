//! Whole-system scenarios: real binaries, real sockets, real disks.
