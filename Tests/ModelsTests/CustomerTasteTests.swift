import Store
import Testing

@testable import Models

@Suite("A customer's taste")
struct CustomerTasteTests {
  @Test(arguments: [
    (CustomerTaste.Deed.viewed, "because you viewed Tea"), (.putInCart, "because you put Tea in the cart"),
    (.bought, "because you bought Tea"), (.rated, "because you rated Tea"),
  ])
  func `a reason is a sentence`(deed: CustomerTaste.Deed, sentence: String) { #expect(deed.reason("Tea") == sentence) }

  @Test func `what is offered again says that it was bought before`() {
    #expect(CustomerTaste.Deed.bought.reasonForItself == "you bought it before")
    #expect(CustomerTaste.Deed.viewed.reasonForItself == "because you viewed it")
  }

  @Test func `of several ratings of a product the latest counts`() {
    let taste = CustomerTaste(ratings: [
      CustomerRating(userId: "u", productId: "p", rating: 5, at: 1),
      CustomerRating(userId: "u", productId: "q", rating: 4, at: 2),
      CustomerRating(userId: "v", productId: "p", rating: 1, at: 3),
    ])
    #expect(taste.interests.map(\.product) == ["p", "q"])
    #expect(taste.interests.map(\.strength) == [1, 4])
  }

  @Test func `who rated a product lately has had it; without a time it counts as lately`() {
    let ratings = [
      CustomerRating(userId: "u", productId: "old", rating: 5, at: 1),
      CustomerRating(userId: "u", productId: "new", rating: 4, at: 9),
      CustomerRating(userId: "u", productId: "timeless", rating: 4, at: nil),
    ]
    #expect(
      CustomerTaste(ratings: ratings, purchasedSince: 5).purchased == [ByteString("new"), ByteString("timeless")])
    #expect(CustomerTaste(ratings: ratings).purchased.isEmpty)
  }

  @Test func `ages are measured to the customer's last event when the model is older`() {
    let rollup = World.rollup("x", day: 40) { rollup in
      var activity = Rollup.ProductActivity(productId: "p")
      activity.viewed = 1
      rollup.products = [activity]
    }
    let history = ProductHistory([rollup])
    let old = CustomerTaste(history, latest: World.day(5).millisecondsSince1970, purchasedSince: nil)
    let young = CustomerTaste(history, latest: World.day(70).millisecondsSince1970, purchasedSince: nil)
    #expect(old.interests[0].strength == ImplicitStrength.strength(ofSum: 1))
    #expect(young.interests[0].strength < old.interests[0].strength)
  }
}
