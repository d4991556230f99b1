"""HTTP server over real sockets: what is refused, what is limited, what is kept. http_test.py SERVER-BINARY

Promises: RFC 9112 framing read in one way only (request smuggling: design of the server, "libevent / evhttp" probes),
every limit of [http] holds, a slow client cannot keep a connection, replies come in order, accepted work is finished.
"""

import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from loopback import Server, Wire, counters, main, until  # noqa: E402

BINARY = sys.argv.pop(1)
HOST = "Host: test\r\n"


def start(**settings):
    def ready(server):
        word = server.process.stdout.readline().split()
        return word if word else None

    settings.setdefault("http_listen", "127.0.0.1:0")
    server = Server(BINARY, ready, **settings)
    server.address = ("127.0.0.1", int(server.start[1]))
    server.tls_address = ("127.0.0.1", int(server.start[2]))
    return server


def get(path, more=""):
    return f"GET {path} HTTP/1.1\r\n{HOST}{more}\r\n"


def post(path, body, more=""):
    return f"POST {path} HTTP/1.1\r\n{HOST}Content-Length: {len(body)}\r\n{more}\r\n{body}"


class Case(unittest.TestCase):
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.server = start(log_level="warn", **cls.settings)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def wire(self):
        wire = Wire(self.server.address)
        self.addCleanup(lambda: wire.socket.close())
        return wire

    def one(self, request, **more):
        return self.wire().send(request).answer(**more)

    def reasons(self):
        text = self.one(get("/metrics")).body.decode()
        prefix = 'hmis_http_closes_total{reason="'
        return {k[len(prefix):-2]: v for k, v in counters(text).items() if k.startswith(prefix)}

    def refused(self, request, status, reason):
        """Answered with status, closed, nothing executed, counted under its reason."""
        before = self.reasons()
        wire = self.wire().send(request)
        answer = wire.answer()
        self.assertIsNotNone(answer, "no answer")
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers.get("connection"), "close")
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        self.assertTrue(wire.closed(), "a second answer came, or the connection stays")
        self.assertEqual(self.reasons().get(reason, 0) - before.get(reason, 0), 1, reason)


SMUGGLED = "GET /die HTTP/1.1\r\nHost: x\r\n\r\n"

# request, status, reason. The request after the blank line would kill the server if it were executed.
REFUSALS = {
    "two different lengths": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 0\r\nContent-Length: {len(SMUGGLED)}\r\n\r\n{SMUGGLED}", 400, "length_repeated"),
    "two equal lengths": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 1\r\ncontent-length: 1\r\n\r\nx", 400, "length_repeated"),
    "list of lengths": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 0, 0\r\n\r\n{SMUGGLED}", 400, "length"),
    "length and chunked": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}", 400, "length_and_coding"),
    "chunked and length": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{SMUGGLED}", 400, "length_and_coding"),
    "gzip, chunked": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "coding"),
    "chunked, identity": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501, "coding"),
    "xchunked": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, "coding"),
    "empty coding": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding:\r\n\r\n0\r\n\r\n", 501, "coding"),
    "vertical tab before chunked": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400, "control_byte"),
    "two codings": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "coding_repeated"),
    "chunked in HTTP/1.0": ("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "coding_version"),
    "signed length": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: +5\r\n\r\nhello", 400, "length"),
    "negative length": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: -1\r\n\r\n", 400, "length"),
    "hexadecimal length": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 0x5\r\n\r\nhello", 400, "length"),
    "huge length": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 99999999999999999999\r\n\r\n", 400, "length"),
    "empty length": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length:\r\n\r\n", 400, "length"),
    "blank before colon": (f"GET /echo HTTP/1.1\r\n{HOST}X-A : b\r\n\r\n", 400, "header_name"),
    "blank before colon of length": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length : 5\r\n\r\nhello", 400, "header_name"),
    "empty header name": (f"GET /echo HTTP/1.1\r\n{HOST}: b\r\n\r\n", 400, "header_name"),
    "header name with parenthesis": (f"GET /echo HTTP/1.1\r\n{HOST}X(A): b\r\n\r\n", 400, "header_name"),
    "header name with UTF-8": (f"GET /echo HTTP/1.1\r\n{HOST}X\xc3\xa1: b\r\n\r\n", 400, "header_name"),
    "folded header": (f"GET /echo HTTP/1.1\r\n{HOST}X-A: b\r\n c\r\n\r\n", 400, "header_line"),
    "header without colon": (f"GET /echo HTTP/1.1\r\n{HOST}X-A\r\n\r\n", 400, "header_line"),
    "blank before the first header": (f"GET /echo HTTP/1.1\r\n {HOST}\r\n", 400, "header_line"),
    "no Host": ("GET /echo HTTP/1.1\r\n\r\n", 400, "host_missing"),
    "two Hosts": (f"GET /echo HTTP/1.1\r\n{HOST}Host: other\r\n\r\n", 400, "host_repeated"),
    "empty Host": ("GET /echo HTTP/1.1\r\nHost:\r\n\r\n", 400, "host"),
    "Host with a path": ("GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "host"),
    "bare LF everywhere": ("GET /echo HTTP/1.1\nHost: x\n\n", 400, "bare_lf"),
    "bare LF after a header": ("GET /echo HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n", 400, "bare_lf"),
    "bare LF as end": ("GET /echo HTTP/1.1\r\nHost: x\r\n\n", 400, "bare_lf"),
    "bare CR in a value": (f"GET /echo HTTP/1.1\r\n{HOST}X-A: b\rX-B: c\r\n\r\n", 400, "control_byte"),
    "NUL in a value": (f"GET /echo HTTP/1.1\r\n{HOST}X-A: b\0c\r\n\r\n", 400, "control_byte"),
    "NUL in a name": (f"GET /echo HTTP/1.1\r\n{HOST}X\0A: b\r\n\r\n", 400, "header_name"),
    "DEL in a value": (f"GET /echo HTTP/1.1\r\n{HOST}X-A: b\x7f\r\n\r\n", 400, "control_byte"),
    "tab in the request line": (f"GET\t/echo HTTP/1.1\r\n{HOST}\r\n", 400, "control_byte"),
    "NUL in the target": (f"GET /e\0cho HTTP/1.1\r\n{HOST}\r\n", 400, "control_byte"),
    "two blanks": (f"GET  /echo HTTP/1.1\r\n{HOST}\r\n", 400, "request_line"),
    "blank at the end": (f"GET /echo HTTP/1.1 \r\n{HOST}\r\n", 400, "request_line"),
    "no version": (f"GET /echo\r\n{HOST}\r\n", 400, "request_line"),
    "lower-case protocol": (f"GET /echo http/1.1\r\n{HOST}\r\n", 400, "request_line"),
    "leading empty line": (f"\r\nGET /echo HTTP/1.1\r\n{HOST}\r\n", 400, "request_line"),
    "HTTP/2.0": (f"GET /echo HTTP/2.0\r\n{HOST}\r\n", 505, "version"),
    "HTTP/1.2": (f"GET /echo HTTP/1.2\r\n{HOST}\r\n", 505, "version"),
    "HTTP/2 preface": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version"),
    "unknown method": (f"BREW /echo HTTP/1.1\r\n{HOST}\r\n", 501, "method_unknown"),
    "lower-case method": (f"get /echo HTTP/1.1\r\n{HOST}\r\n", 501, "method_unknown"),
    "CONNECT": (f"CONNECT test:80 HTTP/1.1\r\n{HOST}\r\n", 405, "method_refused"),
    "TRACE": (f"TRACE /echo HTTP/1.1\r\n{HOST}\r\n", 405, "method_refused"),
    "absolute form": (f"GET http://test/echo HTTP/1.1\r\n{HOST}\r\n", 400, "target_form"),
    "asterisk form": (f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n", 400, "target_form"),
    "fragment": (f"GET /echo#x HTTP/1.1\r\n{HOST}\r\n", 400, "target"),
    "backslash": (f"GET /a\\b HTTP/1.1\r\n{HOST}\r\n", 400, "target"),
    "raw UTF-8 in the path": (f"GET /\xc3\xa1 HTTP/1.1\r\n{HOST}\r\n", 400, "target"),
    "dot segments": (f"GET /a/../die HTTP/1.1\r\n{HOST}\r\n", 400, "target"),
    "encoded dot segments": (f"GET /a/%2e%2e/die HTTP/1.1\r\n{HOST}\r\n", 400, "target"),
    "encoded slash": (f"GET /a%2fdie HTTP/1.1\r\n{HOST}\r\n", 400, "target"),
    "encoded NUL": (f"GET /echo%00 HTTP/1.1\r\n{HOST}\r\n", 400, "target"),
    "half an escape": (f"GET /echo%4 HTTP/1.1\r\n{HOST}\r\n", 400, "target"),
    "overlong UTF-8": (f"GET /%c0%af HTTP/1.1\r\n{HOST}\r\n", 400, "target"),
    "query that is not UTF-8": (f"GET /echo?a=%ff HTTP/1.1\r\n{HOST}\r\n", 400, "query"),
    "query with an encoded line end": (f"GET /echo?a=%0a HTTP/1.1\r\n{HOST}\r\n", 400, "query"),
    "65 parameters": (get("/echo?" + "&".join("a=1" for _ in range(65))), 400, "query_count"),
    "unknown expectation": (f"POST /echo HTTP/1.1\r\n{HOST}Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx", 417, "expectation"),
    "chunk size not hexadecimal": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, "chunk"),
    "chunk size with 0x": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400, "chunk"),
    "chunk size signed": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", 400, "chunk"),
    "chunk size overflow": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400, "chunk"),
    "chunk size beyond any body": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n", 413, "body_bytes"),
    "chunk with bare LF": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 400, "chunk"),
    "chunk longer than its size": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n", 400, "chunk"),
    "chunk extension with LF": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n", 400, "chunk"),
    "chunk extension without end": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n5;" + "a" * 1000, 400, "chunk"),
    "trailer field": (f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: b\r\n\r\n", 400, "trailer"),
    "one header too many": ("GET /echo HTTP/1.1\r\n" + HOST + "".join(f"X-{i}: v\r\n" for i in range(100)) + "\r\n", 431, "header_count"),
    "2000 headers": ("GET /echo HTTP/1.1\r\n" + HOST + "".join(f"a{i}:\r\n" for i in range(2000)) + "\r\n", 431, "header_count"),
    "head of 17 KiB": (get("/echo", "X-A: " + "a" * 17 * 1024 + "\r\n"), 431, "header_bytes"),
    "endless header": (f"GET /echo HTTP/1.1\r\n{HOST}X-A: " + "a" * 40000, 431, "header_bytes"),
    "target of 9 KiB": (get("/" + "a" * 9 * 1024), 414, "target_bytes"),
    "declared body above the default": (f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 65537\r\n\r\n", 413, "body_bytes"),
    "body above the route's limit": (post("/echo-small", "a" * 17), 413, "body_bytes"),
    "chunked body above the route's limit": (f"POST /echo-small HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n9\r\n123456789\r\n0\r\n\r\n", 413, "body_bytes"),
}


class Refusals(Case):
    """Each bad request is answered once, closed and counted."""


for title, row in REFUSALS.items():
    setattr(Refusals, "test_" + title.replace(" ", "_").replace(",", ""),
            lambda self, row=row: self.refused(*row))


class Reading(Case):
    def test_parts_of_a_request(self):
        answer = self.one(post("/echo?q=Nguy%E1%BB%85n+A&b=%2B&c", "hello", "X-Test:  a b \t\r\n"))
        told = json.loads(answer.body)
        self.assertEqual((answer.status, answer.headers["x-echo"]), (200, "yes"))
        self.assertEqual(told["query"], ["q", "Nguyễn A", "b", "+", "c", ""])
        self.assertEqual((told["method"], told["path"], told["body"], told["x-test"]), ("POST", "/echo", "hello", "a b"))
        self.assertEqual(told["peer"], "127.0.0.1")

    def test_decoded_path(self):
        self.assertEqual(json.loads(self.one(get("/e%63ho")).body)["path"], "/echo")

    def test_request_id_is_kept_or_made(self):
        self.assertEqual(self.one(get("/health", "X-Request-Id: abc-123.X_9\r\n")).headers["x-request-id"], "abc-123.X_9")
        for bad in ("short", "a" * 65, "with blank in", "quote\"12345"):
            made = self.one(get("/health", f"X-Request-Id: {bad}\r\n")).headers["x-request-id"]
            self.assertRegex(made, "^[0-9a-f]{32}$")

    def test_chunked_body(self):
        for chunks in ("5\r\nhello\r\n0\r\n\r\n", "1\r\nh\r\n4;ext=\"a\"\r\nello\r\n000\r\n\r\n", "05\r\nhello\r\n0;x\r\n\r\n"):
            answer = self.one(f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: Chunked\r\n\r\n{chunks}")
            self.assertEqual(json.loads(answer.body)["body"], "hello")

    def test_byte_by_byte(self):
        wire = self.wire()
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n":
            wire.send(byte)
        self.assertEqual(json.loads(wire.answer().body)["body"], "hello")

    def test_large_body_where_the_route_allows_it(self):
        body = "b" * 3_000_000
        self.assertEqual(len(json.loads(self.one(post("/echo-large", body)).body)["body"]), len(body))

    def test_body_at_the_limit(self):
        self.assertEqual(self.one(post("/echo-small", "a" * 16)).status, 200)
        self.assertEqual(self.one(post("/echo", "a" * 65536)).status, 200)

    def test_expect_continue(self):
        wire = self.wire().send(f"POST /echo HTTP/1.1\r\n{HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        self.assertEqual(wire.answer().status, 100)
        self.assertEqual(json.loads(wire.send("hello").answer().body)["body"], "hello")

    def test_expect_continue_is_refused_before_the_body(self):
        for request, status in ((f"POST /nope HTTP/1.1\r\n{HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", 404),
                                (f"POST /echo HTTP/1.1\r\n{HOST}Expect: 100-continue\r\nContent-Length: 99999\r\n\r\n", 413)):
            wire = self.wire().send(request)
            self.assertEqual(wire.answer().status, status)
            self.assertTrue(wire.closed())

    def test_head_has_the_length_and_no_body(self):
        wire = self.wire().send(f"HEAD /health HTTP/1.1\r\n{HOST}\r\n" + get("/health"))
        first, second = wire.answer(head_only=True), wire.answer()
        self.assertEqual(first.headers["content-length"], second.headers["content-length"])
        self.assertEqual(second.body, b'{"status":"ok"}')

    def test_head_of_a_stream(self):
        wire = self.wire().send(f"HEAD /stream HTTP/1.1\r\n{HOST}\r\n" + get("/health"))
        self.assertEqual(wire.answer(head_only=True).status, 200)
        self.assertEqual(wire.answer().body, b'{"status":"ok"}')

    def test_http_1_0(self):
        wire = self.wire().send("GET /health HTTP/1.0\r\n\r\n")
        self.assertEqual(wire.answer().status, 200)
        self.assertTrue(wire.closed())
        answer = self.one("GET /stream?bytes=50000 HTTP/1.0\r\n\r\n")
        self.assertNotIn("transfer-encoding", answer.headers)
        self.assertEqual(len(answer.body), 50000)


class Connection(Case):
    def test_pipelined_requests_are_answered_in_order(self):
        wire = self.wire().send("".join(get(f"/echo?n={i}") for i in range(500)))
        for i in range(500):
            self.assertEqual(json.loads(wire.answer().body)["query"], ["n", str(i)])

    def test_a_slow_request_holds_those_behind_it(self):
        wire = self.wire().send(get("/slow?ms=200") + get("/health") + post("/echo", "x"))
        self.assertEqual([wire.answer().body[:9] for _ in range(3)], [b'{"late":t', b'{"status"', b'{"method"'])

    def test_pipelining_beyond_the_client_reading(self):
        """Big replies to a client that reads late: the server holds back instead of piling up."""
        wire = self.wire().send(get("/big?bytes=1000000") * 50)
        time.sleep(0.3)
        for _ in range(50):
            self.assertEqual(len(wire.answer().body), 1000000)

    def test_half_closed_client_gets_its_answers(self):
        wire = self.wire().send(get("/slow?ms=150") + get("/health"))
        wire.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(wire.answer().body, b'{"late":true}')
        self.assertEqual(wire.answer().status, 200)
        self.assertTrue(wire.closed())

    def test_half_closed_within_a_head_or_body(self):
        before = self.reasons()
        for request in ("GET /echo HT", f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 5\r\n\r\nhel"):
            wire = self.wire().send(request)
            wire.socket.shutdown(socket.SHUT_WR)
            self.assertTrue(wire.closed())
        after = self.reasons()
        self.assertEqual(after.get("eof_in_head", 0) - before.get("eof_in_head", 0), 1)
        self.assertEqual(after.get("eof_in_body", 0) - before.get("eof_in_body", 0), 1)

    def test_client_gone_before_the_reply(self):
        for _ in range(50):
            wire = self.wire().send(get("/slow?ms=50"))
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            wire.socket.close()  # reset
        time.sleep(0.2)
        self.assertEqual(self.one(get("/health")).status, 200)

    def test_client_gone_within_a_stream(self):
        for _ in range(20):
            wire = self.wire().send(get("/stream?bytes=50000000"))
            wire.take(1000)
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            wire.socket.close()
        self.assertEqual(self.one(get("/health")).status, 200)

    def test_connection_close_is_honoured(self):
        for more in ("Connection: close\r\n", "Connection: keep-alive, Close\r\n"):
            wire = self.wire().send(get("/health", more) + get("/die"))
            self.assertEqual(wire.answer().headers["connection"], "close")
            self.assertTrue(wire.closed())

    def test_reply_before_the_body(self):
        wire = self.wire().send(f"POST /nope HTTP/1.1\r\n{HOST}Content-Length: 1000\r\n\r\nxx")
        answer = wire.answer()
        self.assertEqual((answer.status, answer.headers["connection"]), (404, "close"))
        self.assertTrue(wire.closed())

    def test_refused_upload_still_learns_why(self):
        """The client sends on while it is refused: no reset may overtake the answer."""
        wire = self.wire().send(f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 800000\r\n\r\n")
        wire.send("x" * 800000)
        self.assertEqual(wire.answer().status, 413)

    def test_stream(self):
        answer = self.one(get("/stream?bytes=3000000&block=7001"))
        self.assertEqual(answer.headers["transfer-encoding"], "chunked")
        self.assertEqual(answer.body, b"s" * 3000000)
        wire = self.wire().send(get("/stream?bytes=0") + get("/health"))
        self.assertEqual((wire.answer().body, wire.answer().status), (b"", 200))

    def test_stream_waits_for_a_slow_reader(self):
        """50 MB to a client that does not read: the process must not hold them."""
        wire = self.wire().send(get("/stream?bytes=50000000"))
        wire.take(1000)
        time.sleep(0.3)
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        if not sanitized():
            self.assertLess(resident, 15000)
        while wire.more():
            wire.got = wire.got[-10:]
            if wire.got.endswith(b"0\r\n\r\n"):
                break

    def test_broken_stream_is_seen_as_broken(self):
        answer = self.one(get("/broken"))
        self.assertFalse(answer.complete)

    def test_offload(self):
        wires = [self.wire().send(get("/hash")) for _ in range(30)]
        statuses = [wire.answer().status for wire in wires]
        self.assertGreaterEqual(statuses.count(200), 8)
        self.assertEqual(set(statuses) - {200, 503}, set())

    def test_metrics(self):
        self.one(get("/echo"))
        series = counters(self.one(get("/metrics")).body.decode())
        self.assertGreaterEqual(series['hmis_http_request_seconds_count{route="ANY /echo"}'], 1)
        self.assertEqual(series['hmis_http_request_seconds_bucket{route="ANY /echo",le="+Inf"}'],
                         series['hmis_http_request_seconds_count{route="ANY /echo"}'])
        self.assertGreaterEqual(series['hmis_http_responses_total{class="2xx"}'], 1)


def sanitized():
    with open(BINARY, "rb") as binary:
        return b"__asan_init" in binary.read()


class Limits(Case):
    settings = {"http_connections": 5, "http_requests_per_connection": 3, "http_response_bytes": "1 MiB",
                "http_header_bytes": "200 KiB"}

    def test_large_heads_where_configured(self):
        self.assertEqual(self.one(get("/health", "X-A: " + "a" * 199_000 + "\r\n")).status, 200)
        self.assertEqual(self.one(get("/health", "X-A: " + "a" * 205_000 + "\r\n")).status, 431)

    def test_half_a_reply_is_never_sent_as_a_whole(self):
        self.assertIsNone(self.one(get("/big?bytes=1000&short=1")))

    def test_connections_wait_at_the_cap(self):
        def all_gone():
            series = counters(self.one(get("/metrics", "Connection: close\r\n")).body.decode())
            return series["hmis_http_connections"] == 1

        until(all_gone, "other tests' connections closed")
        wires = [self.wire() for _ in range(5)]
        for wire in wires:
            self.assertEqual(wire.send(get("/health")).answer().status, 200)
        late = self.wire().send(get("/health"))
        late.socket.settimeout(0.3)
        with self.assertRaises(socket.timeout):
            late.more()
        late.socket.settimeout(20)
        wires[0].socket.close()
        self.assertEqual(late.answer().status, 200)

    def test_requests_per_connection(self):
        wire = self.wire().send(get("/health") * 4)
        answers = [wire.answer() for _ in range(3)]
        self.assertEqual([a.headers.get("connection") for a in answers], [None, None, "close"])
        self.assertTrue(wire.closed())

    def test_response_bytes(self):
        self.assertIsNone(self.one(get("/big?bytes=1048577")))
        self.assertFalse(self.one(get("/stream?bytes=2000000")).complete)


class Deadlines(Case):
    settings = {"http_header_deadline": "600 ms", "http_body_deadline": "1 s", "http_idle": "700 ms",
                "http_write_stall": "800 ms"}

    def drip(self, wire, text, pause=0.1):
        """Sends text byte by byte until the server speaks; seconds it took and the answer."""
        since = time.monotonic()
        wire.socket.settimeout(pause)
        for byte in text:
            try:
                wire.send(byte)
                if not wire.more():
                    break
            except socket.timeout:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break
            if wire.got:
                break
        took = time.monotonic() - since
        wire.socket.settimeout(20)
        return took, wire.answer()

    def test_slow_header_line_by_line(self):
        took, answer = self.drip(self.wire(), "GET /echo HTTP/1.1\r\nHost: x\r\nX: " + "a" * 500)
        self.assertEqual(answer.status, 408)
        self.assertTrue(0.5 < took < 2.5, took)

    def test_slow_second_request(self):
        wire = self.wire().send(get("/health"))
        wire.answer()
        time.sleep(0.3)
        took, answer = self.drip(wire, "GET /echo HTTP/1.1\r\nHost: x\r\nX: " + "a" * 500)
        self.assertEqual(answer.status, 408)
        self.assertTrue(0.5 < took < 2.5, took)

    def test_slow_body(self):
        wire = self.wire().send(f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 500\r\n\r\n")
        took, answer = self.drip(wire, "b" * 500)
        self.assertEqual(answer.status, 408)
        self.assertTrue(0.8 < took < 3, took)

    def test_silent_connection(self):
        since = time.monotonic()
        self.assertTrue(self.wire().closed())
        self.assertTrue(0.5 < time.monotonic() - since < 2.5)
        self.assertGreaterEqual(self.reasons()["no_request"], 1)

    def test_idle_connection(self):
        wire = self.wire().send(get("/health"))
        wire.answer()
        since = time.monotonic()
        self.assertTrue(wire.closed())
        self.assertTrue(0.5 < time.monotonic() - since < 2.5)

    def test_handler_may_take_longer_than_the_input_deadlines(self):
        self.assertEqual(self.one(get("/slow?ms=1500")).status, 200)

    def test_reader_that_stops(self):
        before = self.reasons().get("write_stall", 0)
        wire = self.wire().send(get("/stream?bytes=50000000"))
        wire.take(1000)
        until(lambda: self.reasons().get("write_stall", 0) > before, "write_stall", 5)


class Stop(unittest.TestCase):
    """SIGTERM: what was accepted is finished, nothing more is taken."""

    def test_requests_in_flight_are_finished(self):
        server = start()

        def wire():
            made = Wire(server.address)
            self.addCleanup(made.socket.close)
            return made

        waiting = [wire().send(get("/slow?ms=600")) for _ in range(10)]
        half = wire().send("GET /health HT")
        idle = wire().send(get("/health"))
        idle.answer()
        fresh = wire()
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        self.assertTrue(idle.closed())
        half.send("TP/1.1\r\nHost: x\r\n\r\n")
        fresh.send(get("/health"))
        for wire in waiting + [half, fresh]:
            answer = wire.answer()
            self.assertEqual((answer.status, answer.headers["connection"]), (200, "close"))
        server.stop(None)

    def test_the_deadline_cuts(self):
        server = start(server_stop_deadline="300 ms")
        with Wire(server.address) as wire:
            wire.send(get("/slow?ms=60000"))
            time.sleep(0.1)
            since = time.monotonic()
            server.stop()
            self.assertLess(time.monotonic() - since, 5)
            self.assertIsNone(wire.answer())

    def test_unix_socket(self):
        with tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, "s")
            server = start(http_listen="unix:" + path)
            with Wire(path) as wire:
                self.assertEqual(json.loads(wire.send(get("/echo")).answer().body)["peer"], "unix")
            server.stop()


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.mkdtemp()
        cls.certificate("one")
        cls.server = start(http_listen_tls="127.0.0.1:0", http_tls_certificate=cls.place + "/cert.pem",
                           http_tls_key=cls.place + "/key.pem", http_tls_handshake="700 ms")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        shutil.rmtree(cls.place)

    @classmethod
    def certificate(cls, name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", f"/CN={name}", "-keyout", cls.place + "/key.pem",
                        "-out", cls.place + "/cert.pem"], check=True, capture_output=True)

    def context(self, **versions):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        for name, value in versions.items():
            setattr(context, name, value)
        return context

    def wire(self, context=None):
        wire = Wire(self.server.tls_address, wrap=(context or self.context()).wrap_socket)
        self.addCleanup(wire.socket.close)
        return wire

    def s_client(self, words, text):
        address = f"127.0.0.1:{self.server.tls_address[1]}"
        return subprocess.run(["openssl", "s_client", "-connect", address, "-ign_eof", *words], input=text,
                              capture_output=True, text=True, timeout=30, check=False)

    def test_requests(self):
        wire = self.wire().send(post("/echo-large", "x" * 500000) + get("/stream?bytes=2000000") + get("/big"))
        told = json.loads(wire.answer().body)
        self.assertTrue(told["secure"])
        self.assertEqual(len(told["body"]), 500000)
        self.assertEqual(len(wire.answer().body), 2000000)
        self.assertEqual(len(wire.answer().body), 1048576)

    def test_versions(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            wire = self.wire(self.context(minimum_version=version, maximum_version=version))
            self.assertEqual(wire.send(get("/health")).answer().status, 200)
        said = self.s_client(["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], get("/health"))
        self.assertNotIn("HTTP/1.1", said.stdout)

    def test_renegotiation_is_refused(self):
        wire = self.wire(self.context(maximum_version=ssl.TLSVersion.TLSv1_2))
        self.assertEqual(wire.send(get("/health")).answer().status, 200)
        address = f"127.0.0.1:{self.server.tls_address[1]}"
        client = subprocess.Popen(["openssl", "s_client", "-connect", address, "-tls1_2", "-legacy_renegotiation"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = ""
        while "Extended master secret" not in said:
            said += client.stdout.readline()
        client.stdin.write("R\n")  # s_client's command: renegotiate
        client.stdin.flush()
        said, _ = client.communicate(timeout=30)
        self.assertIn("RENEGOTIATING", said)
        self.assertIn("no renegotiation", said)

    def test_no_resumption_state_is_handed_out(self):
        said = self.s_client(["-tls1_2"], get("/health", "Connection: close\r\n"))
        self.assertIn("HTTP/1.1 200", said.stdout)
        self.assertNotIn("TLS session ticket:", said.stdout)

    def test_alpn(self):
        context = self.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.wire(context).socket.selected_alpn_protocol(), "http/1.1")

    def test_plain_text_is_not_answered_in_the_clear(self):
        with Wire(self.server.tls_address) as wire:
            wire.send(get("/health"))
            while wire.more():
                pass
        self.assertNotIn(b"HTTP/1.1", wire.got)

    def test_handshake_deadline(self):
        since = time.monotonic()
        with Wire(self.server.tls_address) as wire:
            self.assertTrue(wire.closed())
        self.assertTrue(0.5 < time.monotonic() - since < 2.5)

    def test_client_that_drops_without_goodbye(self):
        for _ in range(10):
            wire = self.wire().send(get("/health"))
            wire.answer()
            os.close(wire.socket.detach())
        self.assertEqual(self.wire().send(get("/health")).answer().status, 200)

    def test_new_certificate_at_sighup(self):
        def seen():
            return ssl.get_server_certificate(self.server.tls_address)

        kept = self.wire().send(get("/health"))
        kept.answer()
        before = seen()
        self.certificate("two")
        self.server.process.send_signal(signal.SIGHUP)
        until(lambda: seen() != before, "new certificate")
        self.assertEqual(kept.send(get("/health")).answer().status, 200)
        after = seen()
        with open(self.place + "/cert.pem", "w", encoding="ascii") as broken:
            broken.write("not a certificate\n")
        self.server.process.send_signal(signal.SIGHUP)
        until(lambda: "event=reload" in self.server.text(), "complaint")
        self.assertEqual(seen(), after)


class Noise(Case):
    """Random bytes and random cuts of good requests: never a crash, always an end."""

    settings = {"http_header_deadline": "500 ms", "http_body_deadline": "500 ms", "http_idle": "500 ms",
                "http_write_stall": "1 s"}

    def test_cut_requests(self):
        whole = post("/echo", "hello") + f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        for cut in range(1, len(whole), 3):
            wire = self.wire().send(whole[:cut])
            wire.socket.shutdown(socket.SHUT_WR)
            while wire.more():
                pass
        self.assertEqual(self.one(get("/health")).status, 200)

    def chaos(self, seed):
        """A client that mixes good, slow, bad and broken-off requests, splits them anywhere and leaves anyhow."""
        dice = random.Random(seed)
        good = [get("/health"), get("/slow?ms=30"), get("/stream?bytes=300000&block=5000"), get("/big?bytes=200000"),
                post("/echo", "x" * 3000), get("/hash"), f"HEAD /stream HTTP/1.1\r\n{HOST}\r\n", get("/broken"),
                f"POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]
        bad = [row[0] for row in REFUSALS.values()]
        try:
            with Wire(self.server.address) as wire:
                wire.socket.settimeout(dice.choice([0.001, 0.01, 0.1]))
                text = "".join(dice.choice(bad if dice.random() < 0.1 else good) for _ in range(dice.randint(1, 6)))
                text = text[:dice.randint(1, len(text))] if dice.random() < 0.3 else text
                while text:
                    cut = dice.randint(1, len(text))
                    wire.send(text[:cut])
                    text = text[cut:]
                    try:
                        wire.more()
                    except socket.timeout:
                        pass
                if dice.random() < 0.3:
                    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        except OSError:
            pass  # the server may cut what is bad

    def test_chaos_leaves_nothing_behind(self):
        threads = [threading.Thread(target=lambda n=n: [self.chaos(100 * n + i) for i in range(100)]) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        def quiet():
            series = counters(self.one(get("/metrics", "Connection: close\r\n")).body.decode())
            return series["hmis_http_connections"] == 1 and series["hmis_http_requests_active"] == 1

        until(quiet, "no connection and no request left over")

    def test_many_clients_at_once(self):
        bad = []

        def client(number):
            try:
                for i in range(50):
                    answer = self.one(post("/echo", f"{number}-{i}", "Connection: close\r\n"))
                    if json.loads(answer.body)["body"] != f"{number}-{i}":
                        bad.append((number, i))
            except Exception as fault:  # noqa: BLE001
                bad.append(fault)

        threads = [threading.Thread(target=client, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(bad, [])


if __name__ == "__main__":
    main()
