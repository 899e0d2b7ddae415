-- Publishes one message: counts it, publishes it, and stores it and its idempotency key, in one atomic step.
-- KEYS: 1 the channel's counter, "<epoch> <offset of the last message>", and in a channel with a history " <server>"; then the
--       history, if the channel has one, a stream of "<offset>-<milliseconds>"; then the answer of the idempotency key, if
--       there is a key
-- ARGV: 1 the topic; 2 the epoch if the counter is new; 3 the rest of the envelope; 4 the lifetime of the counter in seconds;
--       5 the number of messages that the history keeps, 0 for none; 6 the milliseconds for which it keeps them; with a key
--       7 its fingerprint, 8 the answer, without the id in a channel with a history, 9 its lifetime in milliseconds; with a
--       history as the last argument the names of this server and of all servers that hand over channels in order
-- Returns 1, or in a channel with a history the id of the message, or the stored answer of the key:
-- "<fingerprint> <id> <createTime>". If the message was published and a later command failed: the id, empty in a channel
-- without a history, a line feed and the error.
-- An error means that nothing was published: every command before the publish may fail the call, no later one does. An
-- error ends with the name of its command, which Redis itself does not always add. (Indexing a string is fine: nil.)
local function failed(reply, command)
  return {err = reply.err .. ' (' .. command .. ')'}
end

local size = tonumber(ARGV[5])
local key = KEYS[size > 0 and 3 or 2]
if key then
  local answer = redis.pcall('GET', key)
  if answer then
    return answer.err and failed(answer, 'GET') or answer
  end
end

local counter = redis.pcall('GET', KEYS[1])
local epoch, offset, server = ARGV[2], '1', ''
if counter then
  if counter.err then
    return failed(counter, 'GET')
  end
  local lastEpoch, last, lastServer = string.match(counter, '^(%S+) (%d+) ?(%S*)$')
  -- A server that took over the counter from a dead one may have lost messages: their ids must not be used again.
  if lastEpoch and (size == 0 or lastServer == '' or string.find(ARGV[#ARGV], lastServer, 1, true)) then
    epoch, offset, server = lastEpoch, string.format('%.0f', last + 1), lastServer
  end
end
local millis
if size > 0 then
  server = string.match(ARGV[#ARGV], '^%S+')
  local time = redis.pcall('TIME')
  if time.err then
    return failed(time, 'TIME')
  end
  millis = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
local counted = epoch .. ' ' .. offset .. (server == '' and '' or ' ' .. server)
local reply, command = redis.pcall('SET', KEYS[1], counted, 'EX', ARGV[4]), 'SET'
if reply.err then
  return failed(reply, command)
end

if size > 0 and offset == '1' then
  -- Messages of an earlier epoch would be taken for messages of this one.
  reply, command = redis.pcall('DEL', KEYS[2]), 'DEL'
end
if type(reply) ~= 'table' or not reply.err then
  reply, command = redis.pcall('@PUBLISH@', ARGV[1], '1 ' .. epoch .. ' ' .. offset .. ' ' .. ARGV[3]), '@PUBLISH@'
end
if type(reply) == 'table' and reply.err then
  -- An unpublished message must not count as lost. A new counter expires after a millisecond: DEL may not be allowed.
  if counter then
    redis.pcall('SET', KEYS[1], counter, 'EX', ARGV[4])
  else
    redis.pcall('SET', KEYS[1], counted, 'PX', 1)
  end
  return failed(reply, command)
end

local id, problem = '', nil
if size > 0 then
  id = epoch .. '-' .. offset
  local entry = offset .. '-' .. millis
  local kept = redis.pcall('XADD', KEYS[2], 'MAXLEN', '=', ARGV[5], entry, 'm', ARGV[3])
  if kept.err then
    problem = failed(kept, 'XADD')
    if string.find(kept.err, 'WRONGTYPE', 1, true) or string.find(kept.err, 'smaller', 1, true) then
      -- The key has another type, or a later end: the history starts again, so readers see that earlier messages are gone.
      redis.pcall('DEL', KEYS[2])
      redis.pcall('XADD', KEYS[2], 'MAXLEN', '=', ARGV[5], entry, 'm', ARGV[3])
    end
  end
  local expires = redis.pcall('PEXPIRE', KEYS[2], ARGV[6])
  if type(expires) == 'table' and expires.err then
    problem = problem or failed(expires, 'PEXPIRE')
  end
end
if key then
  local remembered =
    redis.pcall('SET', key, ARGV[7] .. ' ' .. (size > 0 and id .. ' ' or '') .. ARGV[8], 'PX', ARGV[9])
  if remembered.err then
    problem = problem or failed(remembered, 'SET')
  end
end
if problem then
  return id .. '\n' .. problem.err
end
return size > 0 and id or 1
