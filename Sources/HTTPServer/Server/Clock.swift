import Glibc

/// Nanoseconds of CLOCK_MONOTONIC: steps of the wall clock do not touch timeouts.
func monotonicNs() -> Int {
  var now = timespec()
  // The pointer is to a local that outlives the call.
  unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  return now.tv_sec &* 1_000_000_000 &+ now.tv_nsec
}
