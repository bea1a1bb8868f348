/// Which customer360 this is.
public enum ServiceVersion {
  /// By Semantic Versioning; `info.version` of `openapi.yaml` is the same.
  public static let current = "1.0.0"
}
