"""A killed process loses nothing that was answered 2xx and sends nothing twice."""

import os
import unittest

import harness
import rounds


class Kill(unittest.TestCase):
    def test_each_process_killed_in_turn_under_load(self):
        run = harness.Run("fault")
        self.addCleanup(run.end)
        results, _, faults = rounds.play_all(int(os.environ.get("HMIS_FAULT_ROUNDS", len(rounds.VICTIMS))), run)
        self.assertEqual(faults, [], "\n" + "\n".join(result.line() for result in results))
