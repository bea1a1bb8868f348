import BSON
import Glibc

/// The time of day. Timeouts never use it.
enum WallClock {
  static func now() -> BSONDate {
    var time = timespec()
    // clock_gettime fills the struct that it is given.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return BSONDate(millisecondsSince1970: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
