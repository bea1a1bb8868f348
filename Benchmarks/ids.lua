-- wrk: GET /customers/{id} over the ids of the file that CUSTOMER_IDS names, each thread from a place of its own.
local ids = {}
for line in io.lines(os.getenv("CUSTOMER_IDS")) do ids[#ids + 1] = line end
local offset = 0
function setup(thread) thread:set("offset", offset); offset = offset + 7919 end
local n = 0
request = function()
  n = n + 104729
  return wrk.format("GET", "/customers/" .. ids[(n + offset) % #ids + 1])
end
done = function(summary)
  local e = summary.errors
  io.write(string.format("RATE %.0f ERRORS %d\n", summary.requests / (summary.duration / 1e6),
    e.connect + e.read + e.write + e.status + e.timeout))
end
