"""Runs the programs of docs/use-it/verify-in-other-languages.md on the conformance vectors. Prints a verdict a line."""

import datetime
import http.server
import json
import pathlib
import sys
import threading
import time

import jwt
from jwt import api_jwt

from revocations import Revocations
from verify import Verifier


def run(name, path):
    file = json.loads(path.read_text())
    stop_the_clock(file["now"])

    class Keys(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            case = file["cases"][int(self.path[1:])]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(case.get("jwks", file["jwks"])).encode())

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for index, case in enumerate(file["cases"]):
        url = f"http://127.0.0.1:{server.server_port}/{index}"
        verifier = Verifier(file["issuer"], file["audience"], url)
        revocations = Revocations()
        for entry in case.get("entries", []):
            revocations.add(entry)
        answer = {"file": name, "name": case["name"], "verdict": "valid"}
        try:
            claims = verifier.verify(case["token"])
            if revocations.voids(claims):
                answer.update(verdict="invalid", reason="revoked")
            else:
                answer.update(subject=claims["sub"], session_id=claims.get("sid"))
        except jwt.PyJWTError as error:
            answer.update(verdict="invalid", reason=str(error))
        print(json.dumps(answer))
    server.shutdown()


def stop_the_clock(now):
    class Stopped(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime.fromtimestamp(now, tz)

    api_jwt.datetime = Stopped
    time.time = lambda: now


def follow(url, key, session, user):
    """Prints "fresh" when the revocations are known, and ends when the session is void."""
    revocations = Revocations()
    threading.Thread(target=revocations.follow, args=(url, key), daemon=True).start()
    while not revocations.is_fresh():
        time.sleep(0.02)
    print("fresh", flush=True)
    while not revocations.voids({"sid": session, "sub": user, "iat": 0}):
        time.sleep(0.02)
    print("void", flush=True)


if sys.argv[1] == "follow":
    follow(*sys.argv[2:])
    sys.exit(0)
for name in ["tokens", "revocations"]:
    run(name, pathlib.Path(sys.argv[1]) / f"{name}.json")
