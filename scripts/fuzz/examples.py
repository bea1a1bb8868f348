"""A good request of every dialect: what the malformed ones are made from. `@N@` becomes a number of its own in each."""
import base64
import dataclasses


@dataclasses.dataclass(frozen=True)
class Example:
    name: str
    path: str
    media_type: str
    body: bytes
    # What the body is, for edits that know its form.
    form: str = "json"
    fields: tuple = ()

    @property
    def brings_events(self):
        return self.path.startswith(("/ingest/events", "/v1/", "/ingest/cloudevents", "/ingest/pubsub"))


def base64_json(text):
    return base64.b64encode(text).decode()


EVENT = b'{"eventId":"f@N@","eventName":"view_item","eventTimestamp":"2024-05-01T10:00:00Z","userId":"f","sessionId":"s1","price":1.5,"quantity":2,"currency":"eur","engagementTimeMsec":15,"items":[{"productId":"P","price":1,"quantity":1,"x":{"y":[1]}}],"properties":{"$a":1,"b.c":{"d":"\\u00e9"}},"extra":[true,null]}'
CONTEXT = b'"context":{"ip":"10.0.0.1","locale":"de","page":{"url":"https://shop.example/?q=1"},"consent":{"categoryPreferences":{"marketing":true}}},"timestamp":"2024-02-29T12:00:00Z","originalTimestamp":"2024-02-29T12:00:00Z","sentAt":"2024-02-29T12:00:01Z","messageId":"m@N@"'
CLOUD_DATA = b'{"userId":"U","productId":"P","price":2,"properties":{"$a":1}}'
MAIL = (
    b'From: =?utf-8?Q?J=C3=B6?= <a@b.c>\r\nTo: "Shop, the" <s@shop.example>\r\nMessage-ID: <@N@@b.c>\r\n'
    b'Date: Thu, 29 Feb 2024 12:00:00 +0100\r\nSubject: =?iso-8859-1?B?RnJhZ2U=?= S\r\nMIME-Version: 1.0\r\n'
    b'In-Reply-To: <0@b.c>\r\nContent-Type: multipart/mixed; boundary="y"\r\n\r\n--y\r\n'
    b'Content-Type: multipart/alternative; boundary="x"\r\n\r\n--x\r\n'
    b'Content-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    b'Hello =C3=A9\r\n\r\nOn Mon, A wrote:\r\n> old\r\n-- \r\nJ\r\n--x\r\nContent-Type: text/html\r\n\r\n'
    b'<html><style>a{}</style><p>Hello &eacute;<br><blockquote type="cite">old</blockquote></p>\r\n--x--\r\n--y\r\n'
    b'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    b'JVBERi0=\r\n--y--\r\n')
ROW = b'r@N@,A,"K,\n""x""",15,7,20240229,view,1709210096789,s,1.5,P,Mug,2,3,U1,b\r\n'
COLUMNS = b'_id,brand,category,engagementTimeMsec,eventBundleSequenceId,eventDate,eventName,eventTimestamp,gaSessionId,price,productId,productName,quantity,uniqueItems,userId,variant\r\n'
CUSTOMER = b'{"source":"f","sourceId":"@N@","userId":"u","email":"a@b.c","phone":"+15550100123","firstName":"A","birthDate":"1960-02-29","address":{"city":"Y","postalCode":12345},"warranties":[1,{"a":2}],"consents":{"m":true},"updatedAt":"2024-02-29","x":[1,{"y":2}]}'
ORDER = b'{"orderId":"o@N@","type":"purchase","channel":"online","orderDate":"2024-02-29","orderTotal":5,"userId":"f","currency":"EUR","lineItems":[{"productId":"P","quantity":1,"price":2e0}],"attributes":{"a":1}}'
PRODUCT = b'{"productId":"p@N@","productName":"Mug, large","price":1.5,"currency":"USD","inStock":true,"attributes":{"a":"b"}}'
RATING = b'{"userId":"u@N@","productId":"p/%","rating":4.5,"at":1709210096.5}'
INTERACTION = b'{"interactionId":"i@N@","channel":"email","direction":"inbound","at":"2024-02-29T12:00:00Z","from":"a@b.c","to":"s@shop.example","subject":"S","text":"Where is it? Bad!","sentiment":{"score":-0.5,"magnitude":1,"sentences":[{"text":"Bad!","score":-0.8}]},"attributes":{"a":1}}'
CLOUD_EVENT = b'{"specversion":"1.0","id":"c@N@","source":"s","type":"t","subject":"x","time":"2024-02-29T12:00:00Z","datacontenttype":"application/json","myext":5,"data":' + CLOUD_DATA + b'}'
CLOUD_FIELDS = (("ce-specversion", "1.0"), ("ce-id", "b@N@"), ("ce-source", "/s"), ("ce-type", "t"), ("ce-time", "2024-02-29T12:00:00Z"), ("ce-myext", "5"))
PUSH = b'{"message":{"messageId":"p@N@","message_id":"p@N@","publishTime":"2024-02-29T12:00:00Z","orderingKey":"k","data":"' + base64_json(b'{"userId":"U","eventName":"a","price":1}').encode() + b'","attributes":{"a.b":"c"}},"subscription":"projects/p/subscriptions/s"}'


def listed(*items):
    return b"[" + b",".join(items) + b"]"


def lined(*items):
    return b"\n".join(items) + b"\n"


def tracked(body):
    return b"{" + body + b"," + CONTEXT + b"}"


def segment(call, body):
    return Example(f"Segment {call}", f"/v1/{call}", "application/json", tracked(body))


EXAMPLES = [
    Example("events JSON", "/ingest/events", "application/json", b'{"events":' + listed(EVENT) + b"}"),
    Example("events NDJSON", "/ingest/events", "application/x-ndjson", lined(EVENT, b'{"_id":"n@N@","eventName":"b","timestamp":1714557600.5,"userId":7}'), "lines"),
    Example("events 16 columns", "/ingest/events", "text/csv", ROW + ROW.replace(b"r@N@", b"q@N@"), "csv"),
    Example("events 16 columns, header", "/ingest/events", "text/csv", COLUMNS + ROW, "csv"),
    Example("events atomic", "/ingest/events?mode=atomic", "application/json", listed(EVENT, EVENT.replace(b'"f@N@"', b'"g@N@"'))),
    Example("customers JSON", "/ingest/customers", "application/json", listed(CUSTOMER)),
    Example("customers CSV", "/ingest/customers", "text/csv", b'source,sourceId,email,address.city,consents.m,x\nf,v@N@,a@b.c,"Y, Z",true,1\n', "csv"),
    Example("products JSON", "/ingest/products", "application/json", listed(PRODUCT)),
    Example("products CSV", "/ingest/products", "text/csv", b'productId,productName,price,inStock,x\nq@N@,"Mug, ""large""",1.5,true,"a"\n', "csv"),
    Example("orders NDJSON", "/ingest/orders", "application/x-ndjson", lined(ORDER), "lines"),
    Example("orders atomic", "/ingest/orders?mode=atomic", "application/json", listed(ORDER.replace(b'"o@N@"', b'"a@N@"'))),
    Example("ratings JSON", "/ingest/ratings", "application/json", listed(RATING)),
    Example("interactions JSON", "/ingest/interactions", "application/json", listed(INTERACTION)),
    Example("e-mail", "/ingest/emails", "message/rfc822", MAIL, "mail"),
    Example("mailbox", "/ingest/emails", "application/mbox", (b"From a@b.c Thu Feb 29 12:00:00 2024\r\n" + MAIL + b"\r\n") * 2, "mail"),
    segment("track", b'"event":"Order Completed","userId":1,"anonymousId":"a","properties":{"order_id":"O","revenue":9.5,"currency":"USD","products":[{"sku":"P","price":1.5,"quantity":1}],"$a.b":[{}]}'),
    segment("identify", b'"userId":"U","anonymousId":"a","traits":{"name":"A B","email":"a@b.c","phone":"+15550100123","birthday":"1960-02-29","address":{"city":"Y"},"x":1}'),
    segment("page", b'"name":"Home","category":"Docs","userId":"U","properties":{"url":"https://shop.example","title":"T"}'),
    segment("screen", b'"name":"Home","anonymousId":"a","properties":{"variation":"blue"}'),
    segment("group", b'"groupId":"g1","userId":"U","traits":{"name":"Firm","employees":3}'),
    segment("alias", b'"previousId":"a","userId":"U"'),
    Example("Segment batch", "/v1/batch", "text/plain", b'{"batch":[{"type":"track","event":"E","userId":1,"messageId":"x@N@","timestamp":"2024-02-29T12:00:00Z","properties":{"a":1}},{"type":"identify","userId":"U","messageId":"y@N@","traits":{"name":"A B"}},{"type":"alias","previousId":"a","userId":"U","messageId":"z@N@"}],"context":{"library":{"name":"l"}},"integrations":{"All":true},"sentAt":"2024-02-29T12:00:01Z"}'),
    Example("CloudEvents structured", "/ingest/cloudevents", "application/cloudevents+json", CLOUD_EVENT),
    Example("CloudEvents batched", "/ingest/cloudevents", "application/cloudevents-batch+json", listed(CLOUD_EVENT.replace(b'"c@N@"', b'"d@N@"'), b'{"specversion":"1.0","id":"e@N@","source":"s","type":"t","data_base64":"eyJ1c2VySWQiOiJVIiwidGltZXN0YW1wIjoxfQ=="}')),
    Example("CloudEvents binary", "/ingest/cloudevents", "application/json", CLOUD_DATA, fields=CLOUD_FIELDS),
    Example("Pub/Sub wrapped", "/ingest/pubsub", "application/json", PUSH),
    Example("Pub/Sub unwrapped", "/ingest/pubsub", "application/x-www-form-urlencoded", b'{"userId":"U","eventName":"a","eventTimestamp":"2024-02-29"}', fields=(("x-goog-pubsub-message-id", "w@N@"), ("x-goog-pubsub-publish-time", "2024-02-29T12:00:00Z"))),
]
