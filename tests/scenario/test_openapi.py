"""The API description at /openapi.json holds against a public validator and names every route that is served."""

import json
import subprocess
import sys
from pathlib import Path

import harness
import places

sys.path.insert(0, str(Path(harness.ROOT) / "tests" / "tools"))
import npm  # noqa: E402


class OpenApi(harness.Scenario):
    def description(self):
        service = self.service(places.fill(self.create_database()))
        return self.check(service.client().get("/openapi.json"))

    def test_a_public_validator_accepts_the_description(self):
        file = Path(self.directory) / "openapi.json"
        file.write_text(json.dumps(self.description()), encoding="utf-8")
        place = npm.installed(Path(harness.ROOT) / "tests" / "tools" / "openapi")
        done = subprocess.run(["node", "validate.mjs", file], cwd=place, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[:4000])

    def test_every_route_is_described_in_both_languages(self):
        dump = subprocess.run([harness.binary("server/hmisd"), "--dump-routes"], capture_output=True, text=True, check=True,
                              env=harness.clean_environment())
        routes = json.loads(dump.stdout)
        routes = routes["routes"] if isinstance(routes, dict) else routes
        paths = self.description()["paths"]
        described = sum(len([m for m in methods if m in ("get", "post", "put", "patch", "delete")]) for methods in paths.values())
        self.assertGreaterEqual(described, len(routes) - 1)  # the description may leave itself out
        for path, methods in paths.items():
            for method, operation in methods.items():
                if method in ("get", "post", "put", "patch", "delete"):
                    self.assertTrue(operation.get("summary"), f"{method} {path}")
