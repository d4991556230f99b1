"""What the pages for people name exists: routes, problem codes, configuration keys, metrics, commands."""

import csv
import json
import re
import secrets
import shlex
import unittest

import harness

PAGES = sorted(path for path in [harness.ROOT / "README.md", *(harness.ROOT / "docs").rglob("*.md")]
               if "decisions" not in path.parts)
ROUTE = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`\s?]*)")
CODE = re.compile(r"`([a-z_]+\.[a-z_]+)`")
METRIC = re.compile(r"`(hmis_[a-z_]+_(?:total|seconds|bytes|waiting|ready|busy|active|connections))`")
COMMAND = re.compile(r"^    (hmis [a-z]+(?: [a-z]+)?)", re.MULTILINE)


def shape(path):
    """A route's path with every parameter written alike."""
    return re.sub(r"\{[^}]*\}", "{}", path)


class Pages(unittest.TestCase):
    def each(self, pattern):
        for page in PAGES:
            for match in pattern.finditer(page.read_text(encoding="utf-8")):
                yield page.relative_to(harness.ROOT), match

    def test_routes(self):
        dumped = harness.run_tool([harness.binary("server/hmisd"), "--dump-routes"], "hmisd --dump-routes")
        routes = {(route["method"], shape(route["path"])) for route in json.loads(dumped)}
        named = {(method, shape(path)) for _, match in self.each(ROUTE) for method, path in [match.groups()]}
        self.assertGreater(len(named), 20)
        self.assertEqual(sorted(named - routes), [])

    def test_codes_and_keys(self):
        """`noun.word` in backticks is a problem code, a configuration key, or a table of the database."""
        known = set()
        for table in (harness.ROOT / "server").rglob("problems.tsv"):
            with open(table, encoding="utf-8") as file:
                known |= {row["code"] for row in csv.DictReader((l for l in file if not l.startswith("#")), delimiter="\t") if row["code"]}
        section = None
        for line in harness.run_tool([harness.binary("cli/hmis"), "config", "--explain"], "hmis config").splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif re.match(r"[a-z0-9_]+ =", line):
                known.add(f"{section}.{line.split(' ')[0]}")
        schemas = "ref org reg care rx bill claim hl7 job sec audit sys api report".split()
        wrong = [(str(page), match.group(1)) for page, match in self.each(CODE) if page.parts[0] == "docs"
                 and page.name in ("api.md", "operating.md") + tuple(p.name for p in (harness.ROOT / "docs/user").iterdir())
                 and match.group(1) not in known and match.group(1).split(".")[0] not in schemas
                 and match.group(1).split(".")[1] not in ("md", "tsv", "sql", "conf", "xml", "ini")]
        self.assertEqual(wrong, [])

    def test_metrics(self):
        sources = "".join(path.read_text(encoding="utf-8") for path in (harness.ROOT / "server").rglob("*.[ch]"))
        wrong = [(str(page), match.group(1)) for page, match in self.each(METRIC) if f'"{match.group(1)}"' not in sources]
        self.assertEqual(wrong, [])

    def test_commands(self):
        """Every `hmis COMMAND` at the start of an example line is one that the program knows."""
        groups = re.findall(r"^  ([a-z]+) ", harness.run_tool([harness.binary("cli/hmis"), "help"], "hmis help"), re.MULTILINE)
        for page, match in self.each(COMMAND):
            self.assertIn(match.group(1).split()[1], groups, str(page))


class FirstInstallation(harness.Scenario):
    FACILITY, NAME = "66001", "first.admin"

    def commands(self):
        """The example lines of "A first installation" in docs/operating.md, with values for what they leave open."""
        text = (harness.ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
        block = text[text.index("A first installation"):].partition("\n\n")[2].partition("\n\n")[0]
        database = f"t_{secrets.token_hex(6)}"
        self.addCleanup(harness.Database(self.sockets, "postgres").rows, f'drop database if exists "{database}" with (force)',
                        transaction=False)
        self.database = harness.Database(self.sockets, database)
        self.password = harness.new_password()
        (self.directory / "password").write_text(self.password + "\n")
        (self.directory / "facilities.tsv").write_text(
            f"code\tname\tkind\tlevel\tparent_code\tprovince_code\n66991\tTrạm Y tế một\tstation\tinitial\t{self.FACILITY}\t66\n",
            encoding="utf-8")
        self.service_under_test = harness.Service(self.database, self.directory)
        for line in block.replace("\\\n", " ").splitlines():
            line = line.strip().replace("import facilities FILE", f"import facilities {self.directory}/facilities.tsv")
            line = line.replace("--password-file FILE", f"--password-file {self.directory}/password").replace("CODE", self.FACILITY)
            line = line.replace("NAME", self.NAME).replace("/etc/hmis/hmisd.ini", str(self.directory / "hmisd.ini"))
            line = line.replace(" URL", f" {shlex.quote(self.database.url())}").replace("template0 hmis", f"template0 {database}")
            yield shlex.split(line)

    def test_as_the_page_says(self):
        programs = {"hmis": harness.binary("cli/hmis"), "hmisd": harness.binary("server/hmisd")}
        environment = {**harness.clean_environment(), "PGHOST": str(self.sockets), "PGUSER": "postgres"}
        *steps, last = self.commands()
        self.assertGreaterEqual(len(steps), 5)
        for step in steps:
            harness.run_tool([programs.get(step[0], step[0]), *step[1:]], " ".join(step), env=environment)
        self.assertEqual(last, ["hmisd", "--config", str(self.directory / "hmisd.ini")])
        client = self.started(self.service_under_test).client()
        client.login(self)
        self.assertIn(f'"{self.FACILITY}"', json.dumps(self.check(client.get("/v1/facilities"))))

    @property
    def username(self):
        return self.NAME
