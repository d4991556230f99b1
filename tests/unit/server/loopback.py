"""What the socket tests of server/loop share: a server process, raw connections, answers. Python stdlib."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SANITIZER = re.compile(r"(Address|Leak|Undefined\w*)Sanitizer|runtime error:")


def until(condition, what, seconds=20):
    """Waits until condition() is truthy and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


class Answer:
    """One parsed response."""

    def __init__(self, head, body, complete=True):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self.body, self.complete = body, complete


class Wire:
    """A raw connection: bytes out, answers in."""

    def __init__(self, address, timeout=20, wrap=None):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        if wrap:
            self.socket = wrap(self.socket)
        self.got = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.got += data
        return bool(data)

    def take(self, size):
        while len(self.got) < size:
            if not self.more():
                raise EOFError
        data, self.got = self.got[:size], self.got[size:]
        return data

    def line(self):
        while b"\r\n" not in self.got:
            if not self.more():
                raise EOFError
        line, self.got = self.got.split(b"\r\n", 1)
        return line

    def answer(self, head_only=False):
        """The next response, or None when the connection ended before one."""
        while b"\r\n\r\n" not in self.got:
            if not self.more():
                return None
        head, self.got = self.got.split(b"\r\n\r\n", 1)
        answer = Answer(head, b"")
        if answer.status == 100:
            return answer
        if head_only or answer.status in (204, 304):
            return answer
        try:
            if answer.headers.get("transfer-encoding") == "chunked":
                while size := int(self.line(), 16):
                    answer.body += self.take(size)
                    self.take(2)
                self.take(2)
            elif "content-length" in answer.headers:
                answer.body = self.take(int(answer.headers["content-length"]))
            else:
                while self.more():
                    pass
                answer.body, self.got = self.got, b""
        except EOFError:
            answer.complete = False
        return answer

    def closed(self):
        """True when the server ends the connection and sends nothing more."""
        return not self.got and not self.more()


class Server:
    """A server process with HMIS_* settings; ready when it has said so."""

    def __init__(self, binary, ready, config=None, **settings):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HMIS_")}
        environment.update({"HMIS_" + k.upper(): str(v) for k, v in settings.items()})
        environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([binary] + ([config] if config else []), env=environment,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        try:
            self.start = until(lambda: ready(self), "start")
        except AssertionError:
            self.process.kill()
            print(self.text(), file=sys.stderr)
            raise

    def text(self):
        with open(f"/proc/self/fd/{self.log.fileno()}", encoding="utf-8", errors="replace") as again:
            return again.read()

    def stop(self, signo=signal.SIGTERM):
        """Graceful end (None: already asked for); fails when the process does not end well or a sanitizer spoke."""
        if signo and self.process.poll() is None:
            self.process.send_signal(signo)
        code = self.process.wait(30)
        self.process.stdout.close()
        said = self.text()
        self.log.close()
        if SANITIZER.search(said) or code != 0:
            raise AssertionError(f"exit {code}\n{said[-4000:]}")
        return said


def counters(text):
    """Prometheus text as {series: value}."""
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if line and not line.startswith("#")}


def main():
    """Runs the file's tests; says counts as `check` does, so that `./dev test` can add them up."""
    result = unittest.main(module="__main__", argv=sys.argv[:1], exit=False, verbosity=1).result
    print(f"{0 if not result.wasSuccessful() else 100}%: Checks: {result.testsRun}, "
          f"Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
