"""How these pages look, in light and in dark. Nothing else may bring a style into them."""

from __future__ import annotations

import base64
import hashlib

_DARK = """--text: #e6edf3; --back: #111; --soft: #1a1f26; --line: #363d46; --faint: #9aa4af;
  --key: #79c0ff; --string: #a5d6ff; --number: #79c0ff; --comment: #9aa4af; --name: #d2a8ff;
  --error: #3a1d1d; --mark: #5a4a00;"""

# A page that is shown in another one, and knows how that looks, has the class "light" or "dark".
STYLE = """
:root { color-scheme: light dark; --text: #1f2328; --back: #fff; --soft: #f6f8fa;
  --line: #d0d7de; --faint: #656d76; --key: #0550ae; --string: #0a3069; --number: #0550ae;
  --comment: #57606a; --name: #8250df; --error: #fff1f0; --mark: #fff8c5; }
%DARK%
body { margin: 0; background: var(--back); color: var(--text); }
body, .part { font: 14px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
.part { display: flow-root; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
pre, code, kbd, samp { font: 13px/1.45 ui-monospace, monospace; }
pre { margin: 0; padding: .5rem .75rem; white-space: pre-wrap; }
.cell { display: grid; grid-template-columns: 3.5rem 1fr; margin: 0 0 .75rem;
  border-left: 3px solid transparent; }
.cell > div { min-width: 0; }
.cell:target, .line:target { border-color: #bf8700; background: var(--mark); }
.label { color: var(--faint); font: 12px/2.2 ui-monospace, monospace; text-align: right;
  padding-right: .5rem; }
pre.code { background: var(--soft); border: 1px solid var(--line); border-radius: 4px;
  counter-reset: line; }
.line { display: block; padding-left: 2.5rem; text-indent: -2.5rem; }
.line::before { counter-increment: line; content: counter(line); color: var(--faint);
  display: inline-block; width: 2rem; margin-right: .5rem; text-align: right; text-indent: 0; }
.output { padding: .25rem 0; overflow-x: auto; }
.stderr, .error { background: var(--error); }
.note { color: var(--faint); font-style: italic; margin: .25rem .75rem; }
.odd { background: #cf222e; color: #fff; border-radius: 3px; padding: 0 .2rem; font-size: 11px; }
img { max-width: 100%; height: auto; background: #fff; }
table { border-collapse: collapse; margin: .5rem 0; font-size: 13px; }
th, td { border: 1px solid var(--line); padding: .2rem .6rem; text-align: left; }
blockquote { margin: .5rem 0; padding: 0 1rem; border-left: 3px solid var(--line);
  color: var(--faint); }
a[data-address]::after { content: " (" attr(data-address) ")"; color: var(--faint); }
.k, .kc, .kd, .kn, .kr, .kt, .ow { color: var(--key); font-weight: 600; }
.s, .s1, .s2, .sa, .sb, .sc, .sd, .se, .si, .sr, .ss { color: var(--string); }
.m, .mb, .mf, .mh, .mi, .mo, .il { color: var(--number); }
.c, .c1, .ch, .cm, .cs { color: var(--comment); font-style: italic; }
.nb, .nc, .nd, .ne, .nf, .fm { color: var(--name); }
.bold { font-weight: 700; } .red { color: #cf222e; } .green { color: #1a7f37; }
.yellow { color: #9a6700; } .blue { color: #0969da; } .magenta { color: #8250df; }
.cyan { color: #1b7c83; }
""".replace(
    "%DARK%",
    f"@media (prefers-color-scheme: dark) {{ :root:not(.light) {{ {_DARK} }} }}\n"
    f":root.light {{ color-scheme: light; }}\n:root.dark {{ color-scheme: dark; {_DARK} }}\n"
    ":root:is(.light, .dark) { --back: transparent; }",
)

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

# What holds in a frame that is given its page, and so has no headers.
FRAME_POLICY = (
    f"default-src 'none'; img-src data:; style-src 'sha256-{_DIGEST}'; "
    "base-uri 'none'; form-action 'none'"
)
POLICY = f"sandbox; {FRAME_POLICY}; frame-ancestors 'self'"
