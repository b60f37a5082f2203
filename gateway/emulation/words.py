"""The invented words that parties are put together from. No real person or company is meant."""

from __future__ import annotations

STEMS: dict[str, tuple[str, ...]] = {
    "NL": (
        "Vlonder",
        "Kwark",
        "Zeilsteen",
        "Brugwater",
        "Molenhoek",
        "Tulpkade",
        "Duinroos",
        "Polderwind",
        "Grachtlicht",
        "Klompen",
        "Spaarzaam",
        "Noorderlus",
        "Rietkraag",
        "Sluiswachter",
        "Ijsvogelnest",
        "Hagelslak",
    ),
    "BE": (
        "Frietkot",
        "Maasbocht",
        "Kasseien",
        "Ardenbos",
        "Scheldezicht",
        "Pralinette",
        "Waffelijzer",
        "Beffroi",
    ),
    "DE": (
        "Weißbach",
        "Straßenlicht",
        "Grünwerk",
        "Käsemühle",
        "Brückenhof",
        "Süßholz",
        "Löwenzahn",
        "Fußweg",
    ),
}
"""First half of a company name, by country."""

TRADES: dict[str, tuple[str, ...]] = {
    "NL": (
        "Advies",
        "Bouw",
        "Catering",
        "Design",
        "Installatie",
        "Transport",
        "& Zonen",
        "Webwinkel",
        "Fietsen",
    ),
    "BE": ("Consult", "Logistiek", "Interieur", "& Fils", "Drukwerk", "Brouwsels"),
    "DE": ("Technik", "Handel", "Maschinen", "& Söhne", "Logistik", "Möbel"),
}
"""Second half of a company name, by country."""

LEGAL_FORMS: dict[str, tuple[str, ...]] = {
    "NL": ("B.V.", "B.V.", "V.O.F.", "N.V.", ""),
    "BE": ("BV", "NV", "VZW", ""),
    "DE": ("GmbH", "GmbH & Co. KG", "UG (haftungsbeschränkt)", "e.K."),
}
"""How a company name ends, by country; empty for a sole trader."""

AWKWARD_COMPANIES: tuple[str, ...] = (
    "'t Scheve Huisje",
    'Café "De Blauwe Ezel"',
    "Pijl & Boog <Werkplaats>",
    "C:\\Lokaal\\Bestand IT",
    "Smørrebrød Søster",
    "🌷 Tulpomaan 🚲",
    "خيال للتجارة",
    (
        "Stichting tot Behoud van Uitzonderlijk Lange Namen in de Administratie van de Denkbeeldige Gemeente "
        "Achterbovenkerkerveensedijk en Omstreken, Afdeling Verenigingszaken en Overige Aangelegenheden"
    ),
    "  Spaties Vooraan",
    "Ünïcödé ]]> Werkplaats",
)
"""Company names that break careless code: quotes, markup, backslash, emoji, right to left, length."""

FIRST_NAMES: dict[str, tuple[str, ...]] = {
    "NL": (
        "Annelot",
        "Bram",
        "Cato",
        "Daan",
        "Eefje",
        "Freek",
        "Geertje",
        "Hidde",
        "Iris",
        "Jurre",
        "Zoë",
        "Noël",
    ),
    "BE": ("Amélie", "Bavo", "Céline", "Dries", "Élodie", "Florian", "Griet", "Maïté"),
    "DE": ("Jörg", "Käthe", "Lüder", "Mareike", "Björn", "Ännchen", "Till", "Ute"),
}
"""Given names, by country."""

LAST_NAMES: dict[str, tuple[str, ...]] = {
    "NL": (
        "van der Kwast",
        "Molensteker",
        "de Vlonder",
        "'t Hooiveld",
        "Zeewaard",
        "IJsberg",
        "ter Duinen",
        "Plankenhof",
        "van 't Zandpad",
        "Rietsnijder",
        "Öztuin",
        "Brugman-Waterlust",
    ),
    "BE": ("Vandewafel", "D'Hondebeke", "Peeperkorn", "Lefrîte", "Van den Kassei", "De Scheldemeer"),
    "DE": ("Groß-Umlaut", "Müßiggang", "von der Straßen", "Käferling", "Löffelstiel", "Grünspan"),
}
"""Family names, by country; some start with a small letter, a quote or a prefix."""

AWKWARD_PEOPLE: tuple[tuple[str | None, str | None], ...] = (
    ("Søren-Åge", "Fjordstjerne"),
    (None, "O\"Quote & 'Zoon'"),
    ("ليلى", "الخيالية"),
    (
        "Maximiliaan Alexander Benedictus Cornelis Theodorus Johannes",
        "van Oudenallen tot Nieuwenniemand-Veldzicht",
    ),
    ("🙂 Smiley", "de Lach"),
    ("", "Enkelnaam"),
)
"""Private persons with awkward names; None is a missing name, an empty text is an empty one."""

STREETS: dict[str, tuple[str, ...]] = {
    "NL": ("Verzonnenlaan", "Fantasiekade", "Nergenshof", "Dwaalspoor", "Luchtkasteelweg", "'s-Droomgracht"),
    "BE": ("Luchtbellestraat", "Rue de l'Illusion", "Schijnbaarlaan", "Chaussée Imaginaire"),
    "DE": ("Traumstraße", "Nirgendwogasse", "Am Luftschloß", "Märchenallee"),
}
"""Street names, by country."""

CITIES: dict[str, tuple[str, ...]] = {
    "NL": ("Schijndorp", "Verzinnendam", "'s-Gravendroom", "Nieuw-Nergens", "Luchtwoude"),
    "BE": ("Waanbeke", "Sint-Imaginaire", "Fantasegem"),
    "DE": ("Traumstadt", "Wölkchenhausen", "Bad Nirgendwo"),
}
"""Town names, by country."""

ADDRESS_LINES: tuple[str, ...] = (
    "t.a.v. de crediteurenadministratie",
    "2e verdieping",
    "Postbus 00",
    "Gebouw <A> & B",
    "Hinterhaus, 3. OG",
    "",
)
"""Second address lines; one is empty."""

DEPARTMENTS: tuple[str, ...] = (
    "Administratie",
    "Inkoop",
    "Verkoop",
    "Buchhaltung",
    "Comptabilité",
    "R&D",
    "",
)
"""Departments of contact persons; one is empty."""

NOTES: tuple[str, ...] = (
    "Belt liever niet voor 10 uur.",
    "Eerste regel\nTweede regel\r\nDerde regel",
    "Korting \"vriendenprijs\" <10%> & 'speciaal'",
    "Bestanden staan op \\\\server\\share\\nieuw",
    "Kunde seit Jahren, zahlt pünktlich. Grüße!",
    "🎂 jarig in mei",
    "ملاحظة: الاتصال مساءً",
    "  ",
)
"""Texts of notes: several lines, quotes, markup, backslashes, emoji, right to left, only blanks."""

EMAIL_DOMAINS: tuple[str, ...] = (
    "example.com",
    "example.org",
    "example.net",
    "winkel.example",
    "büro.example",
)
"""Domains nobody can own; one is written with an umlaut."""
