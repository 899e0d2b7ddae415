// What a close code means, for people. What to do about it is the client's work.

const {codes, other} = await (await fetch('closecodes.json')).json();

export function closeText(code, reason) {
  const {meaning, action} = codes.find((each) => each.code === code) ?? other;
  const named = reason ? `Closed with ${code} (${reason}).` : `Closed with ${code}.`;
  return `${named} ${meaning}${action === 'token' ? ' Get a new token, then reconnect.' : ''}`;
}
