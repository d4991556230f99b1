"""The promises of the harness itself: a test that leans on it must not pass for a wrong reason."""

import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import harness

READY_THEN = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit({code}))
print({words!r}, flush=True)
open("ready", "w").close()
while True:
    time.sleep(0.05)
"""


class Pretended(harness.Program):
    """A program that is ready at once, says something and ends with a code when stopped."""

    def __init__(self, directory, words, code):
        script = READY_THEN.format(words=words, code=code)
        super().__init__("pretended", [sys.executable, "-c", script], directory)

    def is_ready(self):
        return (self.directory / "ready").exists()


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers it got."""

    def do_POST(self):
        body = "\n".join(f"{name.lower()}: {value}" for name, value in self.headers.items()).encode()
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PATCH = do_POST

    def log_message(self, *_):
        pass


class Databases(harness.Scenario):
    def test_each_database_is_a_migrated_one_of_its_own(self):
        one, other = self.create_database(), self.create_database()
        one.rows("create table public.mark (n int); insert into public.mark values (1)")
        self.assertEqual(other.value("select to_regclass('public.mark') is null"), "t")
        self.assertEqual(one.value("select count(*) > 0 from sys.migration"), "t")

    def test_the_cluster_is_private_and_durable(self):
        database = self.create_database()
        row = database.rows("select current_setting('listen_addresses') as tcp, current_setting('fsync') as fsync")
        self.assertEqual(row, [{"tcp": "", "fsync": "on"}])
        self.assertEqual(os.stat(self.sockets).st_mode & 0o777, 0o700)
        self.assertLessEqual(len(f"{self.sockets}/.s.PGSQL.5432"), harness.SOCKET_PATH_MAX)

    def test_bad_sql_fails_loudly_and_leaves_nothing(self):
        database = self.create_database()
        with self.assertRaisesRegex(AssertionError, "division by zero"):
            database.rows("create table public.mark (n int); select 1 / 0")
        self.assertEqual(database.value("select to_regclass('public.mark') is null"), "t")

    def test_null_and_quotes_survive(self):
        rows = self.create_database().rows("select null as a, :'name' as b", name="O'Hara\n, \"x\"")
        self.assertEqual(rows, [{"a": None, "b": "O'Hara\n, \"x\""}])


class Programs(harness.Scenario):
    def stopped(self, words, code=0):
        program = Pretended(self.new_directory("p"), words, code).start()
        self.addCleanup(program.kill)
        program.stop()

    def test_an_orderly_end_is_good(self):
        self.stopped("hello")

    def test_a_sanitizer_report_fails_the_test(self):
        for words in ("==7==ERROR: AddressSanitizer: heap-use-after-free", "a.c:3:1: runtime error: signed overflow",
                      "==7==ERROR: LeakSanitizer: detected memory leaks"):
            with self.subTest(words), self.assertRaisesRegex(AssertionError, "sanitizer report"):
                self.stopped(words)

    def test_a_bad_exit_code_fails_the_test(self):
        with self.assertRaisesRegex(AssertionError, "ended with 3"):
            self.stopped("hello", code=3)

    def test_a_program_that_ends_early_is_not_waited_for(self):
        program = harness.Program("brief", [sys.executable, "-c", "print('no configuration')"], self.new_directory("p"))
        program.is_ready = lambda: False
        with self.assertRaisesRegex(AssertionError, "no configuration"):
            program.start()


class Requests(harness.Scenario):
    def setUp(self):
        server = HTTPServer(("127.0.0.1", 0), Echo)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.client = harness.Client("127.0.0.1:%d" % server.server_port, facility="66001")
        self.addCleanup(self.client.close)

    def lines(self, answer):
        return answer.body.decode().splitlines()

    def test_a_post_carries_facility_type_and_a_fresh_key(self):
        first, second = self.lines(self.client.post("/x", {})), self.lines(self.client.post("/x", {}))
        self.assertIn("x-facility: 66001", first)
        self.assertIn("content-type: application/json", first)
        keys = [line for line in first + second if line.startswith("idempotency-key: ")]
        self.assertEqual(len(set(keys)), 2)

    def test_key_etag_and_further_headers_are_sent_as_given(self):
        self.assertIn("idempotency-key: k1", self.lines(self.client.post("/x", {}, key="k1")))
        self.assertNotIn("idempotency-key", self.client.post("/x", {}, key=False).body.decode())
        answer = self.lines(self.client.patch("/x", {}, '"7"', accept_language="vi"))
        self.assertIn('if-match: "7"', answer)
        self.assertIn("accept-language: vi", answer)
