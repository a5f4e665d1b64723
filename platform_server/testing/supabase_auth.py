"""A double of Supabase Auth's HTTP API (GoTrue), with what was observed of the real one."""

from __future__ import annotations

import json
import secrets
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANON_KEY, SERVICE_KEY = "anon-key", "service-key"
JWT_SECRET = "a secret of at least sixty-four bytes, so that it fits all algorithms"  # noqa: S105
Answer = tuple[int, dict[str, Any]]


@dataclass
class SupabaseAuth:
    """A project's accounts. Tests change them as its admin would."""

    url: str = ""  # of the project
    lifetime: int = 3600  # seconds of an access token
    confirms: bool = False  # new accounts cannot sign in before their address is confirmed
    is_down: bool = False
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)  # to the user's id
    refreshes: dict[str, str] = field(default_factory=dict)  # the tokens that are good, to sessions
    used: dict[str, str] = field(default_factory=dict)
    mails: dict[str, str] = field(default_factory=dict)  # a reset's token hash, to the user's id
    calls: list[str] = field(default_factory=list)
    signs_with: str = "HS256"  # or ES256
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)

    @contextmanager
    def served(self) -> Iterator[SupabaseAuth]:
        """Serve on a free port."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.rotate()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def rotate(self) -> None:
        """Sign with a new key from now on; those before it stay published."""
        self.keys[uuid.uuid4().hex] = ec.generate_private_key(ec.SECP256R1())

    def add(self, email: str, password: str, **more: Any) -> str:
        """Make an account that can sign in; return its id."""
        made = {
            "id": str(uuid.uuid4()),
            "email": email,
            "password": password,
            "is_confirmed": True,
            "is_banned": False,
            "app_metadata": {"provider": "email"},
            "user_metadata": {},
        }
        self.users[str(made["id"])] = made | more
        return str(made["id"])

    def token(self, user_id: str, *, secret: str = JWT_SECRET, **claims: Any) -> str:
        """Return an access token of a new session, with claims changed as told."""
        user, session = self.users[user_id], uuid.uuid4().hex
        self.sessions[session] = user_id
        now = int(time.time())
        body = {
            "iss": f"{self.url}/auth/v1",
            "sub": user_id,
            "aud": "authenticated",
            "role": "authenticated",
            "exp": now + self.lifetime,
            "iat": now,
            "email": user["email"],
            "app_metadata": user["app_metadata"],
            "user_metadata": user["user_metadata"],
            "session_id": session,
        } | claims
        if self.signs_with == "HS256":
            return jwt.encode(body, secret, algorithm="HS256")
        name, key = list(self.keys.items())[-1]
        return jwt.encode(body, key, algorithm="ES256", headers={"kid": name})

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> Answer:
        """Return status and body."""
        self.calls.append(f"{method} {path}")
        if self.is_down:
            return 503, {"message": "no upstream"}
        route = path.removeprefix("/auth/v1").partition("&")[0]
        public: dict[str, Callable[[], Answer]] = {
            "POST /signup": lambda: self._sign_up(body),
            "POST /token?grant_type=refresh_token": lambda: self._refresh(body["refresh_token"]),
            "POST /token?grant_type=password": lambda: self._sign_in(body),
            "GET /user": lambda: self._whose(token),
            "POST /logout?scope=local": lambda: self._sign_out(token),
            "POST /recover": lambda: self._recover(body["email"]),
            "POST /verify": lambda: self._verify(body["token_hash"]),
            "GET /.well-known/jwks.json": lambda: (200, {"keys": self._published()}),
        }
        if handle := public.get(f"{method} {route}"):
            return handle()
        return self._administer(method, route, token, body)

    def _administer(self, method: str, route: str, token: str, body: dict[str, Any]) -> Answer:
        if token != SERVICE_KEY:
            return 403, {"code": "not_admin", "message": "User not allowed"}
        match method, route.split("/"):
            case "POST", ["", "admin", "users"]:
                return self._sign_up(body, is_confirmed=bool(body.get("email_confirm")))
            case "PUT", ["", "admin", "users", user_id] if user_id in self.users:
                self.users[user_id]["password"] = body["password"]
                return 200, self._shown(user_id)
        return 404, {"code": "not_found", "message": "not found"}

    def _sign_out(self, token: str) -> Answer:
        self._forget(self._session(token))
        return 204, {}

    def _verify(self, token_hash: str) -> Answer:
        user_id = self.mails.pop(token_hash, None)
        return self._grant(user_id) if user_id else (403, {"code": "otp_expired"})

    def _sign_up(self, body: dict[str, Any], *, is_confirmed: bool | None = None) -> Answer:
        if any(user["email"] == body["email"] for user in self.users.values()):
            return 422, {"code": "user_already_exists", "message": "User already registered"}
        confirmed = not self.confirms if is_confirmed is None else is_confirmed
        said = body.get("data") or body.get("user_metadata") or {}
        user_id = self.add(
            body["email"], body["password"], is_confirmed=confirmed, user_metadata=said
        )
        return 200, self._shown(user_id)

    def _sign_in(self, body: dict[str, Any]) -> Answer:
        for user in self.users.values():
            if (user["email"], user["password"]) == (body["email"], body["password"]):
                if not user["is_confirmed"]:
                    return 400, {"code": "email_not_confirmed", "message": "not confirmed"}
                if user["is_banned"]:
                    return 400, {"code": "user_banned", "message": "User is banned"}
                return self._grant(user["id"])
        return 400, {"code": "invalid_credentials", "message": "Invalid login credentials"}

    def _refresh(self, token: str) -> Answer:
        if token in self.used:  # reuse ends the session
            self._forget(self.used[token])
            return 400, {"code": "refresh_token_already_used", "message": "Already Used"}
        session = self.refreshes.pop(token, "")
        user_id = self.sessions.get(session)
        if user_id is None or self.users[user_id]["is_banned"]:
            return 400, {"code": "refresh_token_not_found", "message": "not found"}
        self.used[token] = session
        return self._grant(user_id, session)

    def _grant(self, user_id: str, session: str | None = None) -> Answer:
        changed = {} if session is None else {"session_id": session}
        token = self.token(user_id, **changed)
        session = session or self._session(token)
        refresh = secrets.token_hex(8)
        self.refreshes[refresh] = session
        return 200, {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self.lifetime,
            "expires_at": int(time.time()) + self.lifetime,
            "refresh_token": refresh,
            "user": self._shown(user_id),
        }

    def _whose(self, token: str) -> Answer:
        try:
            claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": True})
        except jwt.InvalidTokenError:
            return 401, {"code": "bad_jwt", "message": "invalid JWT"}
        if claims["session_id"] not in self.sessions:
            return 403, {"code": "session_not_found", "message": "Session not found"}
        if self.users[claims["sub"]]["is_banned"]:
            return 403, {"code": "user_banned", "message": "User is banned"}
        return 200, self._shown(claims["sub"])

    def _recover(self, email: str) -> Answer:
        for user in self.users.values():
            if user["email"] == email:
                self.mails[secrets.token_hex(16)] = user["id"]
        return 200, {}

    def _session(self, token: str) -> str:
        claims = jwt.decode(token, options={"verify_signature": False})
        return str(claims["session_id"])

    def _forget(self, session: str) -> None:
        self.sessions.pop(session, None)

    def _shown(self, user_id: str) -> dict[str, Any]:
        shown = ("id", "email", "app_metadata", "user_metadata")
        return {"aud": "authenticated"} | {name: self.users[user_id][name] for name in shown}

    def _published(self) -> list[dict[str, Any]]:
        if self.signs_with == "HS256":
            return []
        algorithm = jwt.algorithms.ECAlgorithm
        return [
            algorithm.to_jwk(key.public_key(), as_dict=True)
            | {"kid": name, "alg": "ES256", "use": "sig"}
            for name, key in self.keys.items()
        ]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        project = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size)) if size else {}
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                status, answer = project.answer(self.command, self.path, token, body)
                data = json.dumps(answer).encode() if answer else b""
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = _do  # noqa: N815 - as the base class calls them

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
                pass

        return Handler
