// JSON as text. The console shows a payload as it came, and sends one as it was typed: JSON.parse followed by
// JSON.stringify would round 12345678901234567890 and merge duplicate keys.

/** The text of `params.payload` in a broadcast frame that JSON.parse has accepted. */
export function payloadText(frame) {
  const params = memberText(frame, 'params');
  return params === undefined ? undefined : memberText(params, 'payload');
}

/** A request as text; `payload`, where given, is JSON text and is put in unchanged. */
export function requestText(id, method, params, payload) {
  const head = JSON.stringify(params);
  const all = payload === undefined ? head : `${head.slice(0, -1)},"payload":${payload}}`;
  return `{"id":${id},"method":${JSON.stringify(method)},"params":${all}}`;
}

/** The text of one member of an object; of several of the same name the last, as JSON.parse does. */
export function memberText(object, name) {
  let found;
  let at = skipSpace(object, 0) + 1;
  for (;;) {
    at = skipSpace(object, at);
    if (object[at] === ',') {
      at = skipSpace(object, at + 1);
    }
    if (object[at] !== '"') {
      return found;
    }
    const keyEnd = skipString(object, at);
    const key = JSON.parse(object.slice(at, keyEnd));
    const start = skipSpace(object, skipSpace(object, keyEnd) + 1);
    at = skipValue(object, start);
    if (key === name) {
      found = object.slice(start, at);
    }
  }
}

function skipSpace(text, at) {
  while (at < text.length && ' \t\n\r'.includes(text[at])) {
    at++;
  }
  return at;
}

function skipString(text, at) {
  for (at++; text[at] !== '"'; at++) {
    if (text[at] === '\\') {
      at++;
    }
  }
  return at + 1;
}

function skipValue(text, at) {
  let depth = 0;
  while (at < text.length) {
    const c = text[at];
    if (c === '"') {
      at = skipString(text, at);
    } else if (c === '{' || c === '[') {
      depth++;
      at++;
    } else if (c === '}' || c === ']') {
      depth--;
      at++;
    } else if (depth > 0) {
      at++;
      continue;
    } else {
      while (at < text.length && !',}] \t\n\r'.includes(text[at])) {
        at++;
      }
    }
    if (depth === 0) {
      return at;
    }
  }
  return at;
}
