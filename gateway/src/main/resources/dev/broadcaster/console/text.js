// Text that came from outside, made fit to be read.

/**
 * Characters that cannot be seen, or that change the order of others: controls, marks of direction, invisible spaces,
 * half a surrogate pair. Not U+200C and U+200D, which scripts and emoji need.
 */
const HIDDEN =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0001}]/gu;
/** The same without tab and line feed: the white space between the parts of a JSON value. */
const HIDDEN_IN_JSON = new RegExp(HIDDEN.source.replace('\\p{Cc}', '\\0-\\x08\\v-\\x1f\\x7f-\\x9f'), 'gu');

const characters = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter() : undefined;

/** The text with its hidden characters as JSON escapes. */
export function visible(text) {
  return text.replace(HIDDEN, escaped);
}

/** Like `visible`, for JSON text, which keeps its lines. */
export function visibleJson(text) {
  return text.replace(HIDDEN_IN_JSON, escaped);
}

/** The first characters of a text, at most `most` UTF-16 units; what a reader sees as one character stays whole. */
export function cut(text, most) {
  if (text.length <= most) {
    return text;
  }
  let end = 0;
  for (const {index} of characters?.segment(text.slice(0, most + 50)) ?? []) {
    if (index > most) {
      break;
    }
    end = index;
  }
  const half = /[\ud800-\udbff]/.test(text[most - 1]) ? 1 : 0;
  return text.slice(0, end || most - half);
}

/** The number of Unicode characters in a text. */
export function length(text) {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) {
    pairs += text.codePointAt(i) > 0xffff ? 1 : 0;
  }
  return text.length - pairs;
}

/** `2026-01-31 12:34:56 UTC`: every time of the page is in one zone. */
export function utc(date) {
  return Number.isNaN(date.getTime()) ? 'at a time that no calendar has' : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function escaped(character) {
  const hex = character.codePointAt(0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}
