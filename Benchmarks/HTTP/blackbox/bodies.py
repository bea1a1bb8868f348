"""Requirements 28 and 35: JSON is read strictly, in linear time, and never gives a 5xx."""

import json

from cases import case, get, post
from framing import BATCH, BODY

PREDICT = b"/models/kmeans:predict"
TRAIN = b"/models/kmeans:train"
NUL = b'"a\\u0000b"'

# Text that is no JSON, for whichever route.
MALFORMED = {
    "nothing": b"", "white space": b" \n", "a word": b"x", "true cut": b"tru", "an open object": b"{", "an open list": b"[", "a comma too many": b'{"ids":["x"],}',
    "a comma in a list": b'{"ids":["x",]}', "no colon": b'{"ids" ["x"]}', "no quotes": b"{ids:[]}", "single quotes": b"{'ids':['x']}", "a comment": b'{"ids":["x"]/**/}',
    "a line comment": b'{"ids":["x"]}//', "NaN": b'{"ids":[NaN]}', "Infinity": b'{"ids":[Infinity]}', "-Infinity": b'{"ids":[-Infinity]}', "+1": b'{"ids":[+1]}',
    "01": b'{"ids":[01]}', "1.": b'{"ids":[1.]}', ".1": b'{"ids":[.1]}', "1e": b'{"ids":[1e]}', "1e+": b'{"ids":[1e+]}', "0x1": b'{"ids":[0x1]}', "-": b'{"ids":[-]}', "--1": b'{"ids":[--1]}',
    "a control character": b'{"ids":["a\x01b"]}', "a raw tab": b'{"ids":["a\tb"]}', "a raw line feed": b'{"ids":["a\nb"]}', "a raw NUL": b'{"ids":["a\x00b"]}',
    "a bad escape": b'{"ids":["\\x"]}', "half an escape": b'{"ids":["\\u12"]}', "a lone surrogate": b'{"ids":["\\ud800"]}', "a lone low surrogate": b'{"ids":["\\udc00"]}',
    "surrogates turned round": b'{"ids":["\\udc00\\ud800"]}', "invalid UTF-8": b'{"ids":["\xff"]}', "overlong UTF-8": b'{"ids":["\xc0\xaf"]}',
    "a surrogate in UTF-8": b'{"ids":["\xed\xa0\x80"]}', "UTF-16": BODY.decode().encode("utf-16-le"), "a mark before": b"\xef\xbb\xbf" + BODY, "bytes behind": BODY + b"x", "two values": BODY + BODY,
    "a NUL behind": BODY + b"\x00", "an open text": b'{"ids":["x', "full-width digits": '{"ids":[１]}'.encode(), "a bell between": b'{"ids":\x07["x"]}', "VT between": b'{"ids":\x0b["x"]}',
    "a non-breaking space": b'{"ids":\xc2\xa0["x"]}', "FF at the end": BODY + b"\x0c",
}
WRONG = {
    "a list": b"[]", "a number": b"1", "a text": b'"x"', "null": b"null", "true": b"true", "duplicate keys": b'{"ids":["x"],"ids":["y"]}', "duplicate keys deep": b'{"ids":[{"a":1,"a":2}]}',
    "duplicate keys by escape": b'{"ids":["x"],"\\u0069ds":["y"]}', "an integer past Int64": b'{"ids":[9223372036854775808]}', "an integer before it": b'{"ids":[-9223372036854775809]}',
    "1e400": b'{"ids":[1e400]}', "-1e400": b'{"ids":[-1e400]}', "a very long number": b'{"ids":[' + b"9" * 5000 + b"]}", "1e999999999999": b'{"ids":[1e999999999999]}',
    "a key with NUL": b'{"ids":["x"],"a\\u0000b":1}', "a text with NUL": b'{"ids":[' + NUL + b"]}", "a key with $": b'{"$where":"sleep(5000)"}', "an operator": b'{"ids":{"$ne":null}}',
    "an operator inside": b'{"ids":[{"$gt":""}]}', "an unknown key": b'{"ids":["x"],"role":"admin"}', "__proto__": b'{"ids":["x"],"__proto__":{}}', "a dotted key": b'{"a.b":1}', "an empty key": b'{"":1}',
    "65 levels": b'{"ids":' + b"[" * 65 + b"]" * 65 + b"}", "1,000 levels": b"[" * 1000 + b"]" * 1000, "100,000 levels": b"[" * 100_000, "100,000 levels of objects": b'{"a":' * 100_000,
    "a million empty lists": b"[" + b"[]," * 300_000 + b"[]]", "ids of another kind": b'{"ids":[1,null,true]}', "ids as text": b'{"ids":"x"}', "no ids": b'{"ids":[]}', "nothing in it": b"{}",
    "ids null": b'{"ids":null}',
}
for name, body in {**MALFORMED, **WRONG}.items():
    case(28, f"batchGet: {name}", post(BATCH, body) if body else get(BATCH, b"Content-Type: application/json", b"Content-Length: 0", method=b"POST"), 400)
    case(28, f"predict: {name}", post(PREDICT, body.replace(b'"ids"', b'"instances"')), (400, 404) if name in ("an operator inside", "no ids") else 400)
    case(28, f"train: {name}", post(TRAIN, body.replace(b'"ids"', b'"options"')), (202, 400, 409, 422, 429) if name in ("nothing", "nothing in it", "ids null") else 400)
for name, body in MALFORMED.items():
    # What is no JSON is no envelope; what an item is made of rejects the item.
    case(28, f"events: {name}", post(b"/ingest/events", body), 400)
    case(28, f"customers: {name}", post(b"/ingest/customers", body), 400)
    if b"\n" not in body:
        case(28, f"a line of events: {name}", post(b"/ingest/events", body, type=b"application/x-ndjson"), (200, 400),
             check=lambda a: a.status == 400 or a.json["accepted"] == 0)

def rejected(answer):
    got = answer.json
    return got["accepted"] == 0 and got["rejected"] == got["received"] == 1 and got["errors"][0]["code"] != ""

ITEMS = {
    "duplicate keys": b'{"eventId":"d1","eventId":"d2","eventName":"view","eventTimestamp":"2024-05-01T10:00:00Z","userId":"u1"}',
    "an overflowing number": b'{"eventId":"d1","eventName":"view","eventTimestamp":"2024-05-01T10:00:00Z","userId":"u1","price":1e400}',
    "an overflowing integer": b'{"eventId":"d1","eventName":"view","eventTimestamp":"2024-05-01T10:00:00Z","userId":"u1","engagementTimeMsec":9223372036854775808}',
    "NUL in an id": b'{"eventId":"a\\u0000b","eventName":"view","eventTimestamp":"2024-05-01T10:00:00Z","userId":"u1"}',
    "NUL in a user's id": b'{"eventId":"d1","eventName":"view","eventTimestamp":"2024-05-01T10:00:00Z","userId":"a\\u0000"}',
    "an operator for an id": b'{"eventId":{"$ne":null},"eventName":"view","eventTimestamp":"2024-05-01T10:00:00Z","userId":"u1"}',
    "an operator for a user": b'{"eventId":"d1","eventName":"view","eventTimestamp":"2024-05-01T10:00:00Z","userId":{"$gt":""}}',
    "a number for an item": b"1", "null for an item": b"null", "a text for an item": b'"x"', "a list for an item": b"[]", "an empty item": b"{}",
    "an event far ahead": b'{"eventId":"d1","eventName":"view","eventTimestamp":"2999-05-01T10:00:00Z","userId":"u1"}',
}
for name, item in ITEMS.items():
    case(28, f"an event: {name}", post(b"/ingest/events", b"[" + item + b"]"), 200, check=rejected)
    case(28, f"an event in a line: {name}", post(b"/ingest/events", item + b"\n", type=b"application/x-ndjson"), 200, check=rejected)
    case(28, f"an event, all or nothing: {name}", post(b"/ingest/events?mode=atomic", b"[" + item + b"]"), 422)
case(28, "64 levels are taken", post(BATCH, b'{"ids":["x"]}'), 200)
GOOD = b'{"eventId":"g%d","eventName":"view_item","eventTimestamp":"2024-05-01T10:00:00Z","userId":"u1","properties":%s}'
case(35, "keys with $ and a dot in properties are data", post(b"/ingest/events", b"[" + GOOD % (1, b'{"$where":"sleep(5000)","a.b":1}') + b"]"), 200, check=lambda a: a.json["accepted"] + a.json["duplicates"] == 1)
case(35, "a NUL in a key of properties", post(b"/ingest/events", b"[" + GOOD % (2, b'{"a\\u0000b":1}') + b"]"), 200, check=rejected)
case(35, "a text of 7 MB", post(b"/ingest/events", b'[{"eventId":"' + b"a" * 7_000_000 + b'"}]'), 200, check=rejected)
case(35, "a text of 10 MB", post(b"/ingest/events", b'["' + b"a" * 10_000_000 + b'"]'), 413, "any")
case(35, "a million empty lists", post(b"/ingest/events", b"[" + b"[]," * 999_999 + b"[]]"), 413)
case(35, "10,000 empty lists", post(b"/ingest/events", b"[" + b"[]," * 9_999 + b"[]]"), 200, check=lambda a: a.json["rejected"] == 10_000)
case(35, "10,001 items", post(b"/ingest/events", b"[" + b"[]," * 10_000 + b"[]]"), 413)
case(35, "deep nesting", post(b"/ingest/events", b"[" * 4_000_000), 400)
case(35, "deep properties", post(b"/ingest/events", b"[" + GOOD % (3, b'{"a":' * 70 + b"1" + b"}" * 70) + b"]"), (200, 400))
case(35, "a million commas", post(b"/ingest/events", b"[" + b"," * 1_000_000 + b"]"), 400)
case(35, "escapes only", post(BATCH, b'{"ids":["' + b"\\u0041" * 150_000 + b'"]}'), (200, 400))
case(35, "a million keys", post(BATCH, b"{" + b",".join(b'"%d":1' % n for n in range(100_000)) + b"}"), 400)
case(35, "an unfinished number of a megabyte", post(BATCH, b'{"ids":[' + b"1" * 1_000_000), 400)

# The dialects: the same bytes of a call, whatever the type says of them where a browser's beacon sends it.
CALL = b'{"userId":"u1","event":"Seen","messageId":"m1"}'
for kind in (b"application/json", b"text/plain", b"text/plain;charset=UTF-8"):
    case(26, f"a call of /v1 as {kind.decode()}", post(b"/v1/track", CALL, type=kind), 200)
case(26, "a call of /v1 as text/html", post(b"/v1/track", CALL, type=b"text/html"), 415, check=lambda a: "text/plain" in a.field("Accept"))
case(23, "a call of /v1 by GET", get(b"/v1/track"), 405)
case(23, "a call of /v1 that is none", post(b"/v1/nonsense", CALL), 404)
for name, body in {**MALFORMED, **WRONG}.items():
    if body:
        for target in (b"/ingest/pubsub", b"/dead-letters:replay", b"/models/kmeans:rollback", b"/models/kmeans:plan", b"/jobs/x:cancel", b"/endpoints/x:predict"):
            case(28, f"{target.decode()}: {name}", post(target, body), (200, 202, 204, 400, 404, 409, 422))
        case(28, f"an endpoint: {name}", post(b"/endpoints/x", body, method=b"PUT"), (400, 404, 422))
        case(28, f"/v1/track: {name}", post(b"/v1/track", body), (200, 400, 413), "any")
