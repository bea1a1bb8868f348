import BSON

/// Everything that answers are made from, swapped as a whole: a request that took one sees nothing of a swap.
final class ServingSnapshot: Sendable {
  /// One model.
  struct Entry: Sendable {
    /// The model's document in the registry.
    let document: BSONDocument
    /// The version that `default` stands for; the one before it when that cannot be read.
    let serving: LoadedVersion?
    /// The version whose stored segments or recommendations are complete.
    let outputs: LoadedVersion?
  }

  /// By name.
  let models: [String: Entry]
  /// By id.
  let endpoints: [String: Endpoint]
  /// The versions that endpoints ask, by id.
  let deployed: [String: LoadedVersion]
  let catalogue: Catalogue
  /// Where the items of each loaded factorization stand in the catalogue, by version id.
  let views: [String: CatalogueView]

  init(
    models: [String: Entry], endpoints: [String: Endpoint], deployed: [String: LoadedVersion], catalogue: Catalogue,
    former: ServingSnapshot?
  ) {
    self.models = models
    self.endpoints = endpoints
    self.deployed = deployed
    self.catalogue = catalogue
    let isSameCatalogue =
      former?.catalogue.count == catalogue.count && former?.catalogue.reading == catalogue.reading
    var views: [String: CatalogueView] = [:]
    let versions = models.values.flatMap { [$0.serving, $0.outputs].compactMap { $0 } } + deployed.values
    for version in versions {
      guard views[version.id] == nil, let model = version.factorization else { continue }
      // Products keep their index, so a view holds until products are added.
      let known = isSameCatalogue ? former?.views[version.id] : nil
      views[version.id] = known ?? CatalogueView(items: model.itemIDs, catalogue: catalogue)
    }
    self.views = views
  }

  /// Where the items of a version stand in the catalogue.
  func view(of version: LoadedVersion, _ model: FactorizationModel) -> CatalogueView {
    views[version.id] ?? CatalogueView(items: model.itemIDs, catalogue: catalogue)
  }

  /// The models of one type that have complete outputs, by name.
  func outputs(ofType matches: (LoadedVersion) -> Bool) -> [LoadedVersion] {
    models.sorted { $0.key < $1.key }.compactMap { $0.value.outputs }.filter(matches)
  }
}
