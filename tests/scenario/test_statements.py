"""Every statement file fits the schema: it can be prepared with the types it declares, answers what it says,
and a POST keeps its answer under the Idempotency-Key."""

import json
import re
from pathlib import Path

import harness
from harness import ROOT, Scenario

REPLY = "status body etag location next_cursor followup".split()


def declaration(path):
    """(types of $1…, result, SQL) of a statement file; server/app/embed.py has judged its form."""
    lines = path.read_text(encoding="utf-8").split("\n")
    head = [line for line in lines if line.startswith("--")]
    types = [m[1] for line in head if (m := re.match(r"-- \$\d+ \w+ ([a-z\[\]]+)", line))]
    result = next(line[len("-- result "):] for line in head if line.startswith("-- result "))
    return types, result, "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")


FILES = sorted(ROOT.glob("server/app/*/*.sql"))


class Statements(Scenario):
    def test_each_is_prepared_with_its_types_by_the_worker(self):
        database = self.create_database()
        for path in FILES:
            types, result, sql = declaration(path)
            with self.subTest(path.name):
                named = f"prepare s{'(' + ', '.join(types) + ')' if types else ''} as {sql}"
                rows = database.rows(
                    f"{named}; select name, array_to_string(parameter_types, ' ') as types from pg_prepared_statements",
                    user="hmis_worker")
                declared = [{"int": "integer", "timestamptz": "timestamp with time zone"}.get(t, t) for t in types]
                self.assertEqual(rows[0]["types"], " ".join(declared))

    def test_each_answers_what_it_declares(self):
        database = self.create_database()
        for path in FILES:
            types, result, sql = declaration(path)
            if not result.startswith("api.reply"):
                continue
            with self.subTest(path.name):
                nulls = re.sub(r"\$(\d+)", lambda m: f"null::{types[int(m[1]) - 1]}", sql)
                database.rows(f"create temporary view v as {nulls}; select 1 as one")
                rows = database.rows(
                    f"create temporary view v as {nulls}; select attname as name from pg_attribute "
                    "where attrelid = 'v'::regclass and attnum > 0 order by attnum")
                self.assertEqual([r["name"] for r in rows], REPLY)

    def test_each_post_keeps_its_answer(self):
        routes = json.loads(harness.run_tool([harness.binary("server/hmisd"), "--dump-routes"], "dump"))
        for route in routes:
            if route["method"] != "POST" or not route["permission"] or not route["statement"] or route["reads"]:
                continue
            path = next(p for p in FILES if p.stem == route["statement"])
            with self.subTest(route["path"]):
                self.assertIn("sec.keep(", Path(path).read_text(encoding="utf-8"), f"{path}: no sec.keep")
