// Tokens as the development node accepts them (`serve --dev`). Its secret is public.

import {createHmac} from 'node:crypto';

const SECRET = 'insecure-development-secret';

const base64 = (value) => Buffer.from(value).toString('base64url');
const signature = (text) => createHmac('sha256', SECRET).update(text).digest('base64url');

let minted = 0;

/** A token; `ttl` in seconds. `bad: true` makes one that every node rejects; `around` stands before and behind it. Two tokens are never equal. */
export function mint({sub = 'alice', channels = ['*'], scope = ['subscribe', 'publish'], ttl = 3600, bad = false, around = ''} = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {aud: 'broadcaster', sub, scope, authorizedChannels: channels, iat: now - 60, exp: now + ttl, jti: ++minted};
  const text = base64('{"alg":"HS256","typ":"JWT"}') + '.' + base64(JSON.stringify(claims));
  return around + text + '.' + signature(bad ? text + 'x' : text) + around;
}

/** The claims of a token that is valid now, else undefined. Expiry has the leeway of 30 s. */
export function verify(token) {
  const [head, body, sign] = token.split('.');
  if (sign !== signature(head + '.' + body)) {
    return undefined;
  }
  const claims = JSON.parse(Buffer.from(body, 'base64url'));
  return claims.exp + 30 > Date.now() / 1000 && [].concat(claims.aud).includes('broadcaster') ? claims : undefined;
}

export function authorizes(claims, channel) {
  return claims.authorizedChannels.some(
    (entry) => entry === '*' || entry === channel || (entry.endsWith(':*') && channel.startsWith(entry.slice(0, -1))),
  );
}
