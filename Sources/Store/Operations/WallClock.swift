import BSON
import Glibc

/// The time of day, for what is stored or shown. Timeouts never use it.
public enum WallClock {
  /// Now, in milliseconds.
  public static func now() -> BSONDate {
    var time = timespec()
    // clock_gettime fills the struct that it is given.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return BSONDate(millisecondsSince1970: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
