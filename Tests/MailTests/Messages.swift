@testable import Mail

/// A message with a body, as it would be transferred.
func message(
  _ body: String, type: String = "text/plain; charset=utf-8", encoding: String = "8bit",
  from: String = "Anna Larsson <anna.larsson@example.org>", headers: String = ""
) throws -> MailMessage {
  let text = """
    From: \(from)
    To: Shop <care@shop.example>
    Subject: Order
    Date: Fri, 1 Mar 2024 08:00:00 +0100
    Message-ID: <1@mail.example>
    MIME-Version: 1.0
    Content-Type: \(type)
    Content-Transfer-Encoding: \(encoding)
    \(headers.isEmpty ? "X-Test: 1" : headers)

    \(body)
    """
  return try MailMessage(parsing: Array(text.utf8))
}

/// What the sender of a plain text said.
func said(_ body: String, type: String = "text/plain; charset=utf-8") throws -> String {
  try message(body, type: type).text
}

/// What the sender of an HTML text said.
func saidInHTML(_ body: String) throws -> String { try message(body, type: "text/html; charset=utf-8").text }
