import secrets

import places

SYMBOLS = {
    "username": lambda world: world.account.username,
    "password": lambda world: world.account.password,
    "new_password": lambda world: secrets.token_hex(8),
    "facility_code": lambda world: places.CENTRE,
    "user": lambda world: world.made(
        "/v1/users", {"username": f"u{secrets.token_hex(5)}", "full_name": "Trần Bình", "password": secrets.token_hex(8)})["id"],
}
