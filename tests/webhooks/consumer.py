"""What another team would write to receive our webhooks, from the specification alone.

It keeps, per customer, the map with the highest sequence number; messages may come in any order
and more than once.
"""

import base64
import hashlib
import hmac
import json
import time

TOLERANCE_SECONDS = 300


class Consumer:
    def __init__(self, secret, clock=time.time):
        self.key = base64.b64decode(secret.removeprefix("whsec_"))
        self.clock, self.seen, self.newest, self.maps = clock, set(), {}, {}

    def receive(self, headers, body):
        """Return the HTTP status to answer."""
        sent_at = headers["webhook-timestamp"]
        if abs(self.clock() - int(sent_at)) > TOLERANCE_SECONDS:
            return 400
        signed = f"{headers['webhook-id']}.{sent_at}.".encode() + body
        ours = base64.b64encode(hmac.new(self.key, signed, hashlib.sha256).digest()).decode()
        offered = [each.removeprefix("v1,") for each in headers["webhook-signature"].split()]
        if not any(hmac.compare_digest(ours, each) for each in offered):
            return 401
        if headers["webhook-id"] not in self.seen:
            self.seen.add(headers["webhook-id"])
            self.keep(json.loads(body))
        return 204

    def keep(self, message):
        customer = message.get("customer")
        if customer and message["sequence"] > self.newest.get(customer["telegram_id"], 0):
            self.newest[customer["telegram_id"]] = message["sequence"]
            self.maps[customer["telegram_id"]] = customer["entitlements"]
