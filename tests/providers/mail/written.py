"""Letters as they come over the wire, in bytes."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def letter(
    body: str | bytes = "Добрый день! Сколько стоит окно?",
    *,
    sender: str = "Айгуль <aigul@example.kz>",
    recipient: str = "shop@example.kz",
    subject: str = "Окно",
    message_id: str | None = "<q1@example.kz>",
    date: str | None = "Fri, 20 Nov 2026 11:30:00 +0500",
    kind: str = "text/plain; charset=utf-8",
    headers: str = "",
) -> bytes:
    """A letter of one part; ``headers`` are further lines, each ended by a line break."""
    told = [f"From: {sender}", f"To: {recipient}", f"Subject: {subject}"]
    told += [f"Message-ID: {message_id}"] if message_id else []
    told += [f"Date: {date}"] if date else []
    told += ["MIME-Version: 1.0", f"Content-Type: {kind}", "Content-Transfer-Encoding: 8bit"]
    top = "\n".join(told) + "\n" + headers
    written = body.encode() if isinstance(body, str) else body
    return (top.encode() + b"\n" + written).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def of_parts(*parts: str, kind: str = "mixed", headers: str = "", sender: str = "Айгуль <aigul@example.kz>") -> bytes:
    """A letter of several parts, each written with its own headers."""
    body = "".join(f"--edge\n{part}\n" for part in parts) + "--edge--\n"
    return letter(body, kind=f'multipart/{kind}; boundary="edge"', headers=headers, sender=sender)


def part(body: str, kind: str, *, headers: str = "") -> str:
    return f"Content-Type: {kind}\n{headers}\n{body}"


def bounce(
    *,
    of: str = "ours-1@example.kz",
    action: str = "failed",
    status: str = "5.1.1",
    says: str = "550 5.1.1 No such user",
) -> bytes:
    """A delivery status notification (RFC 3464) about a letter of ours."""
    return of_parts(
        part("Ваше письмо не доставлено.", "text/plain; charset=utf-8"),
        part(
            "Reporting-MTA: dns; mx.example.kz\n\nFinal-Recipient: rfc822; nobody@example.org\n"
            f"Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {says}\n",
            "message/delivery-status",
        ),
        part(f"Message-ID: <{of}>\nSubject: =?utf-8?b?0J/RgNC40LLQtdGC?=\n", "text/rfc822-headers"),
        kind="report; report-type=delivery-status",
        headers="Return-Path: <>\nAuto-Submitted: auto-replied\n",
        sender="MAILER-DAEMON@mx.example.kz",
    )
