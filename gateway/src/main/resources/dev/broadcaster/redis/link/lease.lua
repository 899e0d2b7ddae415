-- Writes the lease of a node, and tells the living nodes.
-- KEYS: 1 the leases, a hash of nodes and the milliseconds of this server's clock at which they end; 2 the revocations
-- ARGV: 1 the node; 2 the milliseconds of its lease, 0 to end it
-- Returns the version of the revocations, or an empty string; then the living nodes.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] == '0' then
  call('HDEL', KEYS[1], ARGV[1])
else
  call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now + ARGV[2]))
  call('PEXPIRE', KEYS[1], '3600000')
  call('HDEL', KEYS[1], '') -- changes nothing: a node whose user may not use it is not ready
end
local result = { call('HGET', KEYS[2], 'version') or '' }
local leases = call('HGETALL', KEYS[1])
for i = 1, #leases, 2 do
  if tonumber(leases[i + 1]) >= now then
    result[#result + 1] = leases[i]
  else
    call('HDEL', KEYS[1], leases[i])
  end
end
return result
