"""Headers that every answer carries: what browsers may do with it."""

from __future__ import annotations

_POLICY = {
    "default-src": "'self'",
    # JupyterLab compiles schema validators and shows the rich output of one's own kernels, both of
    # which need these two. Other people's notebooks are never shown in this page.
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "frame-src": "'self' blob:",
    "object-src": "'self' blob:",  # the PDF viewer
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

LAB_POLICY = "; ".join(f"{name} {value}" for name, value in _POLICY.items())
PAGE_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def security_headers() -> dict[str, str]:
    """Return the headers of every answer; handlers tighten or replace the first one."""
    return {
        "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cache-Control": "no-store",
        "Server": "platform",
    }
