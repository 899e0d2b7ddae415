-- Adds revocations, unless a later one of the same user is known.
-- KEYS: 1 the revocations, a hash of "u<user>" and "r <before> <until> <reason>", times in milliseconds; and of "version" and
--       a text that changes with each change
-- ARGV: 1 the version after the change; 2 the milliseconds for which the hash lives; then for each revocation its field,
--       "before", and its value
-- Returns the version.
local changed = false
for i = 3, #ARGV, 3 do
  local known = call('HGET', KEYS[1], ARGV[i])
  local before = known and tonumber(string.match(known, '^r (%d+) '))
  if not before or before < tonumber(ARGV[i + 1]) then
    call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
    changed = true
  end
end
if changed then
  call('HSET', KEYS[1], 'version', ARGV[1])
  call('PEXPIRE', KEYS[1], ARGV[2])
end
return { call('HGET', KEYS[1], 'version') or '' }
