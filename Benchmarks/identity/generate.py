#!/usr/bin/env python3
"""Makes customer records of several sources with known persons: for tests of robustness and scale.

  generate.py FOLDER [--persons N] [--seed S] [--country us|de|gb|fr] [--style retail|febrl] [--errors X] [--missing X]
              [--households X] [--shared-email X] [--namesakes X] [--moved X] [--tail X]

Writes customers.csv (or records.csv), gold.csv and golden.csv. Rates are shares; --errors scales all slips of typing.
"""
import argparse
import csv
import datetime
import os
import random

GIVEN = {
    "us": """james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph jessica thomas sarah
      christopher karen charles lisa daniel nancy matthew betty anthony sandra mark margaret donald ashley steven kimberly andrew emily paul
      donna joshua michelle kenneth carol kevin amanda brian melissa george deborah timothy stephanie ronald rebecca jason laura edward sharon
      jeffrey cynthia ryan kathleen jacob amy nicholas angela gary shirley eric anna jonathan ruth stephen brenda larry pamela justin nicole
      scott katherine brandon samantha benjamin christine samuel helen gregory debra alexander rachel patrick carolyn frank janet raymond maria
      jack catherine dennis heather jerry diane tyler olivia aaron julie jose joyce adam victoria nathan kelly henry christina zachary lauren
      douglas joan peter evelyn kyle judith noah andrea ethan hannah walter jacqueline keith martha christian gloria terry teresa sean ann""",
    "de": """peter maria michael sabine thomas anna andreas ursula wolfgang petra klaus monika stefan karin christian helga jürgen ingrid markus
      renate martin andrea uwe gabriele bernd birgit frank susanne werner claudia matthias elisabeth jörg brigitte ralf barbara hans christa
      dieter nicole manfred stefanie karl martina günther angelika heinz julia rainer anja gerhard katharina alexander heike daniel jutta
      sebastian marion florian doris tobias silke björn käthe jan sören lena mia emma hannah leon finn paul ben felix lukas jonas maximilian""",
    "gb": """david margaret john susan michael christine peter patricia robert jean paul mary james elizabeth andrew sarah stephen karen richard
      linda mark helen william julie christopher jacqueline ian barbara anthony ann brian sheila kevin carol alan pauline philip dorothy
      graham joan colin janet keith maureen simon jane martin alison nigel amanda gary nicola stuart deborah oliver harry jack charlotte
      amelia isla george noah archie alfie freddie poppy siân niamh aoife mohammed fatima priya raj""",
    "fr": """jean marie pierre jeanne michel françoise andré monique philippe catherine rené nathalie louis isabelle alain jacqueline jacques
      anne bernard sylvie marcel martine daniel nicole roger hélène robert christine paul valérie claude brigitte henri sandrine christian
      stéphanie nicolas céline georges élodie olivier sophie laurent aurélie françois émilie thierry julie éric chloé julien léa maxime zoé""",
}
SURNAME = {
    "us": """smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson thomas taylor
      moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young allen king wright scott torres
      nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts o'brien o'neil mcdonald van-dyke""",
    "de": """müller schmidt schneider fischer weber meyer wagner becker schulz hoffmann schäfer koch bauer richter klein wolf schröder neumann
      schwarz zimmermann braun krüger hofmann hartmann lange schmitt werner krause lehmann köhler maier könig groß jäger öztürk kowalski""",
    "gb": """smith jones williams taylor brown davies evans wilson thomas johnson roberts robinson thompson wright walker white edwards hughes
      green hall lewis harris clarke patel jackson wood turner martin cooper hill ward morris moore clark lee khan o'connor mcgregor""",
    "fr": """martin bernard thomas petit robert richard durand dubois moreau laurent simon michel lefèvre leroy roux david bertrand morel fournier
      girard bonnet dupont lambert fontaine rousseau vincent muller lefebvre faure andré mercier blanc guérin boyer garnier chevalier""",
}
NICK = {
    "robert": "rob bob bobby", "william": "bill will", "richard": "rick dick", "james": "jim jamie", "john": "jack johnny", "michael": "mike mick",
    "elizabeth": "liz beth betty", "katherine": "kate kathy katie", "margaret": "maggie peggy", "patricia": "pat trish", "jennifer": "jen jenny",
    "thomas": "tom tommy", "christopher": "chris", "christine": "chris tina", "christina": "tina chris", "daniel": "dan danny", "matthew": "matt",
    "anthony": "tony", "steven": "steve", "stephen": "steve", "andrew": "andy drew", "joshua": "josh", "kenneth": "ken", "timothy": "tim",
    "edward": "ed ted", "jeffrey": "jeff", "nicholas": "nick", "jonathan": "jon", "samuel": "sam", "samantha": "sam", "benjamin": "ben",
    "gregory": "greg", "alexander": "alex", "raymond": "ray", "zachary": "zach", "susan": "sue", "barbara": "barb", "deborah": "deb debbie",
    "rebecca": "becky", "stephanie": "steph", "kimberly": "kim", "amanda": "mandy", "cynthia": "cindy", "victoria": "vicky", "pamela": "pam",
    "teresa": "terry", "joseph": "joe", "david": "dave", "maximilian": "max", "sebastian": "basti", "katharina": "kathi", "susanne": "susi",
    "philip": "phil", "nicolas": "nico", "jacqueline": "jackie", "josephine": "jo",
}
STREETS = {
    "us": ["Street", "Avenue", "Road", "Drive", "Lane", "Court", "Boulevard", "Place"],
    "de": ["straße", "weg", "allee", "platz", "gasse"], "gb": ["Street", "Road", "Lane", "Close", "Crescent"], "fr": ["rue", "avenue", "place"],
}
SHORT = {"Street": "St", "Avenue": "Ave", "Road": "Rd", "Drive": "Dr", "Lane": "Ln", "Court": "Ct", "Boulevard": "Blvd", "Place": "Pl",
         "straße": "str.", "Close": "Cl", "Crescent": "Cres", "avenue": "av", "place": "pl"}
DOMAINS = {"us": "gmail.com yahoo.com hotmail.com outlook.com icloud.com", "de": "gmx.de web.de gmail.com t-online.de", "gb":
           "gmail.com btinternet.com hotmail.co.uk yahoo.co.uk", "fr": "orange.fr free.fr gmail.com wanadoo.fr"}
SYLLABLES = "ba be bo bra car cor da del den dor el er fa fin gar gor ha hol il jan kel kir lan lo mar mel min mor nar nel or pal per quin ral ren ros sal sen sto tam ter tor ul van ver wal wes zim".split()
KEYS = {c: n for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for c, n in zip(row, row[1:] + row[-2])}
PLAIN = str.maketrans("äöüéèêëàâîïôûçáíóúñšøå", "aoueeeeaaiioucaiounsoa")


def cumulate(weights):
    total, out = 0.0, []
    for w in weights:
        total += w
        out.append(total)
    return out


class Maker:
    def __init__(self, o):
        self.o, self.rng = o, random.Random(o.seed)
        rng = self.rng
        given = GIVEN[o.country].split()
        surname = SURNAME[o.country].split()
        rng.shuffle(given)
        rng.shuffle(surname)
        tail = sorted({"".join(rng.choices(SYLLABLES, k=rng.randint(2, 3))) for _ in range(int(o.tail * max(1500, o.persons ** 0.7)))})
        rng.shuffle(tail)
        self.given, self.surname = given, surname + tail
        self.given_weights = cumulate([1 / (i + 3) ** 0.8 for i in range(len(given))])
        self.surname_weights = cumulate([1 / (i + 8) ** 0.9 for i in range(len(self.surname))])
        self.street_names = sorted({"".join(rng.choices(SYLLABLES, k=2)).capitalize() for _ in range(400)})
        self.cities = [("".join(rng.choices(SYLLABLES, k=3)).capitalize(), rng.choice("AL CA CT DE GA IL MA NY OH TX VT WA".split()))
                       for _ in range(max(20, o.persons // 400))]
        self.emails = set()

    def pick(self, values, weights):
        return self.rng.choices(values, cum_weights=weights)[0]

    def address(self):
        rng, country = self.rng, self.o.country
        city, state = rng.choice(self.cities)
        zone = sum(map(ord, city)) % 900
        number, name, kind = rng.randint(1, 1999 if country == "us" else 180), rng.choice(self.street_names), rng.choice(STREETS[country])
        unit = rng.randint(1, 40) if rng.random() < 0.15 else 0
        post = f"{zone:03d}{rng.randint(0, 99):02d}" if country != "gb" else f"{city[:2].upper()}{zone % 20 + 1} {rng.randint(1, 9)}{rng.choice('ABDEFG')}{rng.choice('HJLN')}"
        return dict(number=number, name=name, kind=kind, unit=unit, city=city, state=state, postcode=post)

    def street(self, a, short):
        kind = SHORT.get(a["kind"], a["kind"]) if short else a["kind"]
        if self.o.country == "de":
            return f"{a['name']}{kind} {a['number']}"
        if self.o.country == "fr":
            return f"{a['number']} {kind} {a['name']}"
        unit = f" Apt {a['unit']}" if a["unit"] and self.rng.random() < 0.8 else ""
        return f"{a['number']} {a['name']} {kind}{unit}"

    def email(self, given, surname, born):
        rng = self.rng
        g, s = given.translate(PLAIN).replace("ß", "ss"), surname.translate(PLAIN).replace("ß", "ss").replace("-", "").replace("'", "").split(" ")[0]
        while True:
            local = rng.choice([f"{g}.{s}", f"{g}{s}", f"{g[0]}{s}", f"{s}.{g}", f"{g}_{s}{rng.randint(1, 99)}", f"{g}{rng.randint(10, 9999)}",
                                f"{g}{s}{born.year % 100:02d}", "".join(rng.choices(SYLLABLES, k=3)) + str(rng.randint(1, 999))])
            address = local + "@" + rng.choice(DOMAINS[self.o.country].split())
            if address not in self.emails:
                self.emails.add(address)
                return address
            if rng.random() < 0.5:
                g += str(rng.randint(1, 99))

    def phone(self):
        rng = self.rng
        first = {"us": rng.randint(201, 989), "de": rng.choice([151, 160, 170, 176, 30, 40]), "gb": rng.randint(7400, 7999), "fr": rng.choice([6, 7])}[self.o.country]
        length = {"us": 10, "de": 10, "gb": 10, "fr": 9}[self.o.country]
        return str(first) + "".join(rng.choices("0123456789", k=length - len(str(first))))

    def write_phone(self, p):
        code = {"us": "1", "de": "49", "gb": "44", "fr": "33"}[self.o.country]
        trunk = "" if self.o.country == "us" else "0"
        return self.rng.choice([f"+{code} {p[:3]} {p[3:]}", f"{trunk}{p}", f"{trunk}{p[:3]}-{p[3:6]}-{p[6:]}", f"00{code}{p}" if trunk else f"1{p}", f"({trunk}{p[:3]}) {p[3:]}"])

    def write_date(self, d, source):
        if self.o.dates == "iso":
            return d.isoformat()
        style = {"loyalty": "iso", "web": "local", "store": "local", "warranty": "compact"}[source]
        if style == "iso":
            return d.isoformat()
        if style == "compact":
            return d.strftime("%Y%m%d")
        return d.strftime({"us": "%m/%d/%Y", "de": "%d.%m.%Y", "gb": "%d/%m/%Y", "fr": "%d/%m/%Y"}[self.o.country])

    def person(self, surname=None, given=None, born=None, address=None, phone=None, email=None):
        rng = self.rng
        given = given or self.pick(self.given, self.given_weights)
        surname = surname or self.pick(self.surname, self.surname_weights)
        born = born or datetime.date(1940, 1, 1) + datetime.timedelta(days=rng.randrange(24000))
        return dict(given=given, surname=surname, born=born, address=address or self.address(), phone=phone or self.phone(),
                    email=email or self.email(given, surname, born), loyalty="L" + "".join(rng.choices("0123456789", k=8)), ssn=str(rng.randint(10 ** 6, 10 ** 7 - 1)),
                    old_email=self.email(given, surname, born) if rng.random() < 0.12 else None,
                    old_address=self.address() if rng.random() < self.o.moved else None,
                    old_surname=self.pick(self.surname, self.surname_weights) if rng.random() < 0.03 else None)

    def persons(self):
        rng, o, made = self.rng, self.o, []
        while len(made) < o.persons:
            first = self.person()
            made.append(first)
            if rng.random() < o.households:
                for _ in range(rng.choice([1, 1, 2, 3])):
                    kind, other = rng.random(), {}
                    same = rng.random() < 0.85
                    if kind < o.namesakes:
                        other = dict(given=first["given"], surname=first["surname"] + (" jr" if rng.random() < 0.5 else ""))
                    elif kind < o.namesakes + 0.08:
                        other = dict(born=first["born"], surname=first["surname"])
                    elif same:
                        other = dict(surname=first["surname"])
                    made.append(self.person(address=dict(first["address"]), phone=first["phone"] if rng.random() < 0.7 else None,
                                            email=first["email"] if rng.random() < o.shared_email else None, **other))
            elif rng.random() < 0.01:
                made.append(self.person(given=first["given"], surname=first["surname"]))
        return made[: o.persons]

    def slip(self, text, rate):
        rng = self.rng
        if len(text) < 3 or rng.random() >= rate * self.o.errors:
            return text
        i = rng.randrange(len(text) - 1)
        kind = rng.random()
        if kind < 0.25:
            return text[:i] + text[i + 1] + text[i] + text[i + 2:]
        if kind < 0.5:
            return text[:i] + text[i + 1:]
        if kind < 0.7:
            return text[:i] + text[i] + text[i:]
        other = KEYS.get(text[i].lower(), "e") if text[i].isalpha() else rng.choice("0123456789") if text[i].isdigit() else text[i]
        return text[:i] + other + text[i + 1:]

    def record(self, p):
        rng, o = self.rng, self.o
        source = rng.choice(["web", "store", "loyalty", "warranty"])
        has = lambda rate: rng.random() >= min(0.95, rate * o.missing)
        given, surname = p["given"], p["surname"]
        if p["old_surname"] and rng.random() < 0.4:
            surname = p["old_surname"]
        if surname.endswith(" jr") and rng.random() < 0.5:
            surname = surname[:-3]
        if given in NICK and rng.random() < o.nicknames:
            given = rng.choice(NICK[given].split())
        elif rng.random() < 0.03:
            given = given[0]
        if rng.random() < 0.3:
            given, surname = given.translate(PLAIN), surname.translate(PLAIN)
        given, surname = self.slip(given, 0.08), self.slip(surname, 0.08)
        if rng.random() < 0.02:
            given, surname = surname, given
        case = rng.choice([str.title, str.title, str.upper, str.lower])
        email = p["old_email"] if p["old_email"] and rng.random() < 0.4 else p["email"]
        if rng.random() < 0.05:
            email = email.replace("@", rng.choice(["+shop@", "+news@"]))
        email = self.slip(email, 0.06)
        a = p["old_address"] if p["old_address"] and rng.random() < 0.4 else p["address"]
        born = p["born"]
        if rng.random() < 0.01 * o.errors and born.day <= 12:
            born = born.replace(month=born.day, day=born.month)
        has_address = has({"store": 0.5, "web": 0.35, "loyalty": 0.2, "warranty": 0.05}[source])
        return dict(
            source=source, given_name=case(given), surname=case(surname),
            email=email if has({"store": 0.6, "web": 0.03, "loyalty": 0.2, "warranty": 0.3}[source]) else "",
            phone=self.slip(self.write_phone(p["phone"]), 0.04) if has({"store": 0.15, "web": 0.5, "loyalty": 0.3, "warranty": 0.4}[source]) else "",
            date_of_birth=self.slip(self.write_date(born, source), 0.04) if has({"store": 0.85, "web": 0.6, "loyalty": 0.1, "warranty": 0.95}[source]) else "",
            street=case(self.slip(self.street(a, rng.random() < 0.5), 0.05)) if has_address else "", city=case(self.slip(a["city"], 0.04)) if has_address else "",
            state=a["state"] if has_address else "", postcode=self.slip(a["postcode"], 0.03) if has_address else "",
            loyalty_id=self.slip(p["loyalty"], 0.03) if has({"store": 0.4, "web": 0.75, "loyalty": 0.0, "warranty": 1.0}[source]) else "",
            updated_at=(datetime.datetime(2019, 1, 1) + datetime.timedelta(minutes=rng.randrange(3 * 10 ** 6))).isoformat() + "Z")

    def febrl_record(self, p, changes):
        """The shape of the FEBRL sets: everything is there, and duplicates differ in some fields, some of them wholly."""
        rng, a = self.rng, p["address"]
        record = dict(given_name=p["given"], surname=p["surname"], street_number=str(a["number"]), address_1=a["name"].lower() + " " + a["kind"].lower(),
                      address_2=p["unit"], suburb=a["city"].lower(), postcode=a["postcode"], state=a["state"].lower(), date_of_birth=p["born"].strftime("%Y%m%d"), soc_sec_id=p["ssn"])
        for _ in range(changes):
            field = rng.choice(list(record))
            kind, value = rng.random(), record[field]
            if kind < 0.12:
                record[field] = ""
            elif kind < 0.2:
                other = self.person()
                record[field] = {"given_name": other["given"], "surname": other["surname"], "date_of_birth": other["born"].strftime("%Y%m%d"), "soc_sec_id": other["ssn"],
                                 "suburb": other["address"]["city"].lower(), "postcode": other["address"]["postcode"], "street_number": str(other["address"]["number"])}.get(field, value)
            elif kind < 0.25 and field in ("given_name", "surname"):
                record["given_name"], record["surname"] = record["surname"], record["given_name"]
            elif kind < 0.3 and field in ("address_1", "address_2"):
                record["address_1"], record["address_2"] = record["address_2"], record["address_1"]
            elif len(value) > 1:
                record[field] = self.slip(value, 9)
        return record


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--persons", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--country", choices=list(GIVEN), default="us")
    parser.add_argument("--style", choices=["retail", "febrl"], default="retail")
    parser.add_argument("--dates", choices=["iso", "local"], default="iso")
    for name, value in dict(errors=1, missing=1, households=0.25, shared_email=0.08, namesakes=0.06, moved=0.12, nicknames=0.12, tail=1, changes=3).items():
        parser.add_argument("--" + name.replace("_", "-"), type=float, default=value)
    o = parser.parse_args()
    maker = Maker(o)
    rng = maker.rng
    os.makedirs(o.folder, exist_ok=True)
    febrl = o.style == "febrl"
    out = []
    persons = maker.persons()
    for number, p in enumerate(persons):
        p["unit"] = maker.rng.choice(maker.street_names).lower() + rng.choice([" village", " park", "", " estate"]) if febrl and rng.random() < 0.6 else ""
        for copy in range(rng.choices([1, 2, 3, 4, 6], [46, 27, 16, 8, 3])[0]):
            out.append((maker.febrl_record(p, 0 if copy == 0 else rng.randint(1, max(1, int(2 * o.changes - 1)))) if febrl else maker.record(p), number))
    rng.shuffle(out)
    with open(os.path.join(o.folder, "records.csv" if febrl else "customers.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["record_id"] + list(out[0][0]), lineterminator="\n")
        writer.writeheader()
        for i, (record, _) in enumerate(out):
            writer.writerow({"record_id": f"C{i:07d}", **record})
    with open(os.path.join(o.folder, "gold.csv"), "w") as file:
        file.write("record_id,person_id\n" + "".join(f"C{i:07d},P{number:07d}\n" for i, (_, number) in enumerate(out)))
    with open(os.path.join(o.folder, "golden.csv"), "w", encoding="utf-8") as file:
        file.write("person_id,given_name,surname,email,phone,date_of_birth,loyalty_id\n")
        code = {"us": "1", "de": "49", "gb": "44", "fr": "33"}[o.country]
        for number, p in enumerate(persons):
            file.write(f"P{number:07d},{p['given']},{p['surname']},{p['email']},+{code}{p['phone']},{p['born'].isoformat()},{p['loyalty']}\n")


if __name__ == "__main__":
    main()
