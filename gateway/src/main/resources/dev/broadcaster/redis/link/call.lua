-- The beginning of the scripts that use call().
-- An error ends with the name of its command, which Redis itself does not always add.
local function call(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then
    error(reply.err .. ' (' .. command .. ')', 0)
  end
  return reply
end
