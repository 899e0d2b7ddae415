-- Publishes one message: counts it, remembers its idempotency key, and sends it, in one step or not at all.
-- KEYS: 1 the channel's counter, "<epoch> <offset of the last message>"; 2 the idempotency key's answer, if there is a key
-- ARGV: 1 the topic; 2 the epoch if the counter is new; 3 the rest of the envelope; 4 the lifetime of the counter in seconds;
--       5 the answer to remember; 6 its lifetime in milliseconds
-- Returns 1, or the answer that was remembered for the key.
if KEYS[2] then
  local answer = redis.call('GET', KEYS[2])
  if answer then
    return answer
  end
end

local counter = redis.call('GET', KEYS[1])
local epoch, offset = ARGV[2], '1'
if counter then
  local last
  epoch, last = string.match(counter, '^(%S+) (%d+)$')
  offset = string.format('%.0f', last + 1)
end
redis.call('SET', KEYS[1], epoch .. ' ' .. offset, 'EX', ARGV[4])

local sent = redis.pcall('@PUBLISH@', ARGV[1], '1 ' .. epoch .. ' ' .. offset .. ' ' .. ARGV[3])
if type(sent) == 'table' and sent.err then
  -- Not allowed to publish, perhaps: what was not sent must not count as lost.
  if counter then
    redis.call('SET', KEYS[1], counter, 'EX', ARGV[4])
  else
    redis.call('DEL', KEYS[1])
  end
  return sent
end

if KEYS[2] then
  redis.call('SET', KEYS[2], ARGV[5], 'PX', ARGV[6])
end
return 1
