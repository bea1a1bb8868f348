"""What an item that was taken in must look like when it is read back: the rules of the API's description, written down a second time."""
import datetime
import json
import math
import re

ID_BYTES_MAX, AMOUNT_MAX, QUANTITY_MAX, LINES_MAX = 512, 1e12, 1e9, 10_000
# What is read nests up to 64 deep; dialects put it up to two levels deeper.
DEPTH_MAX = 66
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", re.ASCII)


def is_text(value):
    return isinstance(value, str) and "\0" not in value


def is_id(value):
    return is_text(value) and 1 <= len(value.encode()) <= ID_BYTES_MAX


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number(low, high):
    return lambda value: is_number(value) and low <= value <= high


def integer(low, high):
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_flag(value):
    return isinstance(value, bool)


def is_time(value):
    if not isinstance(value, str) or not TIME.fullmatch(value):
        return False
    try:
        datetime.datetime.fromisoformat(value[:19])
    except ValueError:
        return False
    return True


def is_past(value):
    """An event does not lie further ahead than a day; a minute more for the time that the run takes."""
    limit = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1, minutes=1)
    return is_time(value) and datetime.datetime.fromisoformat(value[:19] + "+00:00") <= limit


def is_date(value):
    try:
        return isinstance(value, str) and bool(datetime.date.fromisoformat(value)) and len(value) == 10
    except ValueError:
        return False


def is_currency(value):
    return isinstance(value, str) and bool(re.fullmatch(r"[A-Z]{3}", value, re.ASCII))


def is_source(value):
    return isinstance(value, str) and bool(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", value, re.ASCII))


def is_object(value):
    return isinstance(value, dict)


def is_list(value):
    return isinstance(value, list)


def choice(*words):
    return lambda value: value in words


def flags(value):
    return isinstance(value, dict) and all(isinstance(flag, bool) for flag in value.values())


def object_of(fields):
    """Known fields are as they should be; others may stand beside them."""
    return lambda value: isinstance(value, dict) and all(check(value[name]) for name, check in fields.items() if name in value)


def list_of(fields):
    check = object_of(fields)
    return lambda value: isinstance(value, list) and len(value) <= LINES_MAX and all(check(item) for item in value)


AMOUNT, QUANTITY = number(0, AMOUNT_MAX), number(0, QUANTITY_MAX)
PERSON = {"userId": is_id, "anonymousId": is_id, "loyaltyId": is_id, "email": is_text, "phone": is_text}
PRODUCT = {"productId": is_id, "productName": is_text, "brand": is_text, "category": is_text, "variant": is_text, "price": AMOUNT, "quantity": QUANTITY}
SENTIMENT = {
    "score": number(-1, 1), "magnitude": number(0, AMOUNT_MAX), "sentences": list_of({"text": is_text, "score": number(-1, 1)})}
EVENT = PERSON | PRODUCT | {
    "_id": is_id, "eventId": is_id, "messageId": is_id, "eventName": is_id, "eventTimestamp": is_past, "receivedAt": is_time, "sessionId": is_id,
    "currency": is_currency, "orderId": is_id, "coupon": is_text, "engagementTimeMsec": integer(0, 366 * 86_400_000), "eventDate": is_text,
    "eventBundleSequenceId": integer(-2**63, 2**63 - 1), "uniqueItems": integer(0, 2**63 - 1), "source": is_text,
    "traffic": choice("robot", "test"), "items": list_of(PRODUCT | {"currency": is_currency, "coupon": is_text}), "properties": is_object}
RULES = {
    # A row of the 16 columns needs no name.
    "events": (EVENT, {"_id", "eventId", "eventTimestamp"}),
    "records": (PERSON | {
        "recordId": is_text, "source": is_source, "sourceId": is_id, "firstName": is_text, "lastName": is_text, "birthDate": is_date,
        "address": object_of({"street": is_text, "city": is_text, "region": is_text, "postalCode": is_id, "country": is_text}),
        "warranties": is_list, "consents": flags, "updatedAt": is_time, "receivedAt": is_time, "attributes": is_object}, {"source", "sourceId"}),
    "orders": (PERSON | {
        "orderId": is_id, "type": choice("purchase", "return", "refund"), "channel": choice("online", "store"), "orderDate": is_time,
        "orderTotal": AMOUNT, "currency": is_currency, "coupon": is_text, "lineItems": list_of(PRODUCT), "refersTo": is_id,
        "updatedAt": is_time, "receivedAt": is_time, "attributes": is_object}, {"orderId", "orderDate", "orderTotal"}),
    "products": ({
        "productId": is_id, "productName": is_text, "brand": is_text, "category": is_text, "price": AMOUNT, "currency": is_currency,
        "inStock": is_flag, "updatedAt": is_time, "receivedAt": is_time, "attributes": is_object}, {"productId"}),
    "ratings": ({
        "ratingId": is_text, "userId": is_id, "productId": is_id, "rating": number(-AMOUNT_MAX, AMOUNT_MAX), "at": is_time, "updatedAt": is_time,
        "receivedAt": is_time, "attributes": is_object}, {"userId", "productId", "rating"}),
    "interactions": (PERSON | {
        "interactionId": is_id, "channel": choice("email", "call", "chat", "social", "sms", "store", "other"), "direction": choice("inbound", "outbound"),
        "at": is_time, "from": is_text, "to": is_text, "subject": is_text, "text": is_text, "sentiment": object_of(SENTIMENT), "updatedAt": is_time,
        "receivedAt": is_time, "attributes": is_object}, {"interactionId", "channel", "direction", "at"}),
}


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def without_doubles(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key twice")
    return members


def refuse(token):
    raise ValueError(token)


def faults(kind, line):
    """What is wrong with one line of an export."""
    try:
        item = json.loads(line.decode("utf-8", "strict"), object_pairs_hook=without_doubles, parse_constant=refuse)
        json.dumps(item, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        return [f"no JSON: {error}"]
    fields, required = RULES[kind]
    found = [f"{name} is missing" for name in required - item.keys()]
    found += [f"{name} is not known" for name in item.keys() - fields.keys()]
    found += [f"{name} is {json.dumps(item[name])[:80]}" for name in item.keys() & fields.keys() if not fields[name](item[name])]
    if depth(item) > DEPTH_MAX:
        found.append(f"it nests {depth(item)} deep")
    return found
