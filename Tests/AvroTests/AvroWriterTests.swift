import Foundation
import Testing

@testable import Avro

/// Files are read back by readers that are not ours: one of Python's standard library written from the specification and, where it is
/// installed, fastavro.
@Suite struct AvroWriterTests {
  private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Prints the schema, then a record a line, fields separated by spaces: text in hex, doubles by their bits, null as `-`.
  private static let script = """
    import io, json, struct, sys, zlib
    data = open(sys.argv[1], "rb").read()
    f = io.BytesIO(data)
    def long(f):
        n = shift = 0
        while True:
            b = f.read(1)[0]
            n |= (b & 127) << shift
            shift += 7
            if b < 128: return (n >> 1) ^ -(n & 1)
    def text(f): return f.read(long(f))
    assert f.read(4) == b"Obj\\x01"
    meta = {}
    while (n := long(f)) != 0:
        assert n > 0
        for _ in range(n):
            k = text(f).decode()
            meta[k] = text(f)
    sync = f.read(16)
    assert meta["avro.codec"] == b"deflate"
    schema = json.loads(meta["avro.schema"])
    print(json.dumps(schema))
    def show(v):
        if v is None: return "-"
        if isinstance(v, float): return struct.pack(">d", v).hex()
        return v.hex() if isinstance(v, bytes) else str(v)
    def value(f, t):
        if isinstance(t, list): t = t[long(f)]
        if t == "null": return None
        if t == "string": return text(f)
        if t == "double": return struct.unpack("<d", f.read(8))[0]
        assert t == {"type": "long", "logicalType": "timestamp-millis"}
        return long(f)
    rows = []
    while f.tell() < len(data):
        n, size = long(f), long(f)
        block = io.BytesIO(zlib.decompress(f.read(size), wbits=-15))
        assert f.read(16) == sync
        for _ in range(n): rows.append([value(block, x["type"]) for x in schema["fields"]])
        assert block.read() == b""
    for r in rows: print(" ".join(show(v) for v in r))
    try:
        import fastavro
    except ImportError:
        sys.exit(0)
    found = list(fastavro.reader(io.BytesIO(data)))
    assert len(found) == len(rows)
    for r, d in zip(rows, found):
        for x, v in zip(schema["fields"], r):
            g = d[x["name"]]
            if isinstance(v, bytes): assert g == v.decode()
            elif isinstance(v, int): assert round(g.timestamp() * 1000) == v
            else: assert show(g) == show(v)
    """

  private static let schema = AvroSchema(
    record: "Row",
    fields: [
      .init("id", .string), .init("x", .double), .init("y", .double, isOptional: true),
      .init("at", .timestamp, isOptional: true),
    ])

  private static func read(_ bytes: [UInt8]) throws -> [String] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("avro-\(UUID().uuidString)")
    try Data(bytes).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = ["-c", script, path.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: answer, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static func hex(_ bits: UInt64) -> String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  @Test(.enabled(if: python != nil, "python3 is not installed"), arguments: [0, 1, 7, 20_000])
  func `another reader finds every record as it was given`(count: Int) throws {
    var random = SystemRandomNumberGenerator()
    var writer = AvroWriter(Self.schema, sync: (0..<16).map { _ in .random(in: 0...255, using: &random) })
    var bytes = writer.take()
    var expected: [String] = []
    for number in 0..<count {
      let id = ["a", "", "Käse", "🧀", String(repeating: "long ", count: 40)][number % 5] + "\(number)"
      let x = Double.random(in: -1e9...1e9, using: &random)
      let y = number % 3 == 0 ? nil : Double(sign: .minus, exponent: number % 600 - 300, significand: 1.25)
      let at = number % 4 == 0 ? nil : Int64.random(in: -4_000_000_000_000...4_000_000_000_000, using: &random)
      writer.append([
        .string(id), .double(x), y.map { .double($0) } ?? .null, at.map { .timestamp($0) } ?? .null,
      ])
      bytes += writer.take()
      expected.append(
        [
          id.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(), Self.hex(x.bitPattern),
          y.map { Self.hex($0.bitPattern) } ?? "-", at.map { "\($0)" } ?? "-",
        ].joined(separator: " "))
    }
    bytes += writer.finish()
    let found = try Self.read(bytes)
    #expect(Array(found.dropFirst()) == expected)
  }

  @Test func `a writer's memory does not grow with the file`() {
    var writer = AvroWriter(Self.schema, sync: [UInt8](repeating: 7, count: 16))
    _ = writer.take()
    var pieces = 0
    for number in 0..<50_000 {
      writer.append([.string("customer \(number)"), .double(1), .null, .null])
      let piece = writer.take()
      if !piece.isEmpty { pieces += 1 }
      #expect(piece.count <= AvroWriter.blockBytesMax + 1024)
    }
    #expect(pieces > 10)
  }
}
