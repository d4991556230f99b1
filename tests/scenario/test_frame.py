"""What every route promises, whatever it is about: identity, scope, idempotency, versions, paging, and clear
answers when PostgreSQL is slow, full or gone. The routes of users serve as the example."""

import json
import secrets
import threading
import time
import urllib.parse

import harness
import places
from harness import Scenario, until

PASSWORD = secrets.token_hex(8)


def together(count, work):
    """Runs work(i) in `count` threads at once; their results in order."""
    results, gate = [None] * count, threading.Barrier(count)

    def one(i):
        gate.wait()
        results[i] = work(i)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class Frame(Scenario):
    """A service with one administrator of the centre, signed in."""

    CONFIG = {}

    def setUp(self):
        self.database = places.fill(self.create_database())
        self.admin_account = places.account(self, self.database, "admin,registrar", username="admin")
        self.hmisd = self.service(self.database, self.CONFIG)
        self.admin = self.hmisd.client().login(self.admin_account)

    def new_client(self):
        client = self.hmisd.client()
        client.token = self.admin.token
        return client

    def user(self, name, **more):
        return {"username": name, "full_name": "Trần Thử", "password": PASSWORD, **more}

    def slow(self, function, arguments, seconds, result):
        """Replaces an api function of this test's database by one that takes its time."""
        self.database.rows(
            f"create or replace function api.{function}({arguments}) returns setof api.reply language plpgsql "
            f"security definer as $f$ begin perform pg_sleep({seconds}); return next {result}::api.reply; end $f$")

    def assert_problem(self, answer, status, code):
        self.assertEqual((answer.status, answer.json["code"]), (status, code), answer)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        self.assertEqual(answer.json["status"], status)
        self.assertTrue(answer.json["title_vi"] and answer.json["title_en"])
        self.assertEqual(answer.json["request_id"], answer.headers["x-request-id"])


class Identity(Frame):
    CONFIG = {"session": {"login_failures": 3, "lock_delay": "60 s"}}

    def login(self, username, password, **more):
        return self.hmisd.client().post("/v1/sessions", {"username": username, "password": password, **more}, key=False)

    def test_wrong_name_and_wrong_password_look_alike(self):
        wrong = self.login("admin", "not this one")
        unknown = self.login("nobody", "not this one")
        for answer in (wrong, unknown):
            self.assert_problem(answer, 401, "session.wrong_password")
        without_id = lambda a: {k: v for k, v in a.json.items() if k != "request_id"}
        self.assertEqual(without_id(wrong), without_id(unknown))

    def test_failures_lock_a_name_whether_it_exists_or_not(self):
        for name in ("admin", "nobody"):
            for _ in range(3):
                self.assert_problem(self.login(name, "not this one"), 401, "session.wrong_password")
            locked = self.login(name, "not this one")
            self.assert_problem(locked, 429, "session.locked")
            self.assertTrue(0 < int(locked.headers["retry-after"]) <= 60)
        self.assert_problem(self.login("admin", self.admin_account.password), 429, "session.locked")
        self.database.rows("update sec.login_attempt set locked_until = now()")
        self.assertEqual(self.login("admin", self.admin_account.password).status, 201)
        # success forgets the failures: the next wrong one does not lock again
        self.assert_problem(self.login("admin", "not this one"), 401, "session.wrong_password")
        self.assertEqual(self.login("admin", self.admin_account.password).status, 201)

    def test_parallel_guesses_do_not_outrun_the_lock(self):
        answers = together(12, lambda i: self.login("admin", f"guess number {i}"))
        self.assertLessEqual(sum(a.status == 401 for a in answers), 3)

    def test_a_flood_of_sign_ins_from_one_address_is_braked(self):
        answers = [self.login(f"name{i}", "whatever it is") for i in range(45)]
        self.assertIn(429, [a.status for a in answers])

    def test_token_is_known_to_the_client_alone(self):
        stored = self.database.rows("select s::text as text from sec.session s")
        self.assertTrue(stored)
        self.assertNotIn(self.admin.token, str(stored))

    def test_a_session_ends(self):
        def renew():
            return self.hmisd.client().login(self.admin_account)

        cases = {
            "idle": "update sec.session set seen_at = now() - idle",
            "absolute": "update sec.session set expires_at = now()",
            "revoked": "update sec.session set revoked_at = now()",
            "locked": "update sec.user set is_active = false where username = 'admin'",
        }
        for name, sql in cases.items():
            with self.subTest(name):
                client = renew()
                self.assertEqual(client.get("/v1/sessions/current").status, 200)
                self.database.rows(sql)
                self.assert_problem(client.get("/v1/sessions/current"), 401, "session.invalid")
        self.database.rows("update sec.user set is_active = true")
        client = renew()
        self.assertEqual(client.delete("/v1/sessions/current").status, 204)
        self.assert_problem(client.get("/v1/sessions/current"), 401, "session.invalid")

    def test_requests_keep_a_session_alive(self):
        self.database.rows("update sec.session set seen_at = now() - interval '30 minutes'")
        self.assertEqual(self.admin.get("/v1/sessions/current").status, 200)
        self.assertTrue(self.database.value("select seen_at > now() - interval '1 minute' from sec.session"))

    def test_without_or_with_a_false_token(self):
        nobody = self.hmisd.client()
        self.assert_problem(nobody.get("/v1/users"), 401, "session.missing")
        for token in ("x", "A" * 43, "é" * 20):
            answer = nobody.get("/v1/users", authorization=f"Bearer {token}".encode().decode("latin-1"))
            self.assert_problem(answer, 401, "session.invalid")

    def test_changing_the_password_ends_the_other_sessions(self):
        other = self.hmisd.client().login(self.admin_account)
        change = {"old": self.admin_account.password, "new": "wrong no more"}
        self.assert_problem(self.admin.put("/v1/sessions/current/password", {**change, "old": "no, wrong"}, None), 422,
                            "password.wrong_old")
        self.assert_problem(self.admin.put("/v1/sessions/current/password", {**change, "new": "short"}, None), 422,
                            "password.weak")
        self.assertEqual(self.admin.put("/v1/sessions/current/password", change, None).status, 204)
        self.assertEqual(self.admin.get("/v1/sessions/current").status, 200)
        self.assert_problem(other.get("/v1/sessions/current"), 401, "session.invalid")
        self.assertEqual(self.login("admin", "wrong no more").status, 201)


class Scope(Frame):
    def test_a_role_may_do_only_its_part(self):
        registrar = self.hmisd.client().login(places.account(self, self.database, "registrar"))
        self.assert_problem(registrar.get("/v1/users"), 403, "permission.denied")
        self.assert_problem(registrar.post("/v1/users", self.user("x1")), 403, "permission.denied")

    def test_grants_end_at_the_subtree(self):
        station = self.hmisd.client().login(places.account(self, self.database, "admin", places.STATION_A))
        self.assert_problem(station.get("/v1/users", x_facility=places.STATION_B), 403, "facility.not_granted")
        self.assertEqual(station.get("/v1/users", x_facility=places.STATION_A).status, 200)
        admin = self.database.value("select user_id from sec.user where username = 'admin'")
        self.assert_problem(station.get(f"/v1/users/{admin}"), 404, "user.not_found")
        answer = station.post("/v1/users", self.user("x2", grants=[{"role": "admin", "facility": places.CENTRE}]))
        self.assert_problem(answer, 422, "facility.unknown")
        self.assertEqual(answer.json["errors"][0]["pointer"], "/grants/0/facility")

    def test_another_tenant_sees_nothing(self):
        other = self.hmisd.client().login(
            places.account(self, self.database, "admin", places.OTHER_CENTRE, "T2", "other"))
        names = [u["username"] for u in other.get("/v1/users").json["items"]]
        self.assertEqual(names, ["other"])
        admin = self.database.value("select user_id from sec.user where username = 'admin'")
        self.assert_problem(other.get(f"/v1/users/{admin}"), 404, "user.not_found")
        self.assert_problem(other.get("/v1/users", x_facility=places.CENTRE), 403, "facility.not_granted")

    def test_the_same_name_in_two_tenants_needs_the_tenant(self):
        other = places.account(self, self.database, "admin", places.OTHER_CENTRE, "T2", "admin")
        body = {"username": "admin", "password": other.password}
        client = self.hmisd.client()
        self.assert_problem(client.post("/v1/sessions", body, key=False), 401, "session.wrong_password")
        answer = client.post("/v1/sessions", {**body, "tenant": "T2"}, key=False)
        self.assertEqual(answer.json["user"]["facility"], places.OTHER_CENTRE)

    def test_a_changed_grant_holds_at_once(self):
        made = self.admin.post("/v1/users", self.user("x3", grants=[{"role": "admin", "facility": places.STATION_A}]))
        self.assertEqual(made.status, 201, made)
        account = type("A", (), {"username": "x3", "password": PASSWORD})
        client = self.hmisd.client().login(account)
        self.assertEqual(client.get("/v1/users").status, 200)
        changed = self.admin.patch(f"/v1/users/{made.json['id']}", {"grants": []}, made.etag)
        self.assertEqual(changed.status, 200, changed)
        self.assert_problem(client.get("/v1/users"), 403, "permission.denied")

    def test_a_grant_holds_for_its_days_only(self):
        grants = [{"role": "admin", "facility": places.CENTRE, "from": "2020-01-01", "to": "2020-12-31"}]
        self.assertEqual(self.admin.post("/v1/users", self.user("x4", grants=grants)).status, 201)
        account = type("A", (), {"username": "x4", "password": PASSWORD})
        self.assert_problem(self.hmisd.client().login(account).get("/v1/users"), 403, "permission.denied")


class Writing(Frame):
    def test_one_key_one_effect_even_at_once(self):
        answers = together(8, lambda i: self.new_client().post("/v1/users", self.user("race"), key="race-1"))
        self.assertEqual({a.status for a in answers}, {201}, answers)
        self.assertEqual(len({a.body for a in answers}), 1)
        self.assertEqual(sum("idempotent-replayed" in a.headers for a in answers), 7)
        self.assertEqual(self.database.value("select count(*) from sec.user where username = 'race'"), "1")

    def test_a_key_with_another_body_is_refused(self):
        self.assertEqual(self.admin.post("/v1/users", self.user("k1"), key="k-1").status, 201)
        self.assert_problem(self.admin.post("/v1/users", self.user("k2"), key="k-1"), 409, "idempotency.key_reused")
        self.assertEqual(self.database.value("select count(*) from sec.user where username = 'k2'"), "0")

    def test_a_failed_request_leaves_its_key_free(self):
        self.assert_problem(self.admin.post("/v1/users", self.user("BAD NAME"), key="k-2"), 422, "value.refused")
        self.assertEqual(self.admin.post("/v1/users", self.user("good"), key="k-2").status, 201)

    def test_an_expired_key_may_be_used_anew(self):
        self.assertEqual(self.admin.post("/v1/users", self.user("old"), key="k-3").status, 201)
        self.database.rows("update sec.idempotency set expires_at = now()")
        self.assertEqual(self.admin.post("/v1/users", self.user("new"), key="k-3").status, 201)

    def test_keys_belong_to_a_user(self):
        self.assertEqual(self.admin.post("/v1/users", self.user("mine"), key="k-4").status, 201)
        other = self.hmisd.client().login(places.account(self, self.database, "admin"))
        self.assertEqual(other.post("/v1/users", self.user("theirs"), key="k-4").status, 201)

    def test_a_bad_key_is_named(self):
        for key in ("x" * 129, "a b"):
            answer = self.admin.post("/v1/users", self.user("bk"), key=key)
            self.assert_problem(answer, 422, "request.parameter")
            self.assertEqual(answer.json["errors"][0]["pointer"], "?Idempotency-Key")

    def test_a_change_says_which_version_it_saw(self):
        made = self.admin.post("/v1/users", self.user("ver"))
        path = f"/v1/users/{made.json['id']}"
        self.assert_problem(self.admin.patch(path, {"full_name": "A"}, None), 428, "version.needed")
        self.assert_problem(self.admin.patch(path, {"full_name": "A"}, '"99"'), 412, "version.changed")
        first = self.admin.patch(path, {"full_name": "A"}, made.etag)
        self.assertEqual((first.status, first.etag), (200, '"2"'))
        self.assert_problem(self.admin.patch(path, {"full_name": "B"}, made.etag), 412, "version.changed")
        self.assertEqual(self.admin.get(path).json["full_name"], "A")
        self.assertEqual(self.admin.get(path, if_none_match=first.etag).status, 304)

    def test_of_two_changes_at_once_one_wins(self):
        made = self.admin.post("/v1/users", self.user("duel"))
        answers = together(6, lambda i: self.new_client().patch(
            f"/v1/users/{made.json['id']}", {"full_name": f"Name {i}"}, made.etag))
        self.assertEqual(sorted(a.status for a in answers), [200] + [412] * 5)

    def test_a_constraint_becomes_a_problem_with_its_field(self):
        self.assertEqual(self.admin.post("/v1/users", self.user("twice")).status, 201)
        taken = self.admin.post("/v1/users", self.user("twice"))
        self.assert_problem(taken, 409, "user.username_taken")
        self.assertEqual(taken.json["errors"][0]["pointer"], "/username")
        refused = self.admin.post("/v1/users", self.user("No Capitals"))
        self.assert_problem(refused, 422, "value.refused")
        self.assertEqual(refused.json["errors"][0]["pointer"], "/username")

    def test_what_is_not_json_is_refused_before_anything_happens(self):
        def post(body, content="application/json"):
            return self.admin.request("POST", "/v1/users", body, {"Content-Type": content})

        for body in (b"{", b"{}}", b'{"a":\x01}', b'{"a":"\xff"}', b"[" * 100 + b"]" * 100, b'{"a":01}', b"\xef\xbb\xbf{}"):
            with self.subTest(body[:10]):
                self.assert_problem(post(body), 400, "request.not_json")
        self.assert_problem(post(b""), 400, "request.no_body")
        self.assert_problem(post(b"{}", "text/plain"), 415, "request.media_type")
        self.assertEqual(post(b"{" + b" " * 70000 + b"}").status, 413)
        self.assert_problem(self.admin.post("/v1/users", [1]), 422, "value.missing")
        self.assert_problem(self.admin.post("/v1/users", self.user("nul", full_name="a\u0000b")), 422, "value.malformed")
        self.assert_problem(self.admin.post("/v1/users", self.user("more", colour="red")), 422, "value.unknown_member")

    def test_language_of_titles(self):
        answer = self.admin.get("/v1/nothing", accept_language="en-GB,en;q=0.9")
        self.assertEqual(answer.json["title"], answer.json["title_en"])
        answer = self.admin.get("/v1/nothing", accept_language="vi")
        self.assertEqual(answer.json["title"], answer.json["title_vi"])


class Reading(Frame):
    def test_pages_hold_everything_once(self):
        for i in range(7):
            self.assertEqual(self.admin.post("/v1/users", self.user(f"page{i}")).status, 201)
        seen, path = [], "/v1/users?limit=3&q=tr%E1%BA%A7n"
        while path:
            answer = self.admin.get(path)
            self.assertEqual(answer.status, 200, answer)
            seen += [u["username"] for u in answer.json["items"]]
            link = answer.headers.get("link")
            path = link and link.split(">")[0].lstrip("<")
            if path:
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
                self.assertEqual((query["limit"], query["q"]), (["3"], ["trần"]))
                self.assertTrue(link.endswith('>; rel="next"'))
        self.assertEqual(seen, [f"page{i}" for i in range(7)])

    def test_each_wrong_parameter_is_named(self):
        answer = self.admin.get("/v1/users?limit=0&q=&colour=red")
        self.assert_problem(answer, 422, "request.parameter")
        self.assertEqual({e["pointer"] for e in answer.json["errors"]}, {"?limit", "?q", "?colour"})

    def test_paths_and_methods(self):
        for path in ("/v1/users/", "/v1/users/0", "/v1/users/9007199254740992", "/v1/users/x", "/v1/users/1/x", "/"):
            with self.subTest(path):
                self.assert_problem(self.admin.get(path), 404, "not_found")
        answer = self.admin.request("DELETE", "/v1/users")
        self.assert_problem(answer, 405, "method.not_allowed")
        self.assertEqual(set(answer.headers["allow"].split(", ")), {"GET", "HEAD", "POST"})
        self.assertEqual(self.admin.request("HEAD", "/v1/users").body, b"")


class Trouble(Frame):
    CONFIG = {"database": {"pool": 1, "read_depth": 1, "waiting": 2, "statement_timeout": "3 s"}}
    USER = "row(200, '{}', null, null, null, null)"

    def backends(self):
        return self.database.rows("select pid, state from pg_stat_activity where usename = 'hmis_worker' "
                                  "and datname = current_database()")

    def kill_backends(self):
        self.database.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'hmis_worker' "
                           "and datname = current_database()")

    def busy(self):
        return self.database.value("select count(*) from pg_stat_activity where usename = 'hmis_worker' "
                                   "and datname = current_database() and wait_event = 'PgSleep'") != "0"

    def in_background(self, work):
        result = []
        thread = threading.Thread(target=lambda: result.append(work()))
        thread.start()
        self.addCleanup(thread.join)
        return lambda: (thread.join(), result[0])[1]

    def test_a_write_whose_backend_dies_is_503_and_the_next_is_served(self):
        self.slow("user_create", "body jsonb, password_hash text", 2, self.USER)
        answer = self.in_background(lambda: self.new_client().post("/v1/users", self.user("dies")))
        until(self.busy, "the request reaches the database")
        self.kill_backends()
        self.assert_problem(answer(), 503, "busy.database")
        until(lambda: self.admin.get("/v1/users").status == 200, "the pool connects again")

    def test_a_failed_batch_does_not_poison_its_connection(self):
        for i in range(5):
            self.assertEqual(self.admin.post("/v1/users", self.user("BAD")).status, 422)
            self.assertEqual(self.admin.get("/v1/users").status, 200)

    def test_a_full_queue_is_503_at_once(self):
        self.slow("user_get", "id bigint", 1, self.USER)
        started = time.monotonic()
        answers = together(6, lambda i: (self.new_client().get("/v1/users/1"), time.monotonic() - started))
        refused = [(a, t) for a, t in answers if a.status == 503]
        self.assertEqual(len(refused), 3, answers)
        for answer, seconds in refused:
            self.assert_problem(answer, 503, "busy.database")
            self.assertEqual(answer.headers["retry-after"], "1")
            self.assertLess(seconds, 1)
        self.assertEqual({a.status for a, _ in answers if a.status != 503}, {200})

    def test_a_statement_that_takes_too_long_is_cut(self):
        self.slow("user_get", "id bigint", 30, self.USER)
        self.assert_problem(self.admin.get("/v1/users/1"), 503, "busy.too_slow")
        self.assertEqual(self.admin.get("/v1/users").status, 200)

    def test_database_away_and_back(self):
        name = self.database.value("select current_database()")
        admin = harness.Database(self.sockets, "postgres")
        admin.rows(f'alter database "{name}" allow_connections false')
        try:
            admin.rows(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
            until(lambda: self.admin.get("/health/ready").status == 503, "ready turns 503")
            self.assert_problem(self.admin.get("/v1/users"), 503, "busy.database")
            self.assertEqual(self.admin.get("/health/live").status, 200)
        finally:
            admin.rows(f'alter database "{name}" allow_connections true')
        until(lambda: self.admin.get("/v1/users").status == 200, "the service recovers by itself")

    def test_a_serialization_failure_is_tried_once_more(self):
        self.database.rows("create sequence public.tries; grant usage on sequence public.tries to public")
        self.database.rows(
            "create or replace function api.user_get(id bigint) returns setof api.reply language plpgsql security definer "
            "as $f$ begin if nextval('public.tries') = 1 then raise serialization_failure; end if; "
            f"return next {self.USER}::api.reply; end $f$")
        self.assertEqual(self.admin.get("/v1/users/1").status, 200)
        self.assertEqual(self.database.value("select last_value from public.tries"), "2")
        self.database.rows("create or replace function api.user_get(id bigint) returns setof api.reply language plpgsql "
                           "as $f$ begin raise serialization_failure; end $f$")
        self.assert_problem(self.admin.get("/v1/users/1"), 503, "busy.conflict")

    def test_a_changed_result_type_is_prepared_anew(self):
        def retries():
            text = self.admin.get("/metrics").body.decode()
            return int(next(line.split()[-1] for line in text.splitlines() if line.startswith("hmis_pg_retries_total")))

        self.assertEqual(self.admin.get("/v1/users/1").status, 404)  # prepared on the only connection
        self.database.rows(
            "alter type api.reply add attribute extra text; drop function api.user_get(bigint); "
            "create function api.user_get(id bigint) returns setof api.reply language plpgsql as $f$ begin "
            "return next row(200, '{}', null, null, null, null, 'x')::api.reply; end $f$")
        self.assertEqual(self.admin.get("/v1/users/1").status, 200)
        until(lambda: retries() == 1, "the statement was prepared anew, once")
        self.assertEqual(self.admin.get("/v1/users/1").status, 200)

    def test_our_own_fault_is_500_without_details(self):
        self.database.rows("create or replace function api.user_get(id bigint) returns setof api.reply language plpgsql "
                           "as $f$ begin raise exception 'secret of Nguyễn Văn A'; end $f$")
        answer = self.admin.get("/v1/users/1")
        self.assert_problem(answer, 500, "internal")
        self.assertNotIn("Nguy", answer.body.decode())


class Depth(Frame):
    CONFIG = {"database": {"pool": 2, "read_depth": 4}}

    def test_a_killed_read_is_asked_again_elsewhere(self):
        self.database.rows(
            "create or replace function api.user_get(id bigint) returns setof api.reply language plpgsql security definer "
            "as $f$ begin perform pg_sleep(1); return next row(200, pg_backend_pid()::text, null, null, null, null)::api.reply; "
            "end $f$")
        results = []
        thread = threading.Thread(target=lambda: results.append(self.new_client().get("/v1/users/1")))
        thread.start()
        sleeping = ("select pid from pg_stat_activity where usename = 'hmis_worker' and wait_event = 'PgSleep' "
                    "and datname = current_database()")
        until(lambda: self.database.rows(sleeping), "the read runs")
        self.database.rows(f"select pg_terminate_backend(pid) from ({sleeping}) s")
        thread.join()
        self.assertEqual(results[0].status, 200, results[0])

    def test_many_at_once_get_their_own_answers(self):
        ids = [self.admin.post("/v1/users", self.user(f"own{i}")).json["id"] for i in range(12)]

        def reads(i):
            client = self.new_client()
            return [client.get(f"/v1/users/{ids[(i + k) % 12]}").json["id"] == ids[(i + k) % 12] for k in range(25)]

        self.assertTrue(all(all(r) for r in together(12, reads)))


class Chaos(Frame):
    CONFIG = {"database": {"pool": 4, "read_depth": 4}}
    CLIENTS, ROUNDS = 8, 40

    def test_backends_killed_under_load_lose_nothing_that_was_answered(self):
        over = threading.Event()

        def kill():
            while not over.wait(0.05):
                self.database.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'hmis_worker' "
                                   "and datname = current_database() order by random() limit 2")

        def work(i):
            client, made, seen = self.new_client(), [], set()
            for n in range(self.ROUNDS):
                name = f"chaos-{i}-{n}"
                answer = client.patch(f"/v1/users/{ids[i]}", {"full_name": name}, "*")
                seen.add(answer.status)
                if answer.status == 200:
                    made.append(name)
                read = client.get(f"/v1/users/{ids[i]}")
                seen.add(read.status)
                if read.status == 200:
                    self.assertEqual(read.json["id"], ids[i])
            return made, seen

        ids = [self.admin.post("/v1/users", self.user(f"chaos{i}")).json["id"] for i in range(self.CLIENTS)]
        killer = threading.Thread(target=kill)
        killer.start()
        try:
            results = together(self.CLIENTS, work)
        finally:
            over.set()
            killer.join()
        self.assertLessEqual(set().union(*(seen for _, seen in results)), {200, 503})
        for i, (made, _) in enumerate(results):
            until(lambda i=i: self.admin.get(f"/v1/users/{ids[i]}").status == 200, "the service recovers")
            changes = self.database.rows(
                "select after ->> 'full_name' as name from audit.change where table_name = 'sec.user' and op = 'U' "
                f"and keys = array[{ids[i]}]::bigint[]")
            names = [c["name"] for c in changes]
            self.assertTrue(made, "some writes succeed")
            for name in made:
                self.assertEqual(names.count(name), 1, f"{name}: answered 200, so written once")


class Description(Frame):
    def test_openapi_names_every_route(self):
        document = self.admin.get("/openapi.json").json
        self.assertEqual(document["openapi"], "3.1.0")
        dumped = json.loads(harness.run_tool([harness.binary("server/hmisd"), "--dump-routes"], "dump"))
        for route in dumped:
            operation = document["paths"][route["path"]][route["method"].lower()]
            self.assertIn(str(route["status"]), operation["responses"])
        ids = [op["operationId"] for path in document["paths"].values() for op in path.values()]
        self.assertEqual(len(ids), len(set(ids)))

    def test_metrics_are_prometheus_text(self):
        text = self.admin.get("/metrics").body.decode()
        for name in ("hmis_http_request_seconds_bucket", "hmis_pg_connections_ready", "hmis_pg_batches_total"):
            self.assertIn(name, text)
