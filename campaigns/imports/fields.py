"""What a column can be imported into: the built-in fields of a lead, and the words that people use for them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of a lead. `type` is one of values.TYPES, or `line`, `score`, `tags` of the built-in ones.

    `choices` are the keys that may stand there, compared without case; None takes all.
    """

    key: str
    type: str
    choices: tuple[str, ...] | None = ()
    label: str = ""


BUILT_IN = (
    FieldSpec("email", "email", label="Email"),
    FieldSpec("external_id", "line", label="External ID"),
    FieldSpec("first_name", "line", label="First name"),
    FieldSpec("last_name", "line", label="Last name"),
    FieldSpec("phone", "phone", label="Phone"),
    FieldSpec("status", "choice", label="Status"),
    FieldSpec("owner", "choice", label="Owner"),
    FieldSpec("score", "score", label="Score"),
    FieldSpec("tags", "tags", label="Tags"),
)
BUILT_IN_KEYS = frozenset(field.key for field in BUILT_IN)
NEVER = frozenset({"id", "tenant_id", "created_at", "updated_at"})

_SYNONYMS = {
    "email": "mail emailaddress mailaddress emailadresse mailadresse correo correoelectronico courriel adressemail "
    "adresseemail indirizzoemail workemail businessemail primaryemail emailadres",
    "external_id": "externalid externid customerid customernumber clientid kundennummer kundennr reference",
    "first_name": "firstname forename givenname vorname prenom nombre nome voornaam fname imie имя",
    "last_name": "lastname surname familyname nachname familienname nomdefamille apellido apellidos cognome "
    "achternaam lname nazwisko фамилия",
    "phone": "phonenumber telephone tel telefon telefonnummer telefonnr mobile mobil mobilephone handy cell cellphone "
    "telefono telephonenumber telefoon rufnummer portable телефон",
    "status": "leadstatus stage",
    "owner": "owneremail leadowner besitzer zustandig responsable",
    "score": "points leadscore punkte puntos",
    "tags": "tag labels schlagworter schlagworte etiquetas etiquettes",
}


def built_in(
    *, statuses: tuple[str, ...] | None = None, owners: tuple[str, ...] | None = None
) -> tuple[FieldSpec, ...]:
    """The built-in fields, with the keys of the tenant's statuses and the addresses of its members; None takes all."""
    choices = {"status": statuses, "owner": owners}
    return tuple(FieldSpec(one.key, one.type, choices.get(one.key, ()), one.label) for one in BUILT_IN)


def folded(name: str) -> str:
    """A name without case, accents, spaces and punctuation, to compare by."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[\W_]+", "", "".join(char for char in bare if not unicodedata.combining(char)))


SYNONYMS = {folded(word): key for key, words in _SYNONYMS.items() for word in words.split()}
