"""By which names and by which cells is a column known that says who somebody is? As data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """One kind of thing that tells who somebody is.

    Attributes
    ----------
    what : str
        As the finding calls it.
    names : frozenset of str
        Names of columns, in small letters without accents, signs and spaces.
    ends : tuple of str
        Words that such a name ends with, after an underscore or a capital letter.
    cell : re.Pattern or None
        What is looked for in a cell.
    share : float
        Of the distinct cells that must show it; 0 where one is enough.
    spread : float
        Distinct cells per filled row, at least: names of people differ, those of places do not.
    proof : callable or None
        Says of the text found whether it is one indeed (a check digit).
    """

    what: str
    names: frozenset[str] = frozenset()
    ends: tuple[str, ...] = ()
    cell: re.Pattern[str] | None = None
    share: float = 0.0
    spread: float = 0.0
    proof: Callable[[str], bool] | None = None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _nhs(text: str) -> bool:
    """The check digit of the National Health Service (modulus 11).

    Examples
    --------
    >>> _nhs("943 476 5919"), _nhs("943 476 5918")
    (True, False)
    """
    digits = [int(one) for one in text if one.isdigit()]
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    rest = 11 - sum(w * d for w, d in zip(range(10, 1, -1), digits, strict=False)) % 11
    return rest % 11 == digits[9] and rest != 10


def _medicare(text: str) -> bool:
    """The check digit of Australia's Medicare: ten digits, the first 2 to 6.

    Examples
    --------
    >>> _medicare("2123 45670 1"), _medicare("2123 45671 1")
    (True, False)
    """
    digits = [int(one) for one in text if one.isdigit()]
    if len(digits) not in (10, 11) or not 2 <= digits[0] <= 6:
        return False
    weights = (1, 3, 7, 9, 1, 3, 7, 9)
    return sum(w * d for w, d in zip(weights, digits, strict=False)) % 10 == digits[8]


def _luhn(text: str) -> bool:
    """Luhn's check digit, of cards and of Swedish personal numbers.

    Examples
    --------
    >>> _luhn("811228-9874"), _luhn("811228-9875")
    (True, False)
    """
    digits = [int(one) for one in text if one.isdigit()]
    doubled = [2 * d - 9 * (2 * d > 9) for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _address(text: str) -> bool:
    """Four numbers of a byte each."""
    return all(int(part) < 256 for part in text.split("."))


def _phone(text: str) -> bool:
    """Eight to fifteen digits that are no date."""
    digits = re.sub(r"\D", "", text)
    dated = re.search(r"\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d", text)
    return 8 <= len(digits) <= 15 and dated is None and len(set(digits)) > 2


NAME = (
    r"(?:[A-Z]['\u2019]|Mc|Mac)?[A-Z\u00c0-\u00de][a-z\u00df-\u00ff]{1,30}"
    r"(?:-[A-Z\u00c0-\u00de][a-z\u00df-\u00ff]{1,30})?"
)
CAPITALS = r"[A-Z\u00c0-\u00de]['\u2019A-Z\u00c0-\u00de-]{2,30}"
"""A name as registers of hospitals write it; two letters would be a code."""
ROAD = (
    "street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|crescent|cres|place|terrace|parade|"
    "highway|hwy|boulevard|blvd|close|grove"
)

MARKS = (
    Mark(
        "names of people",
        _words(
            "name names firstname lastname surname familyname givenname givennames forename "
            "forenames middlename maidenname fullname patientname participantname subjectname "
            "personname contactname nextofkin emergencycontact initials namefirst namelast "
            "vorname nachname familienname patientenname nom prenom nomdefamille nomfamille "
            "nombre nombres apellido apellidos cognome nome nomecompleto sobrenome naam voornaam "
            "achternaam fornamn efternamn fornavn etternavn efternavn etunimi sukunimi imie "
            "nazwisko jmeno prijmeni 姓名 氏名 名前 이름"
        ),
        ("first_name", "last_name", "family_name", "given_name", "full_name", "sur_name"),
        re.compile(
            rf"^\s{{0,3}}(?:{NAME},\s?{NAME}|{NAME}(?:\s[A-Z]\.)?\s{NAME}"
            rf"|{CAPITALS},?\s{CAPITALS})\s{{0,3}}$"
        ),
        0.8,
        0.7,
    ),
    Mark(
        "persons called by title and name",
        cell=re.compile(
            rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herrn?|Frau|Mme|Mlle|Monsieur|Madame|Sra|Srta|Signora?|"
            rf"Dhr|Mevr)\b\.?\s{NAME}"
        ),
    ),
    Mark(
        "dates of birth",
        _words(
            "dob dateofbirth birthdate birthday birthdt dobdate dtbirth brthdtc geburtsdatum "
            "geburtstag gebdat datenaissance datedenaissance ddn fechanacimiento "
            "fechadenacimiento datadinascita datanascita datanascimento datadenascimento "
            "geboortedatum fodelsedatum fodselsdato fodselsdag syntymaaika dataurodzenia "
            "datumnarozeni 出生日期 生年月日 생년월일"
        ),
        ("date_of_birth", "birth_date", "dob"),
        re.compile(
            r"\b(?:dob|d\.o\.b\.?|date of birth|born(?: on)?|geb(?:oren)?\.?(?: am)?|née? le)"
            r"\W{1,3}\d{1,4}[./-]",
            re.IGNORECASE,
        ),
    ),
    Mark(
        "e-mail addresses",
        _words("email emailaddress mailaddress correo correoelectronico courriel adresseemail"),
        ("email", "e_mail"),
        re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[A-Za-z]{2,24}\b"),
    ),
    Mark(
        "telephone numbers",
        _words(
            "phone phonenumber phoneno telephone telephonenumber tel telno mobile mobilephone "
            "mobilenumber mobileno cellphone cellnumber homephone workphone contactnumber fax "
            "telefon telefonnummer handy handynummer mobil mobilnummer telefono celular movil "
            "cellulare telefone telemovel telefoon telefoonnummer gsm mobiltelefon puhelin "
            "telephoneportable 电话 手机 電話番号 전화번호"
        ),
        ("phone", "telephone", "phone_number", "mobile_number"),
        re.compile(
            r"(?<![\w.+-])(?:\+\d{1,3}[ ().-]{0,3}(?:\d[ ().-]{0,2}){7,12}"
            r"|\(?0\d{1,4}\)?[ ./-]{1,2}(?:\d[ .-]?){5,9}\d"
            r"|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}|04\d{8}|07\d{9})(?![\w.-])"
        ),
        proof=_phone,
    ),
    Mark(
        "postal addresses",
        _words(
            "address homeaddress streetaddress postaladdress mailingaddress residentialaddress "
            "street streetname addressline1 addressline2 postcode pcode postalcode zip zipcode "
            "suburb "
            "adresse anschrift strasse wohnort plz postleitzahl adressepostale rue codepostal "
            "direccion domicilio calle codigopostal indirizzo codiceavviamentopostale endereco "
            "codigopostal cep adres straat straatnaam postkod postnummer gatuadress gateadresse "
            "osoite adresa ulica 地址 住所 주소"
        ),
        ("address", "postcode", "zip_code", "postal_code", "street_address"),
        re.compile(
            rf"\b\d{{1,5}}[a-z]?,?\s(?:{NAME}\s){{1,3}}(?i:{ROAD})\b"
            r"|\b(?i:[a-z\u00df-\u00ff]{3,30}(?:stra(?:ss|ß)e|str\.|weg|platz|gasse|gatan|straat))"
            r"\s\d{1,4}\b|\b\d{1,4},?\s(?:rue|avenue|boulevard|chemin)\s(?:d[eu]|[A-Z])"
            rf"|\b(?i:calle|via|rua|avenida)\s{NAME}(?:\s{NAME}){{0,3}},?\s\d{{1,4}}\b"
        ),
    ),
    Mark(
        "postcodes",
        cell=re.compile(r"^\s{0,3}[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\s{0,3}$"),
        share=0.5,
    ),
    Mark(
        "numbers of a health service or a register",
        _words(
            "nhs nhsnumber nhsno medicare medicarenumber medicareno mrn medicalrecordnumber "
            "medicalrecord hospitalnumber hospitalno hospitalid urnumber urno ihi chinumber hcn "
            "ssn socialsecurity socialsecuritynumber nationalid nationalidnumber passport "
            "passportnumber passportno drivinglicence driverslicense driverlicence insurancenumber "
            "taxfilenumber tfn personnummer personnumer fodselsnummer cprnummer cpr bsn "
            "burgerservicenummer ahv ahvnummer avs svnr sozialversicherungsnummer "
            "versichertennummer krankenversichertennummer kvnr nir numerosecuritesociale "
            "numsecu dni nie nif numeroseguridadsocial codicefiscale codfisc cpf pesel rodnecislo "
            "身份证号 健康保険番号 주민등록번호"
        ),
        ("nhs_number", "medicare_number", "hospital_number", "record_number", "social_security"),
        re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"),
    ),
    Mark(
        "numbers with the check digit of the NHS",
        cell=re.compile(r"^\s{0,3}\d{3}[ -]?\d{3}[ -]?\d{4}\s{0,3}$"),
        share=0.7,
        proof=_nhs,
    ),
    Mark(
        "numbers with the check digit of Medicare",
        cell=re.compile(r"^\s{0,3}\d{4}[ -]?\d{5}[ -]?\d(?:[ -/]?\d)?\s{0,3}$"),
        share=0.7,
        proof=_medicare,
    ),
    Mark(
        "personal numbers",
        cell=re.compile(r"^\s{0,3}(?:19|20)?\d{6}[-+]\d{4}\s{0,3}$"),
        share=0.7,
        proof=lambda text: _luhn(text.strip()[-11:]),
    ),
    Mark(
        "addresses of computers",
        _words("ip ipaddress ipaddr ipadresse adresseip direccionip indirizzoip macaddress imei"),
        ("ip_address", "mac_address"),
        re.compile(r"^\s{0,3}\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\s{0,3}$"),
        0.5,
        proof=_address,
    ),
    Mark(
        "addresses of computers",
        cell=re.compile(r"^\s{0,3}(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\s{0,3}$"),
    ),
    Mark(
        "places on the map",
        _words(
            "latitude longitude lat lon lng long gps gpslocation gpscoordinates coordinates "
            "geolocation geocode latlon latlong breitengrad langengrad laengengrad latitud "
            "longitud latitudine longitudine breedtegraad lengtegraad"
        ),
        ("latitude", "longitude", "gps"),
        re.compile(r"(?<![\d.])-?\d{1,2}\.\d{3,15},?\s{0,2}-?\d{1,3}\.\d{3,15}(?![\d.])"),
    ),
)
