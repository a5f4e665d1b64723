"""The one rule for e-mail addresses and for the names people show to others."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from platform_server.errors import InvalidInput

MAX_EMAIL_BYTES = 254  # what a mail server accepts (RFC 5321)
MAX_NAME = 100  # characters


def check_email(text: str) -> str:
    """Return the address as it is stored and compared: normalised and in lower case.

    Raises InvalidInput. Length is looked at before anything else, so that an absurd one costs
    nothing and never reaches a log.
    """
    if len(text) > MAX_EMAIL_BYTES or len(text.encode(errors="replace")) > MAX_EMAIL_BYTES:
        raise InvalidInput(f"An e-mail address has at most {MAX_EMAIL_BYTES} bytes.")
    try:
        # Addresses of test and company networks are as good as any: nothing is sent there.
        checked = validate_email(
            text.strip(),
            check_deliverability=False,
            strict=True,
            test_environment=True,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        raise InvalidInput(
            "That is not a complete e-mail address, like ada@example.org."
        ) from error
    return checked.normalized.lower()


def check_display_name(text: str, *, email: str) -> str:
    """Return a name as others see it: one line, trimmed; the address's first part if it is empty.

    Raises InvalidInput for control and invisible direction characters and for more than 100
    characters.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if len(name) > MAX_NAME:
        raise InvalidInput(f"A name has at most {MAX_NAME} characters.")
    if any(
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        for character in name
    ):
        raise InvalidInput("A name cannot contain line breaks or invisible characters.")
    return name or email.partition("@")[0]
