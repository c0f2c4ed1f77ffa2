"""Makes profiles for the users of the log, so that they can be written to: a number, consent (nine of ten give it), and a zone.

    python profiles.py FILE USERS
"""

import sys

ZONES = ["Asia/Kolkata", "Asia/Kolkata", "Asia/Dubai", "Asia/Jakarta", "Europe/London", "America/New_York", "America/Sao_Paulo", "Australia/Sydney"]
COLUMNS = "user=user_id"


def main(path, users):
    with open(path, "w", buffering=1 << 22) as file:
        for user in range(1, int(users) + 1):
            consents = "false" if user % 10 == 0 else "true"
            file.write(f'{{"user_id":{user},"phone":"+9198{user:08}","whatsapp":{consents},"tz":"{ZONES[user * 7 % 11 % 8]}"}}\n')


if __name__ == "__main__":
    main(*sys.argv[1:])
