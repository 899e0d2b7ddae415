// What this tab keeps: the token and the API key, the channels, and whether it was connected. It comes from the address
// that `serve --dev` prints, or from the fields, and survives a reload, not the tab (sessionStorage). Token and key are
// never sent anywhere but to the gateway that served the page.

import {utc} from './text.js';

/** Takes `#token=…&key=…&channel=…` out of the address bar; undefined if there is nothing to take. */
export function takeFromAddress() {
  const found = {token: '', key: '', channels: []};
  for (const part of location.hash.slice(1).split('&')) {
    const [name, value] = split(part);
    if (name === 'channel' && value) {
      found.channels.push(decode(value));
    } else if ((name === 'token' || name === 'key') && value) {
      found[name] = decode(value);
    }
  }
  if (!found.token && !found.key && found.channels.length === 0) {
    return undefined;
  }
  history.replaceState(null, '', location.pathname + location.search);
  return found;
}

/** `name`: `token`, `key`, `channels` or `connected`. */
export function remember(name, value) {
  try {
    sessionStorage.setItem(`broadcaster.${name}`, value);
  } catch {
    // A browser that keeps nothing: the page works, a reload asks again.
  }
}

export function remembered(name) {
  try {
    return sessionStorage.getItem(`broadcaster.${name}`) ?? '';
  } catch {
    return '';
  }
}

/** The channels of this tab. */
export function rememberedChannels() {
  try {
    return JSON.parse(remembered('channels')).map(String);
  } catch {
    return [];
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
      expires: typeof read.exp === 'number' ? utc(new Date(read.exp * 1000)) : 'never',
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
