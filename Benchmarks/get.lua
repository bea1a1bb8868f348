-- wrk: GET of GET_PATH, with the same closing line as predict.lua.
local path = os.getenv("GET_PATH") or "/livez"
local get
init = function() get = wrk.format("GET", path) end
request = function() return get end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RATE %.0f ERRORS %d P50_US %.0f P99_US %.0f MAX_US %.0f\n",
    summary.requests / (summary.duration / 1e6), e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
