-- Reads a part of a channel's history, together with the channel's counter.
-- KEYS: 1 the counter; 2 the history
-- ARGV: 1 the first offset; 2 the milliseconds for which a message is kept; 3 the largest number of messages; 4 the largest
--       number of bytes, which one single message may exceed; then, to create a missing counter, 5 its epoch, 6 the name of
--       this server, 7 its lifetime in seconds
-- Returns the counter, or an empty string; then for each kept message its offset, the milliseconds for which it is still
-- kept, and the fields after the offset in its envelope.
local counter = call('GET', KEYS[1])
if not counter and ARGV[5] then
  counter = ARGV[5] .. ' 0 ' .. ARGV[6]
  call('SET', KEYS[1], counter, 'EX', ARGV[7])
end
local result = { counter or '' }
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function read(entry)
  local offset, millis = string.match(entry[1], '^(%d+)-(%d+)$')
  return offset, millis + ARGV[2] - now
end

local function from(offset, count)
  return call('XRANGE', KEYS[2], offset, '+', 'COUNT', count)
end

-- Messages expire in order. Many expired ones may precede the first kept one: a binary search finds it.
local first = ARGV[1]
local entry = from(first, 1)[1]
if entry then
  local offset, left = read(entry)
  if left < 0 then
    local gone = tonumber(offset)
    local kept = tonumber((read(call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]))) + 1
    while gone + 1 < kept do
      local middle = math.floor((gone + kept) / 2)
      offset, left = read(from(string.format('%.0f', middle), 1)[1])
      if left < 0 then
        gone = tonumber(offset)
      else
        kept = middle
      end
    end
    first = string.format('%.0f', kept)
    entry = from(first, 1)[1]
  end
end

-- Redis copies all that it reads here, and messages may be large: parts of 1, 2, 4, 8, 16, 16 ... messages, so that what is
-- read but not returned is never many times what is returned.
local most = tonumber(ARGV[3])
local bytes, seen, size = 0, 0, 1
local found = { entry }
while #found > 0 do
  local offset, left
  for _, message in ipairs(found) do
    offset, left = read(message)
    local rest = message[2][2]
    bytes = bytes + #rest
    if #result > 1 and bytes > tonumber(ARGV[4]) then
      return result
    end
    if left >= 0 then
      result[#result + 1] = offset
      result[#result + 1] = string.format('%.0f', left)
      result[#result + 1] = rest
    end
  end
  seen = seen + #found
  if #found < size or seen >= most or bytes >= tonumber(ARGV[4]) then
    break
  end
  size = math.min(size * 2, 16, most - seen)
  found = from(string.format('%.0f', offset + 1), size)
end
return result
