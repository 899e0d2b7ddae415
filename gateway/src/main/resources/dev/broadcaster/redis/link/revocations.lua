-- Reads all revocations, and forgets those that ended an hour ago.
-- KEYS: 1 the revocations, see revoke.lua
-- Returns the version, or an empty string; then the field and the value of each revocation.
local time = call('TIME')
local ended = (time[1] - 3600) * 1000
local result = { '' }
local all = call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local before, till = string.match(all[i + 1], '^r (%d+) (%d+) ')
  if all[i] == 'version' then
    result[1] = all[i + 1]
  elseif not till or tonumber(till) < ended then
    call('HDEL', KEYS[1], all[i])
  else
    result[#result + 1] = all[i]
    result[#result + 1] = all[i + 1]
  end
end
return result
