import Testing

@testable import LoadClient

struct DispatcherTests {
  private func batch(keys: Set<Int> = []) -> Batch {
    var batch = Batch(form: .ndjson)
    batch.append(Array("{}".utf8)[...], line: 1)
    batch.keys = keys
    return batch
  }

  @Test func `no more batches are under way than the window holds`() throws {
    let dispatcher = Dispatcher(window: 2)
    #expect(dispatcher.submit(batch()) && dispatcher.submit(batch()))
    #expect(!dispatcher.submit(batch()))
    dispatcher.complete(try #require(dispatcher.take()).number, BatchOutcome())
    // Done, but not settled: its outcome still takes room.
    #expect(!dispatcher.submit(batch()))
    #expect(dispatcher.settle().count == 1)
    #expect(dispatcher.submit(batch()))
  }

  @Test func `two batches with a key in common are never under way at once`() throws {
    let dispatcher = Dispatcher(window: 9)
    #expect(dispatcher.submit(batch(keys: [1, 2])))
    #expect(!dispatcher.submit(batch(keys: [2, 3])))
    #expect(dispatcher.submit(batch(keys: [3])))
    dispatcher.complete(try #require(dispatcher.take()).number, BatchOutcome())
    #expect(!dispatcher.submit(batch(keys: [2, 3])))
    dispatcher.complete(try #require(dispatcher.take()).number, BatchOutcome())
    #expect(dispatcher.submit(batch(keys: [2, 3])))
  }

  @Test func `outcomes settle in the order of the file`() throws {
    let dispatcher = Dispatcher(window: 9)
    for _ in 0..<3 { #expect(dispatcher.submit(batch())) }
    let numbers = [dispatcher.take(), dispatcher.take(), dispatcher.take()].compactMap { $0?.number }
    #expect(numbers == [0, 1, 2])
    dispatcher.complete(2, BatchOutcome(accepted: 2))
    dispatcher.complete(1, BatchOutcome(accepted: 1))
    #expect(dispatcher.settle().isEmpty)
    dispatcher.complete(0, BatchOutcome(accepted: 0))
    #expect(dispatcher.settle().map(\.accepted) == [0, 1, 2])
    #expect(dispatcher.isIdle)
  }

  @Test func `after a failure nobody gets a batch, and the first reason stays`() {
    let dispatcher = Dispatcher(window: 9)
    #expect(dispatcher.submit(batch()))
    dispatcher.fail(.usage("first"))
    dispatcher.fail(.usage("second"))
    #expect(dispatcher.take() == nil)
    #expect(dispatcher.failure == .usage("first"))
  }

  @Test func `senders end when all is sent`() {
    let dispatcher = Dispatcher(window: 9)
    dispatcher.close(senders: 2)
    #expect(dispatcher.take() == nil)
    #expect(dispatcher.take() == nil)
  }
}
