-- wrk: POST of one instance to PREDICT_PATH. With RATE each connection of CLIENTS waits between requests, so that all together send
-- about RATE a second; latencies then say what a client feels at that rate.
local path = os.getenv("PREDICT_PATH") or "/models/kmeans:predict"
local rate = tonumber(os.getenv("RATE") or "0")
local clients = tonumber(os.getenv("CLIENTS") or "16")
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local requests = {}
init = function()
  for i = 1, 97 do
    requests[i] = wrk.format(nil, path, nil, string.format(
      '{"instances":[{"session_count":%d,"total_time_spend_by_user_in_msec":%d,"average_order_value":%d,"no_of_orders":%d}]}',
      i, i * 1000, i % 200, i % 9))
  end
end
local n = 0
request = function()
  n = n + 1
  return requests[n % 97 + 1]
end
if rate > 0 then
  delay = function() return math.floor(1000 * clients / rate + 0.5) end
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RATE %.0f ERRORS %d P50_US %.0f P99_US %.0f MAX_US %.0f\n",
    summary.requests / (summary.duration / 1e6), e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
