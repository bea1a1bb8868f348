import BSON
import Models

/// A list that a model makes, closed by `nextCursor`; while no model serves it is empty and `fallback` says why, so that who
/// asks for products is not told that the customer does not exist.
func withoutModel(
  emptyFor field: String, _ id: String, _ make: () throws(ModelsError) -> BSONDocument
) throws(ModelsError) -> BSONDocument {
  do throws(ModelsError) {
    let answer = try make()
    return BSONDocument { writer in
      writer.append(contentsOf: answer)
      writer.appendNull("nextCursor")
    }
  } catch .notTrained {
    return BSONDocument { writer in
      writer.append(field, id)
      writer.append("items", [String]())
      writer.appendNull("model")
      writer.appendNull("version")
      writer.append("fallback", "no_model")
      writer.appendNull("nextCursor")
    }
  }
}
