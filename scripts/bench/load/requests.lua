-- For wrk: sends the requests of a list in turn, over and over, and prints what was measured as JSON.
-- The list is a Lua file (the script's first argument) that returns the requests as strings.
local list
local turn = 0

function init(args)
  list = dofile(args[1])
end

function request()
  turn = turn % #list + 1
  return list[turn]
end

function done(summary, latency)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"requests":%d,"failures":%d,"elapsedMs":%.3f,"p50":%.3f,"p95":%.3f,"p99":%.3f,"worst":%.3f}\n',
    summary.requests, failures, summary.duration / 1e3,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3))
end
