-- Reads a part of a channel's history, together with the channel's counter.
-- KEYS: 1 the counter; 2 the history
-- ARGV: 1 the first offset; 2 for how many milliseconds a message is kept; 3 the most messages, 4 the most bytes to return, but
--       one message always
-- Returns the counter, or an empty string; then for each message that is kept its offset, the milliseconds for which it is
-- still kept, and what stands in its envelope behind the offset.
local result = { redis.call('GET', KEYS[1]) or '' }
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local bytes = 0
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], ARGV[1], '+', 'COUNT', ARGV[3])) do
  local offset, millis = string.match(entry[1], '^(%d+)-(%d+)$')
  local left = millis + ARGV[2] - now
  local rest = entry[2][2]
  bytes = bytes + #rest
  if #result > 1 and bytes > tonumber(ARGV[4]) then
    break
  end
  if left >= 0 then
    result[#result + 1] = offset
    result[#result + 1] = string.format('%.0f', left)
    result[#result + 1] = rest
  end
end
return result
