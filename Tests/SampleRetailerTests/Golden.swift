import SampleRetailer

/// The smallest town, seed 360, scale 0.01: FNV-1a of each file, and its first two lines.
enum Golden {
  struct File: Sendable { var fnv1a, head: String }

  static let files: [SampleFile: File] = [
    .customers: File(
      fnv1a: "f4c6f6fe17d64534",
      head: #"""
        {"source":"warranty","sourceId":"G-YYQRZ9A3","firstName":"Luís","lastName":"Ross","phone":"570 555 0100","address":{"street":"124 Chesttnut Pl","city":"CLEARWATER","region":"FL","postalCode":"33732","country":"US"},"warranties":[{"productId":"SKU-0194","purchasedAt":"2025-07-15T00:00:00Z","expiresAt":"2027-07-15T00:00:00Z"}],"consents":{"service":true,"marketing":true,"profiling":true},"updatedAt":"2025-09-21T18:01:13Z"}
        {"source":"loyalty","sourceId":"K-1CAAD9A4","firstName":"Robert","lastName":"Rivera","email":"Robert.rivera9@example.com","phone":"+1 (965) 555-0100","birthDate":"2007-05-25","address":{"street":"1286 Hill Street","city":"Newport","region":"KY","postalCode":"41086","country":"US"},"loyaltyId":"LC-FMCB47VJ","consents":{"service":true,"marketing":true,"profiling":true},"updatedAt":"2025-06-14T12:55:42Z"}
        """#),
    .products: File(
      fnv1a: "3ceb19c9918ec19a",
      head: #"""
        {"productId":"SKU-0001","productName":"Classic Chef's Knife, 8\"","brand":"Copperleaf","category":"Kitchen","price":71.95,"currency":"USD","inStock":true}
        {"productId":"SKU-0002","productName":"Classic Pruner","brand":"Fernwood","category":"Garden","price":37.49,"currency":"USD","inStock":true}
        """#),
    .orders: File(
      fnv1a: "7dacb747dec2d4a3",
      head: #"""
        {"orderId":"O-000000001","type":"purchase","channel":"store","loyaltyId":"LC-DQG835NJ","orderDate":"2025-12-26T09:04:41Z","orderTotal":100.17,"currency":"USD","lineItems":[{"productId":"SKU-0056","productName":"Classic Hand Soap","brand":"Sève","category":"Beauty","price":12.49,"quantity":3},{"productId":"SKU-0296","productName":"Deluxe Lip Balm","brand":"Aloe & Ash","category":"Beauty","price":20.90,"quantity":3}]}
        {"orderId":"O-000000002","type":"purchase","channel":"online","userId":"u-7Y0VP7YE","orderDate":"2026-02-01T19:22:58.578Z","orderTotal":113.80,"currency":"USD","lineItems":[{"productId":"SKU-0129","productName":"Modern Jeans, straight","brand":"Loom","category":"Fashion","price":86.90,"quantity":1},{"productId":"SKU-0369","productName":"Everyday Scarf","brand":"Atelier 12","category":"Fashion","price":26.90,"quantity":1}]}
        """#),
    .events: File(
      fnv1a: "daf80e31565a264d",
      head: #"""
        _id,brand,category,engagementTimeMsec,eventBundleSequenceId,eventDate,eventName,eventTimestamp,gaSessionId,price,productId,productName,quantity,uniqueItems,userId,variant
        6911c49177f87a3f0f681973,,,35112,1,20251110,session_start,1762772128378743,1762772113,,,,,,u-7Y0VP7YE,
        """#),
    .ratings: File(
      fnv1a: "ba06545a6539d8e7",
      head: #"""
        userId,productId,rating,at
        u-7Y0VP7YE,SKU-0367,4,2026-09-04T15:19:55Z
        """#),
    .identityTruth: File(
      fnv1a: "f9f7519b371dce85",
      head: #"""
        source,sourceId,personId,cases
        warranty,G-YYQRZ9A3,P0000011,moved typo
        """#),
    .peopleTruth: File(
      fnv1a: "45adb3094a8453a",
      head: #"""
        personId,userId,loyaltyId,tier,tasteGroup,favouriteCategory,lapsed,householdId,firstName,lastName,email,phone,birthDate
        P0000000,u-293TG8AX,,Bronze,4,Pets,false,H0000003,Frank,Wood,frank.wood0@example.net,+15685550100,1951-03-23
        """#),
  ]
}
