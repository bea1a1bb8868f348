import RecordLinkage
import Testing

@Suite struct FullNameTests {
  @Test(arguments: [
    ("Walter Brandt", "Walter", "Brandt"), ("Brandt, Walter", "Walter", "Brandt"),
    ("Anna Maria Lopez", "Anna Maria", "Lopez"),
    ("Anna van der Berg", "Anna", "van der Berg"), ("Walter Brandt Jr.", "Walter", "Brandt Jr."),
    ("Walter Brandt, III", "Walter", "Brandt III"), ("Brandt, Jr, Walter", "Walter", "Brandt Jr"), ("Cher", "", "Cher"),
    ("  ", "", ""), (",", "", ""), ("De La Cruz", "De", "La Cruz"),
  ]) func `a name in one piece is taken apart`(_ text: String, _ given: String, _ surname: String) {
    let name = FullName(text)
    #expect(name.given == given)
    #expect(name.surname == surname)
  }
}
