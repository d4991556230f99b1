"""hmis migrate: what was applied stays as it was, faults are told with file and line, a run that failed can go on."""

import secrets
import shutil
import subprocess

import harness
from harness import ROOT, Scenario


class Migrate(Scenario):
    def setUp(self):
        name = f"m_{secrets.token_hex(4)}"
        self.database = harness.create_database(self.sockets, name, "template1")
        admin = harness.Database(self.sockets, "postgres")
        self.addCleanup(admin.rows, f'drop database "{name}" with (force)', transaction=False)
        self.schema = self.directory / "schema"
        shutil.copytree(ROOT / "schema", self.schema)
        self.sketch()

    def sketch(self):
        """A small schema in place of the real one: two migrations, one file of code, one seed."""
        for folder in ("migrations", "code", "seed"):
            shutil.rmtree(self.schema / folder)
            (self.schema / folder).mkdir()
        self.write("migrations/0001-one.sql", "create table sys.one (id int primary key, name text not null default 'none');\n")
        self.write("migrations/0002-two.sql", "-- a comment\n\ncreate table sys.two (id int);\n")
        self.write("code/one.sql", "create function sys.answer() returns int language sql as $$ select 41; $$;\n"
                                   "create view sys.seen as select sys.answer() as answer;\n")
        self.write("seed/manifest.tsv", "file\ttable\tmode\tkey\none.tsv\tsys.one\treplace\t\n")
        self.write("seed/one.tsv", "id\tname\n1\tMột\n2\t\n")

    def write(self, name, text):
        (self.schema / name).write_text(text, encoding="utf-8")

    def migrate(self, *options):
        command = [harness.binary("cli/hmis"), "migrate", "--database", self.database.url(), "--schema", self.schema, *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=harness.clean_environment())

    def good(self, *options):
        done = self.migrate(*options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, *words):
        done = self.migrate()
        self.assertEqual(done.returncode, 2, done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_a_plan_changes_nothing(self):
        plan = self.good("--plan")
        for line in ("migration 0001-one.sql would be applied", "code: 1 files would be re-created", "seed one.tsv would be loaded"):
            self.assertIn(line, plan)
        self.assertEqual(self.database.value("select to_regnamespace('sys') is null"), "t")

    def test_a_second_run_has_nothing_to_do(self):
        self.good()
        self.assertEqual(self.good(), "nothing to do\n")
        self.assertEqual(self.good("--plan"), "nothing to do\n")

    def test_applied_files_are_never_changed(self):
        self.good()
        self.write("migrations/0001-one.sql", "create table sys.other (id int);\n")
        self.refused("0001-one.sql", "changed after it had been applied")
        self.sketch()
        (self.schema / "migrations/0002-two.sql").unlink()
        self.refused("migration 2 (two) was applied")

    def test_numbers_may_have_gaps_but_never_come_late(self):
        """Numbers are given out before the work is done; a database that is ahead refuses one that comes before."""
        self.write("migrations/0004-four.sql", "create table sys.four (id int);\n")
        self.good()
        self.write("migrations/0003-three.sql", "create table sys.three (id int);\n")
        self.refused("0003-three.sql", "comes before 0004 (four)")
        self.assertEqual(self.database.value("select to_regclass('sys.three') is null"), "t")

    def test_a_number_is_used_once(self):
        self.write("migrations/0002-zwei.sql", "select 1;\n")
        self.refused("0002-zwei.sql", "has the number of 0002-two.sql")
        self.assertEqual(self.database.value("select to_regnamespace('sys') is null"), "t")

    def test_a_fault_is_told_with_its_line_and_undone(self):
        self.write("migrations/0002-two.sql", "create table sys.two (id int);\n\n-- Ngày\nselect 'đ' as x,\n  nonsense;\n")
        self.refused("migrations/0002-two.sql:5", 'column "nonsense" does not exist')
        self.assertEqual(self.database.value("select to_regclass('sys.two') is null"), "t")
        self.assertEqual(self.database.value("select max(no) from sys.migration"), "1")
        self.write("migrations/0002-two.sql", "create table sys.two (id int);\n")
        self.assertIn("migration 0002-two applied", self.good())

    def test_a_file_cannot_end_its_transaction(self):
        self.write("migrations/0002-two.sql", "create table sys.two (id int);\ncommit;\n")
        self.refused("migrations/0002-two.sql:2", "must not begin or end transactions")

    def test_code_is_made_anew(self):
        self.good()
        self.write("code/one.sql", "create function sys.answer() returns text language sql as $$ select 'b'::text; $$;\n")
        self.good()
        self.assertEqual(self.database.value("select sys.answer()"), "b")
        self.assertEqual(self.database.value("select to_regclass('sys.seen') is null"), "t", "a view that code no longer makes is gone")

    def test_faulty_code_leaves_the_old(self):
        self.good()
        self.write("code/one.sql", "create function sys.answer() returns text language sql as $$\nselect 1 +; $$;\n")
        self.refused("code/one.sql:2")
        self.assertEqual(self.database.value("select answer from sys.seen"), "41")

    def test_a_migration_must_not_depend_on_code(self):
        self.good()
        self.write("migrations/0003-three.sql", "create table sys.three (id int default sys.answer());\n")
        self.refused("a migration depends on an object of schema/code")
        self.assertEqual(self.database.value("select sys.answer()"), "41")

    def test_a_changed_seed_is_loaded_again(self):
        self.good()
        self.assertEqual(self.database.rows("select * from sys.one order by id"), [{"id": "1", "name": "Một"}, {"id": "2", "name": "none"}])
        self.write("seed/one.tsv", "id\tname\n1\tKhác\n")
        self.assertIn("seed one.tsv: 1 rows", self.good())
        self.assertEqual(self.database.rows("select * from sys.one"), [{"id": "1", "name": "Khác"}])

    def test_an_upserted_seed_keeps_other_rows(self):
        self.good()
        self.write("seed/manifest.tsv", "file\ttable\tmode\tkey\none.tsv\tsys.one\tupsert\tid\n")
        self.write("seed/one.tsv", "id\tname\n2\tHai\n3\tBa\n")
        self.good()
        self.assertEqual([r["name"] for r in self.database.rows("select name from sys.one order by id")], ["Một", "Hai", "Ba"])

    def test_a_faulty_seed_is_told_with_its_line_and_undone(self):
        self.good()
        self.write("seed/one.tsv", "id\tname\n1\tMột\nhai\tHai\n")
        self.refused("seed/one.tsv:3", 'invalid input syntax for type integer: "hai"')
        self.write("seed/one.tsv", "id\tnonsense\n1\tMột\n")
        self.refused("seed/one.tsv:1", 'no column "nonsense"')
        self.assertEqual(self.database.value("select count(*) from sys.one"), "2")

    def test_one_process_at_a_time(self):
        self.good()
        holder = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", "-d", self.database.url()], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True, env=harness.clean_environment())
        holder.stdin.write("select pg_advisory_lock(4841534) is null;\n")
        holder.stdin.flush()
        self.assertEqual(holder.stdout.readline(), "f\n")
        self.refused("another process is migrating")
        holder.communicate()
        self.good()

    def test_a_wrong_place_is_told(self):
        self.schema = self.directory / "nowhere"
        self.refused("nowhere/migrations", "cannot open")


class Node(Scenario):
    def test_an_edge_node_makes_ids_of_its_own(self):
        database = self.create_database()
        hmis = [harness.binary("cli/hmis"), "migrate", "--database", database.url(), "--node"]
        self.assertIn("node number 7 set", harness.run_tool([*hmis, "7"], "migrate"))
        self.assertEqual(harness.run_tool([*hmis, "7"], "migrate"), "nothing to do\n")
        made = database.value("insert into org.tenant (code, name) values ('EDGE', 'x') returning tenant_id >> 40")
        self.assertEqual(made, "7")
        self.assertEqual(database.value("select count(*) from org.node where node_no = 7"), "1")
        done = subprocess.run([*hmis, "8192"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, "1 to 8191" in done.stderr), (2, True))


class Upgrade(Scenario):
    def test_an_upgraded_database_equals_a_fresh_one(self):
        """The first migrations alone, then the rest: the same schema as all at once."""
        half = self.directory / "schema"
        shutil.copytree(ROOT / "schema", half)
        for file in sorted((half / "migrations").iterdir())[6:]:
            file.unlink()
        for file in (half / "code").iterdir():
            file.unlink()
        name = f"u_{secrets.token_hex(4)}"
        database = harness.create_database(self.sockets, name, "template1")
        self.addCleanup(harness.Database(self.sockets, "postgres").rows, f'drop database "{name}" with (force)', transaction=False)
        hmis = [harness.binary("cli/hmis"), "migrate", "--database", database.url(), "--schema"]
        harness.run_tool([*hmis, half, "--no-seeds"], "the first half")
        harness.run_tool([*hmis, ROOT / "schema"], "the rest")

        def dump(db):
            lines = harness.run_tool(["pg_dump", "-s", "-d", db.url()], "pg_dump").splitlines()
            return [line for line in lines if not line.startswith(("\\restrict", "\\unrestrict"))]  # a random word each

        self.assertEqual(dump(database), dump(self.create_database()))
