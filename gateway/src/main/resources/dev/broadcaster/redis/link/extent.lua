-- Counts the kept messages of a channel's history.
-- KEYS: 1 the counter; 2 the history
-- ARGV: 1 the milliseconds for which a message is kept
-- Returns the counter, or an empty string; then the number of messages.
local counter = call('GET', KEYS[1]) or ''
local time = call('TIME')
local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]

local function read(entry)
  local offset, millis = string.match(entry[1], '^(%d+)-(%d+)$')
  return tonumber(offset), tonumber(millis)
end

local last = call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
if not last then
  return { counter, '0' }
end
local lastOffset, lastMillis = read(last)
if lastMillis < oldest then
  return { counter, '0' }
end
-- Offsets follow each other, and messages expire in order: a binary search finds the first kept one.
local kept = lastOffset
local gone = read(call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]) - 1
while gone + 1 < kept do
  local middle = math.floor((gone + kept) / 2)
  local offset, millis = read(call('XRANGE', KEYS[2], string.format('%.0f', middle), '+', 'COUNT', 1)[1])
  if millis < oldest then
    gone = offset
  else
    kept = middle
  end
end
return { counter, string.format('%.0f', lastOffset - kept + 1) }
