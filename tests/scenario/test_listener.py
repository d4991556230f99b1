"""What the jobs process hears from PostgreSQL: each notification, and a wake-up after every (re)connection."""

from harness import Program, Scenario, binary, until


class Listener(Program):
    def __init__(self, database, directory):
        super().__init__("listener", [binary("tests/unit/server/listen_test_main"), database.url("hmis_jobs"),
                                      "one", "two"], directory)

    def lines(self):
        return self.log.read_text().splitlines() if self.log.exists() else []

    def heard(self, line):
        return self.lines().count(line)

    def is_ready(self):
        return self.heard("one -") and self.heard("two -")


class Notifications(Scenario):
    def test_each_is_heard_and_a_lost_connection_wakes_again(self):
        database = self.create_database()
        listener = self.started(Listener(database, self.new_directory("listener")))
        for i in range(3):
            database.rows(f"notify one, 'n{i}'")
        until(lambda: all(listener.heard(f"one n{i}") == 1 for i in range(3)), "all notifications")
        database.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'hmis_jobs' "
                      "and datname = current_database()")
        until(lambda: listener.heard("one -") == 2 and listener.heard("two -") == 2, "a wake-up after the reconnection")
        database.rows("notify two, 'again'")
        until(lambda: listener.heard("two again") == 1, "notifications after the reconnection")
