#!/usr/bin/env python3
"""Pages made from the programs' own tables: gen.py HMIS HMISD ROLE_PERMISSION.tsv CONFIG.md ROUTES.md"""

import csv
import json
import os
import subprocess
import sys


def output(*command):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HMIS_")}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def config_page(hmis):
    return ("# Configuration\n\nMade from the table in the code (`hmis config --explain`).\n\n"
            + "".join(f"    {line}\n".replace("    \n", "\n") for line in output(hmis, "config", "--explain").splitlines()))


def roles_by_permission(path):
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {p: sorted(r["role"] for r in rows if r["permission"] == p) for p in {r["permission"] for r in rows}}


def route_lines(route, roles):
    permission = route["permission"]
    who = ("everybody, without a session" if permission is None else "every signed-in user" if permission == "any"
           else ", ".join(roles.get(permission, [])) + f" (`{permission}`)")
    yield f"### `{route['method']} {route['path']}` → {route['status']}\n"
    yield f"{route['summary_vi']} / {route['summary_en']}\n"
    yield f"For: {who}."
    queries = [f"`{p['name']}`" + (" (required)" if p["required"] else "") for p in route["params"] if p["in"] == "query"]
    if queries:
        yield f"Query: {', '.join(queries)}."
    if route["idem"]:
        yield "Takes `Idempotency-Key`."
    if route["if_match"]:
        yield "Needs `If-Match`."
    if route["body"] is not None:
        yield f"\n    {json.dumps(route['body'], ensure_ascii=False)}"
    yield ""


def routes_page(hmisd, roles):
    lines = ["# Routes\n", "Made from the route tables (`hmisd --dump-routes`). What holds for all of them: docs/api.md of the sources; "
             "schemas and problems: `GET /openapi.json`. `@name` in an example stands for an id or value of your own.\n"]
    noun = None
    for route in json.loads(output(hmisd, "--dump-routes")):
        if route["noun"] != noun:
            noun = route["noun"]
            lines.append(f"## {noun}\n")
        lines += route_lines(route, roles)
    return "\n".join(lines)


def main():
    hmis, hmisd, permissions, config, routes = sys.argv[1:]
    for path, text in ((config, config_page(hmis)), (routes, routes_page(hmisd, roles_by_permission(permissions)))):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
