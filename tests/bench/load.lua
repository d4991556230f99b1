-- wrk script: GET or POST with a bearer token; the paths or the body come from files. Prints one line of JSON at the end.
local mode, token, file = os.getenv("BENCH_MODE"), os.getenv("BENCH_TOKEN"), os.getenv("BENCH_FILE")
local lines, at = {}, 0

function init()
    for line in io.lines(file) do lines[#lines + 1] = line end
    math.randomseed(tonumber(os.getenv("BENCH_SEED") or "1"))
    at = math.random(#lines)
    wrk.headers["Authorization"] = "Bearer " .. token
    wrk.headers["Content-Type"] = "application/json"
end

function request()
    at = at % #lines + 1
    if mode == "GET" then return wrk.format("GET", lines[at]) end
    return wrk.format("POST", "/v1/visits", nil, lines[at])
end

function done(summary, latency)
    io.write(string.format('BENCH {"requests":%d,"seconds":%.3f,"p50_us":%d,"p99_us":%d,"bad":%d}\n', summary.requests,
        summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
        summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
