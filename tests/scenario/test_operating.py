"""docs/operating.md on a scratch prefix: what it says of installing, of backups and of a new signing key holds."""

import secrets
import shutil
import signal
import subprocess

import claims_kit
import harness
import places


class Install(harness.Scenario):
    def run_installed(self, name, *words, code=0):
        done = subprocess.run([self.prefix / name, *words], capture_output=True, text=True, check=False, env=harness.clean_environment())
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout

    def test_the_first_installation_in_order(self):
        build = harness.Path(harness.binary("cli/hmis")).parents[1]
        harness.run_tool(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", self.directory / "root"], "meson install")
        self.prefix = self.directory / "root/usr/local"
        self.assertTrue(any((self.prefix / "share/doc/hmis").iterdir()), "pages of this build")
        name = f"i_{secrets.token_hex(4)}"
        harness.run_tool(["createdb", "-h", self.sockets, "-U", "postgres", "-E", "UTF8", "-T", "template0", name], "createdb")
        admin = harness.Database(self.sockets, "postgres")
        self.addCleanup(admin.rows, f'drop database "{name}" with (force)', transaction=False)
        url = harness.Database(self.sockets, name).url()
        schema = ["--schema", self.prefix / "share/hmis/schema"]
        self.run_installed("bin/hmis", "migrate", "--database", url, *schema)
        self.assertEqual(self.run_installed("bin/hmis", "migrate", "--database", url, *schema, "--plan"), "nothing to do\n")
        password = self.directory / "password"
        password.write_text(secrets.token_urlsafe(16) + "\n", encoding="utf-8")
        self.run_installed("bin/hmis", "tenant", "add", "--database", url, "--code", "T1", "--name", "Trung tâm y tế", "--facility", "66001",
                           "--facility-name", "Trung tâm y tế", "--username", "quantri", "--password-file", password)
        stations = self.directory / "facilities.csv"
        stations.write_text("code;name;kind;level;parent_code;province_code\n66991;Trạm Y tế xã Mẫu;station;initial;66001;66\n", encoding="utf-8")
        self.run_installed("bin/hmis", "catalog", "import", "facilities", stations, "--database", url, "--tenant", "T1", "--apply")
        self.run_installed("bin/hmis", "user", "add", "--database", url, "--tenant", "T1", "--facility", "66991", "--username", "tram", "--roles",
                           "registrar,clinician", "--password-file", password)
        self.assertEqual(self.run_installed("bin/hmis", "tenant", "list", "--database", url).splitlines()[1].split("\t")[2:], ["2", "2", "f"])
        config = self.directory / "hmisd.ini"
        config.write_text(f"[http]\nlisten = unix:{self.directory}/http.sock\n[database]\nurl = {url}\n[jobs]\ndatabase_url = {url}\n", encoding="utf-8")
        self.run_installed("bin/hmis", "config", "--check", config)
        self.run_installed("sbin/hmisd", "--config", config, "--check-config")


class Backup(claims_kit.ClaimScenario):
    def test_a_restored_copy_is_the_same_and_sends_nothing_twice(self):
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        self.until_states({"received": self.visits})
        self.hmisd.stop()
        file, name = self.directory / "backup", f"b_{secrets.token_hex(4)}"
        harness.run_tool(["pg_dump", "-Fc", "-f", file, "-d", self.database.url()], "pg_dump")
        copy = harness.create_database(self.sockets, name, "template0")
        admin = harness.Database(self.sockets, "postgres")
        self.addCleanup(admin.rows, f'drop database "{name}" with (force)', transaction=False)
        harness.run_tool(["pg_restore", "--exit-on-error", "-d", copy.url(), file], "pg_restore")
        plan = harness.run_tool([harness.binary("cli/hmis"), "migrate", "--database", copy.url(), "--plan"], "hmis migrate", cwd=harness.ROOT)
        self.assertEqual(plan, "nothing to do\n")
        for table in ("care.visit", "bill.charge", "claim.version", "audit.change"):
            self.assertEqual(copy.value(f"select count(*) from {table}"), self.database.value(f"select count(*) from {table}"), table)
        self.database = copy
        self.open_jobs()
        claims = self.hmisd.client().login(places.account(self, copy, "claims", self.facility))
        items = self.check(claims.get(f"/v1/claims?month={self.month[:7]}&state=received"))["items"]
        self.assertEqual(len(items), self.visits)
        self.finish_run(self.start_run())
        receipts = [r["ma_lk"] for r in self.admin("GET", "/admin/receipts")]
        self.assertEqual((len(receipts), len(set(receipts))), (self.visits, self.visits))
        self.assertEqual(copy.value("select count(*) from claim.transmission where claim_id is not null"), str(self.visits))


class KeyChange(claims_kit.ClaimScenario):
    """Register the new certificate with the gateway, change the file, SIGHUP; what was signed before still verifies."""

    def restart_gateway(self):
        address = self.gateway.url.removeprefix("http://")
        self.gateway.kill()
        self.gateway.ready_file.unlink()
        self.gateway.command += ["--listen", address]
        self.gateway.start()

    def signers(self):
        return self.hmisd.log.read_text(encoding="utf-8").count("event=start role=signer ")

    def verify(self, file, certificate):
        done = subprocess.run([harness.binary("cli/hmis"), "claim", "verify", "--cert", certificate, file], capture_output=True, text=True,
                              check=False, env=harness.clean_environment())
        return done.returncode

    def test_old_claims_still_verify(self):
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        self.until_states({"received": 3})
        old = self.directory / "old.crt"
        shutil.copy(self.certificate, old)
        key, certificate = claims_kit.make_certificate(self.directory, "next")
        shutil.copyfile(certificate, self.certificate)
        self.restart_gateway()
        shutil.copyfile(key, self.key)
        before = self.signers()
        self.hmisd.process.send_signal(signal.SIGHUP)
        harness.until(lambda: self.signers() > before, "a signer with the new key")
        self.make_visits(2)
        self.start_run()
        self.until_states({"received": 5})
        rows = self.database.rows("select claim_id, convert_from(envelope, 'UTF8') as xml from claim.version order by claim_id")
        results = []
        for row in rows:
            file = self.directory / f"{row['claim_id']}.xml"
            file.write_text(row["xml"], encoding="utf-8", newline="")
            results.append((self.verify(file, old), self.verify(file, certificate)))
        self.assertEqual(results, [(0, 1)] * 3 + [(1, 0)] * 2)
