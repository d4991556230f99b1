"""What scenario tests stand on: a private PostgreSQL, the real binaries, a small HTTP client.

A run owns one private directory and one cluster (Unix socket only, fsync on). Every test gets a database
copied from a template that `hmis migrate` filled once. Nothing here uses a fixed port, path or password, and
everything started is stopped: at the end, at Ctrl-C, and by the kernel if this process is killed.
"""

import base64
import configparser
import csv
import ctypes
import errno
import fcntl
import http.client
import io
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PG_BIN = Path("/usr/lib/postgresql/15/bin")
SOCKET_PATH_MAX = 107  # sun_path of Linux without its zero
SOCKET_NAME_MAX = len("/pg/.s.PGSQL.5432.lock")
PATIENCE = float(os.environ.get("HMIS_TEST_PATIENCE", "60"))  # seconds a condition may take
STEERING = ("HMIS_BUILD", "HMIS_FAULT_ROUNDS", "HMIS_TEST_PATIENCE")  # steer tests, not the programs
SANITIZER = re.compile(r"ERROR: (Address|Leak|Undefined\w*)Sanitizer|runtime error:|AddressSanitizer:DEADLYSIGNAL")
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def binary(name):
    """Path of cli/hmis or server/hmisd in the build under test (HMIS_BUILD, default build-asan)."""
    return str(ROOT / os.environ.get("HMIS_BUILD", "build-asan") / name)


def until(condition, what, patience=PATIENCE):
    """Waits until condition() is truthy and returns that; AssertionError naming `what` when it takes too long."""
    deadline = time.monotonic() + patience
    pause = 0.005
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {patience:.0f} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def clean_environment(**more):
    """Ours without what could steer a program to another database or configuration; one that names no host finds
    no PostgreSQL at all."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "HMIS_")) or k in STEERING}
    kept.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0")
    kept.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
    kept.update(LC_ALL="C.UTF-8", PGHOST="/nonexistent", **more)
    return kept


def end_on_signals():
    """SIGTERM and SIGHUP end this process like Ctrl-C does: through every `finally`."""

    def end(signum, _frame):
        raise SystemExit(128 + signum)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)


# --- a private place ---------------------------------------------------------------------------------


def postgres_account():
    """(uid, gid) PostgreSQL runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    entry = pwd.getpwnam("postgres")
    return entry.pw_uid, entry.pw_gid


def account_options():
    """Popen options that run a child as that account."""
    if os.geteuid() != 0:
        return {}
    uid, gid = postgres_account()
    return {"user": uid, "group": gid, "extra_groups": []}


class Run:
    """A private directory: under var/run, or under /tmp (noted in var/run) when the checkout's path is too long
    for a socket or closed to the account of PostgreSQL. Removed by end(); sweep() removes what a killed run left."""

    HOME = ROOT / "var" / "run"

    def __init__(self, kind):
        with self.registry():
            self.note = Path(tempfile.mkdtemp(prefix=kind + "-", dir=self.HOME))
            self.lock = open(self.note / "lock", "w", encoding="utf-8")
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        (self.note / "owner").write_text(str(os.getpid()))
        self.path = self.note / "d"
        self.path.mkdir()
        os.chmod(self.note, 0o711)
        os.chmod(self.path, 0o711)
        if len(str(self.path)) + SOCKET_NAME_MAX > SOCKET_PATH_MAX or not self.reachable():
            self.path.rmdir()
            self.path = Path(tempfile.mkdtemp(prefix="hmis-", dir="/tmp"))
            (self.note / "elsewhere").write_text(str(self.path))
            os.chmod(self.path, 0o711)
        self.log = self.path / "log"
        self.log.mkdir()

    @classmethod
    def registry(cls):
        """Held while runs are made or swept."""
        cls.HOME.mkdir(parents=True, exist_ok=True)
        file = open(cls.HOME / "lock", "a", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def reachable(self):
        """Can the account of PostgreSQL enter the directory?"""
        test = ["test", "-x", str(self.path)]
        return subprocess.run(test, cwd="/", check=False, **account_options()).returncode == 0

    def directory(self, name, account=False):
        """A new directory with mode 0700, given to the account of PostgreSQL if asked."""
        path = self.path / name
        path.mkdir(mode=0o700)
        if account and os.geteuid() == 0:
            os.chown(path, *postgres_account())
        return path

    def end(self):
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.rmtree(self.note, ignore_errors=True)
        self.lock.close()

    @classmethod
    def others(cls):
        """(note directory, place, alive) of every run of this checkout."""
        for note in sorted(cls.HOME.glob("*/")):
            elsewhere = note / "elsewhere"
            place = Path(elsewhere.read_text()) if elsewhere.exists() else note / "d"
            yield note, place, is_locked(note / "lock")

    @classmethod
    def sweep(cls):
        """Removes the leftovers of runs that were killed, and ends a PostgreSQL they left."""
        with cls.registry():
            for note, place, alive in cls.others():
                if alive:
                    continue
                stop_left_postgres(place / "data")
                if (note / "elsewhere").exists() and place.name.startswith("hmis-"):
                    shutil.rmtree(place, ignore_errors=True)
                shutil.rmtree(note, ignore_errors=True)


def is_locked(path):
    try:
        with open(path, "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except FileNotFoundError:
        return False
    except OSError as fault:
        return fault.errno in (errno.EWOULDBLOCK, errno.EACCES)


def stop_left_postgres(data):
    """Ends the postmaster of that data directory, if one runs."""
    if (data / "postmaster.pid").exists():
        command = [PG_BIN / "pg_ctl", "stop", "-m", "immediate", "-D", data]
        subprocess.run(command, cwd="/", check=False, capture_output=True, **account_options())


def spawn(command, log, session=True, death=signal.SIGTERM, **options):
    """Starts a program, in its own session, with its output in the file `log` or, without one, in the process's
    stdout as text. The kernel sends it `death` if we are killed."""

    def tie():
        libc.prctl(PR_SET_PDEATHSIG, death)

    options.update(stdin=subprocess.DEVNULL, start_new_session=session, preexec_fn=tie)
    if not log:
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace", **options)
    with open(log, "ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, **options)


def tail(path, lines=60):
    text = Path(path).read_text(encoding="utf-8", errors="replace") if Path(path).exists() else ""
    return "\n".join(text.splitlines()[-lines:])


def run_tool(command, what, **options):
    """Runs a program to its end; AssertionError with its output when it fails; returns its standard output."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          **{"env": clean_environment(), **options})
    if done.returncode != 0 or SANITIZER.search(done.stderr):
        raise AssertionError(f"{what} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return done.stdout


# --- PostgreSQL --------------------------------------------------------------------------------------


class Database:
    """One database of a cluster."""

    def __init__(self, sockets, name):
        self.sockets, self.name = sockets, name

    def url(self, user="postgres"):
        host = urllib.parse.quote(str(self.sockets), safe="")
        return f"postgresql://{user}@/{self.name}?host={host}"

    def rows(self, sql, user="postgres", transaction=True, **variables):
        """Runs SQL, all or nothing, and returns the rows of its only result as dictionaries of text (NULL is None).
        :'name' in the SQL is replaced by the quoted value of the argument of that name."""
        command = ["psql", "-X", "-q", "--csv", "-v", "ON_ERROR_STOP=1", "-P", "null=\\N", "-d", self.url(user)]
        command += ["-1"] if transaction else []
        for name, value in variables.items():
            command += ["-v", f"{name}={value}"]
        done = subprocess.run(command, input=sql, capture_output=True, text=True, check=False,
                              env=clean_environment())
        if done.returncode != 0:
            raise AssertionError(f"SQL failed: {done.stderr}\n{sql}")
        rows = csv.DictReader(io.StringIO(done.stdout))
        return [{k: None if v == "\\N" else v for k, v in row.items()} for row in rows]

    def value(self, sql, **variables):
        """The only column of the only row."""
        (row,) = self.rows(sql, **variables)
        (value,) = row.values()
        return value


class Cluster:
    """A private PostgreSQL 15: Unix socket in a private directory, no TCP, no password."""

    TEMPLATE = "hmis_template"
    SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
jit = off
log_line_prefix = '%m [%p] %q%u@%d '
"""

    def __init__(self, run):
        self.log = run.log / "postgres.log"
        self.sockets = run.directory("pg", account=True)
        self.data = run.directory("data", account=True)
        self.process = None
        command = [PG_BIN / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                   "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        run_tool(command, "initdb", cwd="/", **account_options())
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"{self.SETTINGS}unix_socket_directories = '{self.sockets}'\n")
        self.start()

    def start(self):
        command = [PG_BIN / "postgres", "-D", self.data]
        self.process = spawn(command, self.log, death=signal.SIGINT, cwd="/", env=clean_environment(),
                             **account_options())

        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"PostgreSQL ended:\n{tail(self.log)}")
            question = [PG_BIN / "pg_isready", "-q", "-h", self.sockets]
            return subprocess.run(question, env=clean_environment(), check=False).returncode == 0

        until(ready, "PostgreSQL ready")

    def stop(self, how=signal.SIGINT):
        """SIGINT is PostgreSQL's fast stop, SIGQUIT a crash."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(PATIENCE)

    def migrate(self, name=TEMPLATE):
        """Makes a database, applies the schema to it and returns it; the template is then closed to sessions."""
        create_database(self.sockets, name, "template1")
        database = Database(self.sockets, name)
        run_tool([binary("cli/hmis"), "migrate", "--database", database.url()], "hmis migrate", cwd=ROOT)
        if name == self.TEMPLATE:
            Database(self.sockets, "postgres").rows(f"alter database {name} allow_connections false")
        return database


def create_database(sockets, name, template=Cluster.TEMPLATE):
    """A new database, copied from a template."""
    admin = Database(sockets, "postgres")
    admin.rows(f'create database "{name}" template "{template}"', transaction=False)
    return Database(sockets, name)


# --- programs ----------------------------------------------------------------------------------------


class Program:
    """A long-running binary: started, waited for, stopped in an orderly way, its log judged."""

    def __init__(self, name, command, directory):
        self.name, self.command, self.directory = name, [str(word) for word in command], Path(directory)
        self.log = self.directory / f"{name}.log"
        self.process = None

    def is_ready(self):
        raise NotImplementedError

    def start(self, **environment):
        self.process = spawn(self.command, self.log, cwd=self.directory, env=clean_environment(**environment))

        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}")
            return self.is_ready()

        try:
            until(ready, f"{self.name} ready")
        except AssertionError as fault:
            self.kill()
            raise AssertionError(f"{fault}:\n{tail(self.log)}") from None
        except BaseException:
            self.kill()
            raise
        return self

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self, patience=PATIENCE):
        """Orderly stop. AssertionError when it takes too long, ends badly or a sanitizer spoke."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.name} did not stop:\n{tail(self.log)}") from None
        code, self.process = self.process.returncode, None
        self.judge_log()
        if code != 0:
            raise AssertionError(f"{self.name} ended with {code}:\n{tail(self.log)}")

    def judge_log(self):
        text = self.log.read_text(encoding="utf-8", errors="replace")
        found = SANITIZER.search(text)
        if found:
            raise AssertionError(f"{self.name}: sanitizer report:\n{text[max(0, found.start() - 200):][:6000]}")

    def kill(self):
        """Ends it and its children at once, like a power cut would."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
            self.process = None


def write_ini(path, sections):
    """Writes {section: {key: value}} as the programs' configuration file."""
    ini = configparser.RawConfigParser()
    ini.optionxform = str
    ini.read_dict(sections)
    with open(path, "w", encoding="utf-8") as file:
        ini.write(file)
    os.chmod(path, 0o600)


class Service(Program):
    """hmisd on a Unix socket in its own directory. `config` is {section: {key: value}} over the defaults here;
    listen is more addresses, e.g. harness.free_address()."""

    def __init__(self, database, directory, config=None, listen=""):
        super().__init__("hmisd", [binary("server/hmisd"), "--config", Path(directory) / "hmisd.ini"], directory)
        self.socket = self.directory / "http.sock"
        self.config = {
            "server": {"workers": 1, "jobs": 0, "signer": 0},
            "http": {"listen": f"unix:{self.socket} {listen}".strip()},
            "database": {"url": database.url("hmis_worker")},
        }
        for section, keys in (config or {}).items():
            self.config.setdefault(section, {}).update(keys)
        self.write_config()

    def write_config(self):
        write_ini(self.directory / "hmisd.ini", self.config)

    def client(self, **options):
        return Client(self.socket, **options)

    def is_ready(self):
        return answers_ready(self.client())


class Vss(Program):
    """`hmis vss`, the stand-in of the fund's gateway, on a free loopback port with its own data directory.

    facilities: {username: [facility code, …]}; each account gets a password of its own (`passwords`).
    certificates: {username: PEM file that its claims are signed with}. options: further words of the command."""

    def __init__(self, directory, facilities, certificates=None, options=()):
        directory = Path(directory)
        self.ready_file, data, accounts = directory / "url", directory / "data", directory / "accounts.tsv"
        super().__init__("vss", [binary("cli/hmis"), "vss", "--data", data, "--accounts", accounts, "--ready-file",
                                 self.ready_file, *options], directory)
        data.mkdir()
        self.passwords = {username: new_password() for username in facilities}
        with open(accounts, "w", encoding="utf-8") as file:
            file.write("username\tpassword\tfacilities\tcertificate_file\tstate\n")
            for username, codes in facilities.items():
                certificate = (certificates or {}).get(username, "")
                file.write(f"{username}\t{self.passwords[username]}\t{';'.join(codes)}\t{certificate}\tactive\n")

    @property
    def url(self):
        return self.ready_file.read_text(encoding="utf-8").strip()

    @property
    def admin_key(self):
        return (self.directory / "data" / "admin.key").read_text(encoding="utf-8").strip()

    def client(self):
        return Client(self.url.removeprefix("http://"))

    def is_ready(self):
        return self.ready_file.exists() and self.url


def answers_ready(client):
    try:
        return client.get("/health/ready").status == 200
    except (OSError, http.client.HTTPException):
        return False


def free_address():
    """A loopback address whose port was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
    return f"{host}:{port}"


# --- HTTP --------------------------------------------------------------------------------------------


class Answer:
    """Status, headers (by lower-case name) and body of one reply."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body, parse_float=str)  # amounts stay exact text

    @property
    def etag(self):
        return self.headers.get("etag")

    def __repr__(self):
        return f"{self.status} {self.body[:2000].decode('utf-8', 'replace')}"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Client:
    """Requests to one service, as one user. Each call is one request on a connection that is kept."""

    def __init__(self, address, facility=None, timeout=PATIENCE):
        self.address, self.timeout = address, timeout
        self.token, self.facility, self.user = None, facility, None
        self.connection = None

    def connect(self):
        if isinstance(self.address, Path):
            return UnixConnection(self.address, self.timeout)
        return http.client.HTTPConnection(self.address, timeout=self.timeout)

    def request(self, method, path, body=None, headers=None):
        """One request. body: bytes as they are, anything else as JSON. Header values of None are left out."""
        wanted = {"Authorization": self.token and f"Bearer {self.token}", "X-Facility": self.facility}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
            wanted["Content-Type"] = "application/json"
        wanted.update(headers or {})
        wanted = {name: value for name, value in wanted.items() if value is not None}
        fresh = self.connection is None
        self.connection = self.connection or self.connect()
        try:
            self.connection.request(method, path, body=body, headers=wanted)
            return Answer(self.connection.getresponse())
        except (ConnectionError, http.client.RemoteDisconnected):
            self.close()
            if fresh or method not in ("GET", "HEAD"):
                raise
            return self.request(method, path, body, headers)
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def get(self, path, **headers):
        return self.request("GET", path, headers=dashed(headers))

    def post(self, path, body=None, key=None, **headers):
        """POST with an Idempotency-Key: a fresh one unless given; key=False sends none."""
        key = str(uuid.uuid4()) if key is None else key or None
        return self.request("POST", path, body, {"Idempotency-Key": key, **dashed(headers)})

    def patch(self, path, body, etag, **headers):
        return self.request("PATCH", path, body, {"If-Match": etag, **dashed(headers)})

    def put(self, path, body, etag, **headers):
        return self.request("PUT", path, body, {"If-Match": etag, **dashed(headers)})

    def delete(self, path, etag=None, **headers):
        return self.request("DELETE", path, headers={"If-Match": etag, **dashed(headers)})

    def login(self, account):
        """Opens a session for an Account; later requests carry its token."""
        answer = self.post("/v1/sessions", {"username": account.username, "password": account.password}, key=False)
        if answer.status not in (200, 201):
            raise AssertionError(f"login of {account.username}: {answer}")
        self.token, self.user = answer.json["token"], answer.json.get("user")
        return self


def dashed(headers):
    """prefer="x" stands for the header `prefer`, if_none_match for `if-none-match`."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def new_password():
    return base64.b32encode(secrets.token_bytes(15)).decode().lower()


class Account:
    """A user made by `hmis user add`, with a password of its own."""

    def __init__(self, database, directory, roles, tenant, facility, username=None):
        self.username = username or f"{roles.split(',')[0]}-{secrets.token_hex(3)}"
        self.password = new_password()
        file = Path(directory) / f"{self.username}.password"
        file.write_text(self.password + "\n")
        os.chmod(file, 0o600)
        run_tool([binary("cli/hmis"), "user", "add", "--database", database.url(), "--tenant", tenant,
                  "--facility", facility, "--username", self.username, "--roles", roles,
                  "--password-file", file], "hmis user add")
        file.unlink()


# --- tests -------------------------------------------------------------------------------------------


class Scenario(unittest.TestCase):
    """Base of scenario tests. run.py gives the cluster; each test has its own directory and databases, and what
    it starts through these methods is stopped after it."""

    maxDiff = None

    @property
    def sockets(self):
        return os.environ["HMIS_TEST_SOCKETS"]

    def run(self, result=None):
        self.directory = Path(tempfile.mkdtemp(prefix="t-", dir=os.environ["HMIS_TEST_DIRECTORY"]))
        try:
            return super().run(result)
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def create_database(self, template=Cluster.TEMPLATE):
        """A migrated database of this test's own; dropped after it."""
        name = f"t_{os.getpid()}_{secrets.token_hex(4)}"
        database = create_database(self.sockets, name, template)
        admin = Database(self.sockets, "postgres")
        self.addCleanup(admin.rows, f'drop database "{name}" with (force)', transaction=False)
        return database

    def service(self, database, config=None, listen="", **environment):
        """A started hmisd."""
        program = Service(database, self.new_directory("hmisd"), config, listen)
        return self.started(program, **environment)

    def vss(self, facilities, certificates=None, options=()):
        """A started gateway stand-in."""
        return self.started(Vss(self.new_directory("vss"), facilities, certificates, options))

    def started(self, program, **environment):
        self.addCleanup(program.stop)
        return program.start(**environment)

    def new_directory(self, name):
        return Path(tempfile.mkdtemp(prefix=name + "-", dir=self.directory))

    def account(self, database, roles, tenant, facility, username=None):
        return Account(database, self.directory, roles, tenant, facility, username)

    def check(self, answer, status=200):
        """The answer's JSON if it has that status; a failure that shows the answer if not."""
        if answer.status != status:
            self.fail(f"expected {status}, got {answer!r}")
        return answer.json if answer.body else None
