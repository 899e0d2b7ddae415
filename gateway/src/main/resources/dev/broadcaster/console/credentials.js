// The token and the API key of this tab. They come from the address that `serve --dev` prints, or from the fields, and
// survive a reload (sessionStorage); they are never sent anywhere but to the gateway that served the page.

const KEYS = {token: 'broadcaster.token', key: 'broadcaster.key'};

/** Takes `#token=…&key=…` out of the address bar; undefined if there is nothing to take. */
export function takeFromAddress() {
  const found = {};
  for (const part of location.hash.slice(1).split('&')) {
    const [name, value] = split(part);
    if (name in KEYS && value) {
      found[name] = decode(value);
    }
  }
  if (Object.keys(found).length === 0) {
    return undefined;
  }
  history.replaceState(null, '', location.pathname + location.search);
  return found;
}

export function remember(name, value) {
  try {
    sessionStorage.setItem(KEYS[name], value);
  } catch {
    // A browser that keeps nothing: the page works, a reload asks again.
  }
}

export function remembered(name) {
  try {
    return sessionStorage.getItem(KEYS[name]) ?? '';
  } catch {
    return '';
  }
}

/** What a token says, read without checking it: that is the gateway's work. Undefined if it can't be read. */
export function claims(token) {
  try {
    const base64 = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const read = JSON.parse(new TextDecoder().decode(bytes));
    return {
      subject: String(read.sub ?? ''),
      channels: [].concat(read.authorizedChannels ?? []).map(String),
      scope: [].concat(read.scope ?? []).map(String),
      expiresAt: typeof read.exp === 'number' ? new Date(read.exp * 1000) : undefined,
    };
  } catch {
    return undefined;
  }
}

function split(part) {
  const at = part.indexOf('=');
  return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
}

function decode(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
