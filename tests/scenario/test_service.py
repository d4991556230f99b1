"""From an empty database to a signed-in user, and what the service's log keeps to itself."""

import json

import harness
import places


class SignIn(harness.Scenario):
    def setUp(self):
        database = places.fill(self.create_database())
        self.account = places.account(self, database, "registrar")
        self.service = self.started(harness.Service(database, self.new_directory("hmisd")))

    def test_a_user_of_the_command_line_signs_in(self):
        client = self.service.client().login(self.account)
        self.assertTrue(client.token)

    def test_the_log_holds_neither_password_nor_token(self):
        client = self.service.client().login(self.account)
        client.get("/v1/users")
        self.service.stop()
        log = self.service.log.read_text(encoding="utf-8")
        self.assertIn("/v1/sessions", log)
        self.assertNotIn(self.account.password, log)
        self.assertNotIn(client.token, log)

    def test_a_request_under_way_is_answered_before_the_service_ends(self):
        body = json.dumps({"username": self.account.username, "password": self.account.password}).encode()
        connection = self.service.client().connect()
        connection.connect()
        head = (f"POST /v1/sessions HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n")
        connection.sock.sendall(head.encode())
        self.assertIn(b"100 Continue", connection.sock.recv(100))  # the service has the head now
        self.service.process.terminate()
        connection.sock.sendall(body)
        self.assertRegex(connection.sock.recv(100), rb"^HTTP/1.1 201 ")
