import FoundationEssentials
import Glibc

/// What Linux says of this process (proc_pid_stat(5)), under the names that Prometheus' own clients use.
enum ProcessMetrics {
  static func append(to text: inout PrometheusText) {
    guard let stat = statFields() else { return }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    // Fields 14, 15, 22, 23 and 24 of the manual; the first two are cut off with the name.
    let cpuSeconds = (number(stat, 14) + number(stat, 15)) / ticks
    text.single(
      "process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.", cpuSeconds)
    text.single(
      "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.",
      number(stat, 24) * Double(sysconf(Int32(_SC_PAGESIZE))))
    text.single(
      "process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.", number(stat, 23))
    if let boot = bootSeconds() {
      text.single(
        "process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds.",
        boot + number(stat, 22) / ticks)
    }
    if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      text.single("process_open_fds", .gauge, "Number of open file descriptors.", Double(open.count))
    }
    var limit = rlimit()
    // getrlimit fills the struct that it is given.
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      text.single("process_max_fds", .gauge, "Maximum number of open file descriptors.", Double(limit.rlim_cur))
    }
  }

  /// The fields of /proc/self/stat from the third on. The second, the name, may hold spaces and parentheses.
  private static func statFields() -> [Substring]? {
    guard let text = read("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
    return text[text.index(after: end)...].split(separator: " ")
  }

  /// A field by its number in the manual.
  private static func number(_ fields: [Substring], _ field: Int) -> Double {
    fields.indices.contains(field - 3) ? Double(fields[field - 3]) ?? 0 : 0
  }

  /// When the machine started, in seconds since 1970.
  private static func bootSeconds() -> Double? {
    read("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
  }

  private static func read(_ path: String) -> String? {
    (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) }
  }
}
