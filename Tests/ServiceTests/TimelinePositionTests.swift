import BSON
import Store
import Testing

@testable import Service

@Suite struct TimelinePositionTests {
  private func position(_ time: Int64, _ kind: TimelinePosition.Kind, _ id: String) -> TimelinePosition {
    TimelinePosition(time: BSONDate(millisecondsSince1970: time), kind: kind, id: id)
  }

  @Test func `newest comes first, then events, then the higher id`() {
    let sorted = [
      position(2, .event, "b"), position(2, .event, "a"), position(2, .order, "z"), position(1, .event, "z"),
    ]
    for (index, earlier) in sorted.enumerated() {
      for later in sorted[(index + 1)...] {
        #expect(earlier.comesBefore(later))
        #expect(!later.comesBefore(earlier))
      }
      #expect(!earlier.comesBefore(earlier))
    }
  }

  @Test func `a bound leaves out what was shown and nothing else`() {
    let time = BSONDate(millisecondsSince1970: 2)
    #expect(position(2, .event, "b").bound(of: .event) == TimelineBound(time: time, ties: .below("b")))
    #expect(position(2, .event, "b").bound(of: .order) == TimelineBound(time: time, ties: .all))
    #expect(position(2, .order, "b").bound(of: .order) == TimelineBound(time: time, ties: .below("b")))
    #expect(position(2, .order, "b").bound(of: .event) == TimelineBound(time: time, ties: .none))
  }

  @Test func `a position survives its cursor`() throws {
    let read = try #require(TimelinePosition(position(7, .order, "O1").document))
    #expect(!read.comesBefore(position(7, .order, "O1")) && !position(7, .order, "O1").comesBefore(read))
    #expect(TimelinePosition(BSONDocument()) == nil)
  }
}
