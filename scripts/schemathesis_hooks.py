"""Mail as schemathesis sends it: the generated text as bytes."""
import schemathesis


@schemathesis.serializer("message/rfc822", "application/mbox")
def mail(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
