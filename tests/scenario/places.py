"""Two synthetic tenants with facilities, for scenario tests: small, fixed, made through the real tables."""

import harness

SQL = """
insert into org.tenant (tenant_id, code, name) values (1, 'T1', 'Centre one'), (2, 'T2', 'Centre two');
insert into org.facility (tenant_id, facility_id, code, name, kind, level, parent_id, province_code) values
    (1, 10, '66001', 'TTYT một', 'centre', 'basic', null, '66'),
    (1, 11, '66002', 'TYT xã A', 'station', 'initial', 10, '66'),
    (1, 12, '66003', 'TYT xã B', 'station', 'initial', 10, '66'),
    (2, 20, '67001', 'TTYT hai', 'centre', 'basic', null, '67');
"""
TENANT, OTHER_TENANT = "T1", "T2"
CENTRE, STATION_A, STATION_B, OTHER_CENTRE = "66001", "66002", "66003", "67001"


def fill(database):
    """Tenant T1: CENTRE above STATION_A and STATION_B; tenant T2: OTHER_CENTRE."""
    for statement in SQL.split(";\n"):
        if statement.strip():
            database.rows(statement)
    return database


def account(test, database, roles, facility=CENTRE, tenant=TENANT, username=None):
    """A user made by `hmis user add`."""
    return harness.Account(database, test.directory, roles, tenant, facility, username)
