// JSON as text: a payload is passed on as it came, so it must be cut out and not parsed.

/** The text of a member of an object that JSON.parse has accepted; of several of the name the last. */
export function memberText(object, name) {
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;
  let depth = 0;
  let key;
  let previous;
  let start;
  let found;
  for (let match; (match = token.exec(object)); ) {
    const [text] = match;
    if (depth === 1 && start !== undefined && (text === ',' || text === '}')) {
      found = key === JSON.stringify(name) ? object.slice(start, previous.end) : found;
      start = undefined;
    } else if (depth === 1 && text === ':' && start === undefined) {
      key = previous.text;
      start = token.lastIndex;
    }
    depth += text === '{' || text === '[' ? 1 : text === '}' || text === ']' ? -1 : 0;
    previous = {text, end: token.lastIndex};
  }
  return found?.trim();
}
