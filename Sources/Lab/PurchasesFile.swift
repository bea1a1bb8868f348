import CSV
import MachineLearning

/// Purchases read from `customer_id,date,quantity,amount`, columns in any order; without a quantity it is 1.
enum PurchasesFile {
  static func read(_ path: String, index: (String) -> Int) throws(LabError) -> [PurchaseHistory.Purchase] {
    var file = try CSVFile(path)
    let customer = try file.column("customer_id")
    let date = try file.column("date")
    let amount = try file.column("amount")
    let quantity = file.header["quantity"]
    var purchases: [PurchaseHistory.Purchase] = []
    while let row = try file.next() {
      guard let day = dayNumber(row.string(date)) else {
        throw file.error(row, date, "'\(row.string(date))' is no date YYYY-MM-DD")
      }
      var units = 1.0
      if let quantity { units = try file.number(row, quantity) }
      purchases.append(
        .init(
          customer: index(try file.text(row, customer)), day: day, quantity: units, amount: try file.number(row, amount)
        ))
    }
    return purchases
  }
}
