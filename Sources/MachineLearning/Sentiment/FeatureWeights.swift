import CKernels

/// Learned weights of hashed features in an open-addressed table at most half full: three heads' weights and the inverse document
/// frequency in the last lane, which is above 0.
struct FeatureWeights: Sendable, Equatable {
  private let table: [ck_feature]
  /// What a feature without a place counts for in the sum of idf², as an idf.
  let unknown: Int16

  /// Hashes must ascend without doubles.
  init(ascending entries: [(hash: UInt32, value: SIMD4<Int16>)], unknown: Int16) {
    var size = 256
    while size < 2 * entries.count { size *= 2 }
    var table = [ck_feature](repeating: ck_feature(), count: size)
    for (hash, value) in entries {
      var place = Int(hash) & (size - 1)
      while table[place].idf != 0 { place = (place + 1) & (size - 1) }
      table[place] = ck_feature(hash: hash, weights: (value.x, value.y, value.z), idf: value.w)
    }
    self.table = table
    self.unknown = unknown
  }

  /// Σ weight · idf of each head over some features, and Σ idf² in the last lane; and how many of them have no place.
  func sums(of hashes: [UInt32]) -> (sums: SIMD4<Float>, unknownCount: Int) {
    var sums = SIMD4<Float>.zero
    var unknownCount = 0
    // Reads the table within its mask and `hashes` within their count; writes the four lanes.
    unsafe withUnsafeMutableBytes(of: &sums) { lanes in
      unknownCount = unsafe ck_add_features(
        table, UInt32(table.count - 1), Int32(unknown), hashes, hashes.count,
        lanes.bindMemory(to: Float.self).baseAddress.unsafelyUnwrapped)
    }
    return (sums, unknownCount)
  }

  /// The same over the parts of a sentence's words, weights times the word's factor, with the help of what was found before.
  func sums(ofPartsOf sentence: SentimentSentence, memo: inout [ck_word_memo]) -> SIMD4<Float> {
    var sums = SIMD4<Float>.zero
    // Reads the table within its mask and the words within their ends; writes the memo within its size and the four lanes.
    unsafe memo.withUnsafeMutableBufferPointer { memo in
      unsafe withUnsafeMutableBytes(of: &sums) { lanes in
        unsafe ck_add_words(
          table, UInt32(table.count - 1), Int32(unknown), memo.isEmpty ? nil : memo.baseAddress,
          UInt32(max(1, memo.count) - 1),
          sentence.letters, sentence.ends, sentence.factors, sentence.ends.count, SentimentHash.part,
          lanes.bindMemory(to: Float.self).baseAddress.unsafelyUnwrapped)
      }
    }
    return sums
  }

  /// All features, ascending by hash.
  var ascending: [(hash: UInt32, value: SIMD4<Int16>)] {
    table.filter { $0.idf != 0 }.sorted { $0.hash < $1.hash }.map {
      ($0.hash, SIMD4($0.weights.0, $0.weights.1, $0.weights.2, $0.idf))
    }
  }

  static func == (left: Self, right: Self) -> Bool {
    left.unknown == right.unknown
      && left.ascending.elementsEqual(right.ascending) { $0.hash == $1.hash && $0.value == $1.value }
  }
}
