import BSON
import Store

/// How much of a person an answer shows.
enum PersonalData {
  /// Everything.
  case full
  /// No street, telephone number or e-mail address in clear.
  case masked

  /// What the holder of these scopes may see.
  init(for scopes: Set<KeyScope>) {
    self = scopes.contains(.admin) || scopes.contains(.agent) ? .full : .masked
  }

  /// The document as it may be shown.
  func shown(_ document: BSONDocument) -> BSONDocument {
    switch self {
    case .full: document
    case .masked: hidingContacts(document)
    }
  }
}

// The mask goes by names of fields and, since sources put addresses and numbers anywhere, by the look of every text:
// `j***@example.com` keeps the first letter and the domain, `+***42` the last two digits, anything else becomes `***`.

private let streetNames: [String] = ["street", "street1", "street2", "streetaddress", "addressline1", "addressline2"]
private let contactNames: [String] = ["email", "emailaddress", "phone", "phonenumber", "telephone", "mobile"]

private func hidingContacts(_ document: BSONDocument) -> BSONDocument {
  BSONDocument { writer in
    for element in document {
      if isNamed(element.keyBytes, streetNames) {
        writer.append(element.key, "***")
      } else if isNamed(element.keyBytes, contactNames), let text = element.value.stringValue {
        writer.append(element.key, maskedContact(text) ?? "***")
      } else {
        switch element.value {
        case .string(let text):
          if let hidden = maskedContact(text) { writer.append(element.key, hidden) } else { writer.append(element) }
        case .document(let inner): writer.append(element.key, hidingContacts(inner))
        case .array(let array): writer.append(element.key, hidingContacts(array))
        default: writer.append(element)
        }
      }
    }
  }
}

private func hidingContacts(_ array: BSONArray) -> BSONArray {
  BSONArray { writer in
    for value in array {
      switch value {
      case .string(let text): writer.append(maskedContact(text) ?? text)
      case .document(let inner): writer.append(hidingContacts(inner))
      case .array(let inner): writer.append(hidingContacts(inner))
      default: writer.append(value)
      }
    }
  }
}

/// The mask of an e-mail address or of a telephone number with its country code; nil for any other text.
private func maskedContact(_ text: String) -> String? {
  if text.utf8.contains(UInt8(ascii: "@")), let address = EmailAddress(text) {
    let parts = address.normalized.split(separator: "@")
    guard let first = parts.first?.first, let domain = parts.last else { return "***" }
    return "\(first)***@\(domain)"
  }
  if text.utf8.first == UInt8(ascii: "+"), let number = PhoneNumber(text) { return "+***\(number.e164.suffix(2))" }
  return nil
}

/// Whether a key is one of `names`, whatever its capitals, hyphens and underscores.
private func isNamed(_ key: ArraySlice<UInt8>, _ names: [String]) -> Bool {
  guard key.count <= 32 else { return false }
  let letters = key.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }.map {
    $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0
  }
  return names.contains { $0.utf8.elementsEqual(letters) }
}
