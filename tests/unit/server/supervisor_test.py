"""The supervisor with real processes: restart, back-off, watchdog, reload, stop. supervisor_test.py BINARY HMISD

Promises: a dead process is replaced at once, a reload and a restart lose no connection that another worker could take, a
bad configuration changes nothing, a graceful stop finishes what was accepted, nothing outlives the supervisor.
"""

import json
import os
import pwd
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from loopback import Server, Wire, counters, main, until  # noqa: E402

BINARY, HMISD = sys.argv.pop(1), sys.argv.pop(1)


def get(path, more=""):
    return f"GET {path} HTTP/1.1\r\nHost: test\r\n{more}\r\n"


def ended(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


class Case(unittest.TestCase):
    def start(self, config="", **settings):
        def ready(server):
            self.assertIsNone(server.process.poll(), server.text())
            return "event=ready" in server.text()

        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.config = os.path.join(self.place.name, "hmisd.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(config)
        settings.setdefault("server_workers", 2)
        settings.setdefault("http_listen", "127.0.0.1:0")
        self.server = Server(BINARY, ready, config=self.config, **settings)
        self.addCleanup(lambda: self.server.process.poll() is None and self.server.process.kill())
        self.address = ("127.0.0.1", int(re.search(r"address=127\.0\.0\.1:(\d+)", self.server.text()).group(1)))

    def ask(self, path, address=None):
        with Wire(address or self.address) as wire:
            return wire.send(get(path, "Connection: close\r\n")).answer()

    def pid(self):
        return json.loads(self.ask("/echo").body)["pid"]

    def pids(self):
        with open(f"/proc/{self.server.process.pid}/task/{self.server.process.pid}/children", encoding="ascii") as file:
            return {int(word) for word in file.read().split()}

    def test_dead_worker_is_replaced_at_once(self):
        self.start()
        victims = self.pids()
        self.assertIsNone(self.ask("/die"))
        until(lambda: len(self.pids() - victims) == 1, "a new process", 3)
        for _ in range(20):
            self.assertEqual(self.ask("/echo").status, 200)
        series = counters(self.ask("/metrics").body.decode())
        self.assertEqual(series['hmis_process_restarts_total{role="worker"}'], 1)
        self.server.stop()

    def test_counters_survive_their_process(self):
        self.start(server_workers=1)
        for _ in range(5):
            self.ask("/echo")
        self.ask("/die")
        series = counters(self.ask("/metrics").body.decode())
        self.assertEqual(series['hmis_http_request_seconds_count{route="ANY /echo"}'], 5)
        self.server.stop()

    def test_metrics_are_those_of_all_processes(self):
        self.start()
        seen = set()
        for i in range(100):
            seen.add(self.pid())
            series = counters(self.ask("/metrics").body.decode())
            self.assertEqual(series['hmis_http_request_seconds_count{route="ANY /echo"}'], i + 1)
            if len(seen) == 2 and i > 5:
                break
        self.assertEqual(len(seen), 2, "both workers take connections")
        for process in ("worker-0", "worker-1", "jobs-0"):
            self.assertGreater(series[f'hmis_process_resident_bytes{{process="{process}"}}'], 0)
        self.server.stop()

    def test_crash_loop_backs_off(self):
        self.start(server_workers=1)
        for _ in range(4):
            self.ask("/die")
        until(lambda: "crashes=4" in self.server.text(), "four restarts")
        delays = [int(d) for d in re.findall(r"delay_ms=(\d+)", self.server.text())]
        self.assertEqual(delays, [0, 100, 500, 1000])
        self.assertEqual(self.ask("/echo").status, 200)  # the connection waited in the kernel's queue
        self.server.stop()

    def test_hung_worker_is_killed(self):
        self.start(server_workers=1, server_watchdog="700 ms")
        with Wire(self.address) as wire:
            wire.send(get("/hang"))
            until(lambda: "reason=watchdog" in self.server.text(), "the watchdog", 10)
        self.assertEqual(self.ask("/echo").status, 200)
        self.server.stop()

    def under_load(self, deed):
        """Clients ask all the time while deed() runs; what they got: counts by outcome."""
        count = {"ok": 0, "lost": 0}
        done = threading.Event()

        def client():
            while not done.is_set():
                try:
                    answer = self.ask("/slow?ms=20")
                    count["ok" if answer and answer.status == 200 else "lost"] += 1
                except OSError:
                    count["lost"] += 1

        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        try:
            deed()
        finally:
            done.set()
            for thread in threads:
                thread.join()
        return count

    def test_reload_under_load_loses_nothing(self):
        self.start(log_requests="no")

        def reloads():
            for _ in range(3):
                before = self.pids()
                self.server.process.send_signal(signal.SIGHUP)
                until(lambda: len(self.pids()) == 3 and not self.pids() & before, "new processes")

        count = self.under_load(reloads)
        self.assertEqual(count["lost"], 0, count)
        self.assertGreater(count["ok"], 10)
        self.server.stop()

    def test_reload_takes_new_settings(self):
        self.start("[http]\nbody_bytes = 10 B\n")
        body = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n" + "x" * 20
        with Wire(self.address) as wire:
            self.assertEqual(wire.send(body).answer().status, 413)
        before = self.pids()
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("[http]\nbody_bytes = 30 B\nlisten_tls =\n[server]\nworkers = 7\n")
        self.server.process.send_signal(signal.SIGHUP)
        until(lambda: len(self.pids()) == 3 and not self.pids() & before, "new processes")
        with Wire(self.address) as wire:
            self.assertEqual(wire.send(body).answer().status, 200)
        self.server.stop()

    def test_bad_configuration_keeps_the_old(self):
        self.start()
        before = self.pids()
        for text, complaint in (("[http]\nbody_bytes = 1 EB\n", "hmisd.conf:2"), ("[http]\nnonsense = 1\n", "unknown key"),
                                ("[http]\nheader_count = 1\n", "not within"), ("[http]\nlisten_tls = nowhere\n", "not an address")):
            with open(self.config, "w", encoding="utf-8") as file:
                file.write(text)
            self.server.process.send_signal(signal.SIGHUP)
            until(lambda: complaint in self.server.text(), complaint)  # noqa: B023
        self.assertEqual(self.pids(), before)
        self.server.stop()

    def test_new_process_that_cannot_work_keeps_the_old(self):
        self.start()
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("[http]\nbody_bytes = 1\n")  # the test worker ends with code 3 on this
        self.server.process.send_signal(signal.SIGHUP)
        until(lambda: self.server.text().count("problem=new-process-ended") == 2, "both refusals")
        self.assertEqual(self.ask("/echo").status, 200)
        self.assertEqual(len(self.pids()), 3)
        self.server.stop()

    def test_stop_finishes_what_was_accepted(self):
        self.start()
        wires = [Wire(self.address).send(get("/slow?ms=500")) for _ in range(20)]
        time.sleep(0.2)
        self.server.process.send_signal(signal.SIGTERM)
        for wire in wires:
            self.assertEqual(wire.answer().status, 200)
            wire.socket.close()
        said = self.server.stop(None)
        ends = re.findall(r"event=end role=(\w+)", said)
        self.assertEqual(ends, ["worker", "worker", "jobs"], "a PROC_LAST role ends after the others")

    def test_stop_deadline(self):
        self.start(server_stop_deadline="300 ms")
        with Wire(self.address) as wire:
            wire.send(get("/slow?ms=60000"))
            time.sleep(0.1)
            since = time.monotonic()
            self.server.stop()
            self.assertLess(time.monotonic() - since, 5)

    def test_nothing_outlives_the_supervisor(self):
        self.start()
        children = self.pids()
        self.server.process.kill()
        self.server.process.wait()
        self.server.process.stdout.close()

        until(lambda: all(ended(pid) for pid in children), "the children's end", 5)
        self.server.log.close()

    def test_pid_file_and_unix_socket(self):
        with tempfile.TemporaryDirectory() as place:
            pid_file, path = place + "/pid", place + "/socket"
            self.start(server_pid_file=pid_file, http_listen=f"127.0.0.1:0 unix:{path}")
            with open(pid_file, encoding="ascii") as file:
                self.assertEqual(int(file.read()), self.server.process.pid)
            self.assertEqual(json.loads(self.ask("/echo", path).body)["peer"], "unix")
            second = subprocess.run([BINARY, self.config], capture_output=True, text=True, timeout=20, check=False,
                                    env=dict(os.environ, HMIS_HTTP_LISTEN=f"unix:{path}"))
            self.assertEqual(second.returncode, 1)
            self.assertIn("another process listens", second.stderr)
            self.server.stop()
            self.assertEqual(os.listdir(place), [])

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_processes_run_as_the_configured_user(self):
        with tempfile.TemporaryDirectory() as place:
            path = place + "/socket"
            os.chmod(place, 0o755)
            self.start(server_user="nobody", http_listen=f"127.0.0.1:0 unix:{path}")
            nobody = pwd.getpwnam("nobody")
            for pid in self.pids():
                with open(f"/proc/{pid}/status", encoding="ascii") as file:
                    text = file.read()
                self.assertIn("Uid:" + f"\t{nobody.pw_uid}" * 4, text)
                self.assertIn("Gid:" + f"\t{nobody.pw_gid}" * 4, text)
            self.assertEqual((os.stat(path).st_uid, os.stat(path).st_mode & 0o777), (nobody.pw_uid, 0o660))
            children = self.pids()
            self.server.process.kill()  # the kernel forgets the death signal at setuid unless it is asked after
            self.server.process.wait()
            self.server.process.stdout.close()
            until(lambda: all(ended(pid) for pid in children), "the children's end", 5)
            self.server.log.close()

    def test_health(self):
        self.start()
        self.assertEqual(json.loads(self.ask("/health/live").body), {"status": "live"})
        self.assertEqual(json.loads(self.ask("/health/ready").body), {"status": "ready"})
        with Wire(self.address) as wire:
            answer = wire.send("DELETE /health/live HTTP/1.1\r\nHost: x\r\n\r\n").answer()
            self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET, HEAD"))
        self.server.stop()


class CommandLine(unittest.TestCase):
    def run_hmisd(self, *words, **settings):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HMIS_")}
        environment.update(settings)
        return subprocess.run([HMISD, *words], capture_output=True, text=True, timeout=20, env=environment, check=False)

    def test_version(self):
        said = self.run_hmisd("--version")
        self.assertEqual(said.returncode, 0)
        self.assertRegex(said.stdout, r"^hmisd \d+\.\d+\.\d+\n$")

    def test_check_config(self):
        with tempfile.TemporaryDirectory() as place:
            path = place + "/hmisd.conf"
            with open(path, "w", encoding="utf-8") as file:
                file.write("[http]\nlisten = 127.0.0.1:8080 nowhere\n")  # not opened
            said = self.run_hmisd("--config", path, "--check-config")
            self.assertEqual(said.returncode, 2)
            self.assertIn("nowhere", said.stderr)
        said = self.run_hmisd("--check-config", HMIS_HTTP_LISTEN_TLS="127.0.0.1:8443")  # not opened
        self.assertEqual(said.returncode, 2)
        self.assertIn("tls_certificate", said.stderr)
        self.assertEqual(self.run_hmisd("--config", "/nonexistent", "--check-config").returncode, 2)
        self.assertEqual(self.run_hmisd("--nonsense").returncode, 2)


if __name__ == "__main__":
    main()
