import BSON
import MachineLearning

/// A clustering as it serves: centroids, and the segments that they are.
struct ClusterModel: Sendable {
  let model: KMeansModel
  let reader: FeatureReader
  /// By value, the most valuable first.
  let segments: [SegmentDefinition]
  /// By centroid id minus 1.
  private let segmentOfCentroid: [Int]

  init(_ document: BSONDocument, bytes: [UInt8]) throws(MachineLearningError) {
    model = try KMeansModel(serialized: bytes)
    reader = FeatureReader(names: model.encoder.names)
    segments = document.array("segments")?.compactMap { $0.documentValue.flatMap(SegmentDefinition.init) } ?? []
    var positions = [Int](repeating: -1, count: model.clusterCount)
    for (position, segment) in segments.enumerated() where (1...model.clusterCount).contains(segment.centroidId) {
      positions[segment.centroidId - 1] = position
    }
    guard !positions.contains(-1) else { throw .unreadableModel("a cluster has no segment") }
    segmentOfCentroid = positions
  }

  /// The segment of a centroid, 1...k.
  func segment(ofCentroid id: Int) -> SegmentDefinition { segments[segmentOfCentroid[id - 1]] }

  /// The nearest centroid of each customer. A feature of another kind than in training counts as missing: a projection must not
  /// fail for one odd attribute.
  func assign(_ customers: [BSONDocument]) throws(MachineLearningError) -> KMeansAssignment {
    var columns = FeatureColumns(of: model.encoder)
    for customer in customers {
      columns.appendLeniently { FeatureReader.value($0, ofCustomer: customer) }
    }
    return try model.assign(try columns.table())
  }
}

// MARK: - Predictions

extension ClusterModel {
  /// One prediction an instance: `nearest_centroid_id` (1...k), `centroid_distances` and `centroid_ids` (nearest first), and
  /// `imputed`, the features that were missing and stand at the mean of training.
  ///
  /// `customers` are the documents of instances that name a customer, by position; features that such an instance gives itself take the
  /// place of the customer's.
  func predict(
    _ instances: [BSONDocument], customers: [Int: BSONDocument]
  ) throws(ModelsError) -> [BSONDocument] {
    var columns = FeatureColumns(of: model.encoder)
    var imputed = [[String]](repeating: [], count: instances.count)
    for (index, instance) in instances.enumerated() {
      do throws(FeatureColumns.ColumnMismatch) {
        imputed[index] = try columns.append { name in
          FeatureReader.present(instance[name])
            ?? customers[index].flatMap { FeatureReader.value(name, ofCustomer: $0) }
        }
      } catch {
        throw .invalidInstance(index: index, field: error.field, reason: error.reason)
      }
    }
    let table = columns
    let predictions = try learning { () throws(MachineLearningError) in try model.predict(try table.table()) }
    return zip(predictions, imputed).map { prediction, imputed in
      BSONDocument { writer in
        writer.append("nearest_centroid_id", prediction.nearestCentroidID)
        writer.append("centroid_distances", array: { for distance in prediction.distances { $0.append(distance) } })
        writer.append("centroid_ids", array: { for id in prediction.centroidIDs { $0.append(id) } })
        if !imputed.isEmpty { writer.append("imputed", imputed) }
      }
    }
  }

  /// The centroids as `ML.CENTROIDS` names them, id 1 first, in the features' own units, each with its size at training.
  var centroidDocuments: [BSONDocument] {
    zip(1..., model.centroidValues).map { id, values in
      let segment = segment(ofCentroid: id)
      return BSONDocument { writer in
        writer.append("centroid_id", id)
        writer.append("size", segment.trainedSize)
        writer.append("segmentId", segment.id)
        writer.append("segmentName", segment.name)
        writer.append("features", array: { features in appendFeatures(values, to: &features) })
      }
    }
  }

  private func appendFeatures(_ values: [Double], to features: inout BSONArrayWriter) {
    var position = 0
    for (name, feature) in zip(model.encoder.names, model.encoder.features) {
      features.append(document: { entry in
        entry.append("feature", name)
        switch feature {
        case .numeric: entry.append("numerical_value", values[position])
        case .categorical(let categories):
          entry.append(
            "categorical_value",
            array: { list in
              for (offset, category) in categories.enumerated() {
                list.append(document: {
                  if let category { $0.append("category", category) } else { $0.appendNull("category") }
                  $0.append("value", values[position + offset])
                })
              }
            })
        }
      })
      position += feature.width
    }
  }

  /// The centre of a cluster, encoded column by encoded column, in the features' own units.
  static func centre(_ model: KMeansModel, _ centroid: Int) -> [SegmentDefinition.FeatureValue] {
    zip(model.encoder.outputNames, model.centroidValues[centroid]).map { .init(feature: $0, value: $1) }
  }
}
