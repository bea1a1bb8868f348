-- wrk: POST /ingest/events, each request a batch of BATCH new events as NDJSON, ids unique per run and thread.
local batch = tonumber(os.getenv("BATCH"))
local run = os.getenv("RUN")
local counter = 0
function setup(thread) thread:set("number", counter); counter = counter + 1 end
local sent = 0
request = function()
  local lines = {}
  for i = 1, batch do
    sent = sent + 1
    lines[i] = string.format(
      '{"eventId":"%s-%d-%d","eventName":"view_item","eventTimestamp":%d,"userId":"U%d","sessionId":"s%d","productId":"P%d","price":19.99,"quantity":1,"brand":"Acme","category":"shoes","engagementTimeMsec":%d}',
      run, number, sent, 1700000000000 + sent * 37, sent % 20000, sent % 5000, sent % 400, sent % 9000)
  end
  return wrk.format("POST", "/ingest/events", {["Content-Type"] = "application/x-ndjson"}, table.concat(lines, "\n"))
end
done = function(summary)
  local e = summary.errors
  io.write(string.format("RATE %.0f ERRORS %d\n", summary.requests / (summary.duration / 1e6),
    e.connect + e.read + e.write + e.status + e.timeout))
end
