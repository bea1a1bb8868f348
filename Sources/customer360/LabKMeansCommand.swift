import ArgumentParser
import Lab

/// `lab kmeans`.
struct LabKMeansCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kmeans", abstract: "Cluster the rows of a file by k-means.")

  @Option(help: "A CSV file with a header, or a .f32 file of little-endian float32 rows.")
  var data: String

  @Option(help: "Columns of a .f32 file.")
  var dims: Int?

  @Option(help: "Columns to use, separated by commas; all numeric ones by default.")
  var columns: String?

  @Option(name: .customLong("k"), help: "The number of clusters.")
  var clusterCount: Int

  @Option(help: "Starts of which the best is kept.")
  var initN: Int?

  @Option(help: "Seed of everything random.")
  var seed: UInt64 = 0

  @Option(help: "Threads; the result does not depend on them.")
  var threads = 1

  @Flag(help: "Bring every column to mean 0 and deviation 1 first.")
  var standardize = false

  @Option(help: "Where row,centroid_id,distance goes.")
  var out: String

  func run() throws {
    var lab = KMeansLab(data: data, clusterCount: clusterCount, output: out)
    lab.dimensions = dims
    lab.columns = columns?.split(separator: ",").map(String.init)
    lab.startCount = initN
    lab.seed = seed
    lab.threads = threads
    lab.standardizes = standardize
    try runLab(lab.run)
  }
}
