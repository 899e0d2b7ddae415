-- Publishes one message: counts it, sends it, and remembers it and its idempotency key, in one step or not at all.
-- KEYS: 1 the channel's counter, "<epoch> <offset of the last message>", and in a channel with a history " <server>"; then the
--       history, if it keeps one, a stream of "<offset>-<milliseconds>"; then the idempotency key's answer, if there is a key
-- ARGV: 1 the topic; 2 the epoch if the counter is new; 3 the rest of the envelope; 4 the lifetime of the counter in seconds;
--       5 how many messages the history keeps, 0 for none; 6 for how many milliseconds; with a key 7 its fingerprint, 8 the
--       answer, less the id in a channel with a history, 9 its lifetime in milliseconds; with a history last the name of this
--       server and of all that give away channels in good order
-- Returns 1, or in a channel with a history the id of the message, or the answer that was remembered for the key:
-- "<fingerprint> <id> <createTime>".
local size = tonumber(ARGV[5])
local key = KEYS[size > 0 and 3 or 2]
if key then
  local answer = redis.call('GET', key)
  if answer then
    return answer
  end
end

local counter = redis.call('GET', KEYS[1])
local epoch, offset, server = ARGV[2], '1', ''
if counter then
  local lastEpoch, last, lastServer = string.match(counter, '^(%S+) (%d+) ?(%S*)$')
  -- A server that took the counter over from one that died may have lost messages: their ids are given to nobody again.
  if size == 0 or lastServer == '' or string.find(ARGV[#ARGV], lastServer, 1, true) then
    epoch, offset, server = lastEpoch, string.format('%.0f', last + 1), lastServer
  end
end
if size > 0 then
  server = string.match(ARGV[#ARGV], '^%S+')
end
redis.call('SET', KEYS[1], epoch .. ' ' .. offset .. (server == '' and '' or ' ' .. server), 'EX', ARGV[4])

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

local reply, id = 1, ''
if size > 0 then
  reply = epoch .. '-' .. offset
  id = reply .. ' '
  if offset == '1' then
    redis.call('DEL', KEYS[2])
  end
  local time = redis.call('TIME')
  local millis = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  -- If it can't be kept it was still sent: whoever reads the history finds a gap.
  redis.pcall('XADD', KEYS[2], 'MAXLEN', '=', ARGV[5], offset .. '-' .. millis, 'm', ARGV[3])
  redis.pcall('PEXPIRE', KEYS[2], ARGV[6])
end
if key then
  redis.call('SET', key, ARGV[7] .. ' ' .. id .. ARGV[8], 'PX', ARGV[9])
end
return reply
