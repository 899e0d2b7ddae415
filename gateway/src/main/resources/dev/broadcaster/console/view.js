import {cut, length, visible, visibleJson} from './text.js';

/** More of a payload is shown on demand: 10,000 rows of 64 KiB would stop the page. */
const SHOWN_PAYLOAD = 300;
/** Rows that are drawn in one frame: a filter may bring 10,000 of them at once, and a frame is not to take 200 ms. */
const ROWS_PER_FRAME = 40;
/** Rows of one part of the table. The browser lays out only the parts in view. */
const ROWS_PER_PART = 100;
/** Parts that are removed in one frame, for the same reason. */
const PARTS_REMOVED_PER_FRAME = 20;

/**
 * The table of messages. It follows a Tape: `changed()` may be called as often as one likes, drawing happens at most
 * once a frame. Text goes in as text only.
 */
export class TapeView {
  #tape;
  #page;
  #hue;
  /** The drawn rows, oldest first: `{element, count, last}`, where `last` is the number of the last row. */
  #parts = [];
  /** Parts to remove before any row is drawn. */
  #removed = [];
  #nextRow = 0;
  #filter = '';
  #paused = false;
  /** The first row that waits for the end of the pause. */
  #pausedAt = 0;
  #scheduled = false;
  /** The digits of the longest seq that has been drawn. */
  #digits = 0;
  /** Whether the newest row stays in view: true until the user scrolls back. */
  #following = true;

  /** `page`: the elements `rows`, `scroll`, `empty`, `latest`; `hue(channel)`: a number for its colour. */
  constructor(tape, page, hue) {
    this.#tape = tape;
    this.#page = page;
    this.#hue = hue;
    page.scroll.addEventListener('scroll', () => this.#follow(this.#atEnd()), {passive: true});
    page.latest.addEventListener('click', () => {
      page.scroll.focus({preventScroll: true}); // the button goes, and the focus must not go with it
      this.#follow(true);
    });
    new ResizeObserver(() => this.#follow(this.#following)).observe(page.scroll);
  }

  get paused() {
    return this.#paused;
  }

  /** How many rows wait for the end of the pause. */
  get waiting() {
    return this.#tape.next - Math.max(this.#pausedAt, this.#tape.first);
  }

  pause(paused) {
    this.#paused = paused;
    this.#pausedAt = this.#tape.next;
    this.changed();
  }

  filter(channel) {
    this.#filter = channel;
    this.#removeAll();
    this.#nextRow = this.#tape.first;
    this.changed();
  }

  changed() {
    if (this.#scheduled) {
      return;
    }
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  /** After `Tape.clear`. */
  cleared() {
    this.#removeAll();
    this.#nextRow = this.#pausedAt = this.#tape.next;
    this.changed();
  }

  #draw() {
    this.#removed.splice(0, PARTS_REMOVED_PER_FRAME).forEach(({element}) => element.remove());
    if (this.#removed.length > 0) {
      this.changed();
      return;
    }
    if (!this.#paused) {
      this.#removeOld();
    }
    const end = this.#paused ? this.#pausedAt : this.#tape.next;
    const from = Math.max(this.#nextRow, this.#tape.first);
    const to = Math.min(end, from + ROWS_PER_FRAME);
    for (const row of this.#tape.between(from, to)) {
      if (this.#filter === '' || (row.channel ?? this.#filter) === this.#filter) {
        this.#append(row);
      }
    }
    this.#nextRow = Math.max(from, to);
    if (this.#nextRow < end) {
      this.changed();
    }
    this.#page.empty.hidden = this.#parts.length > 0;
    this.#follow(this.#following);
  }

  #removeAll() {
    this.#removed.push(...this.#parts);
    this.#parts = [];
  }

  /** Removes the parts of which no row is kept. */
  #removeOld() {
    while (this.#parts.length > 0 && this.#parts[0].last < this.#tape.first) {
      const {element} = this.#parts.shift();
      if (element.contains(document.activeElement)) {
        this.#page.scroll.focus({preventScroll: true});
      }
      element.remove();
    }
  }

  #append(row) {
    let part = this.#parts.at(-1);
    if (!part || part.count === ROWS_PER_PART) {
      if (part) {
        // From now on it is laid out only in view; elsewhere it has this height.
        part.element.style.containIntrinsicBlockSize = `auto ${part.element.offsetHeight}px`;
        part.element.classList.add('full');
      }
      const element = make('tbody');
      element.setAttribute('role', 'rowgroup');
      this.#page.rows.append(element);
      part = {element, count: 0, last: 0};
      this.#parts.push(part);
    }
    part.element.append(this.#row(row));
    part.count++;
    part.last = row.n;
    const digits = row.kind === 'message' ? String(row.seq).length : 0;
    if (digits > this.#digits) {
      this.#digits = digits;
      this.#page.rows.style.setProperty('--digits', digits);
    }
  }

  #row(row) {
    const tr = make('tr', row.kind);
    tr.setAttribute('role', 'row');
    if (row.kind === 'message') {
      const time = make('time', '', clock(row.createTime));
      time.dateTime = row.createTime;
      time.title = row.createTime;
      const channel = make('span', 'dot');
      channel.dataset.hue = this.#hue(row.channel);
      const channelCell = cell('channel', channel);
      channelCell.append(visible(row.channel));
      tr.append(
        cell('seq', String(row.seq)),
        channelCell,
        cell('event', visible(row.event)),
        cell('payload', ...payload(row.payload)),
        cell('time', time),
        cell('id', visible(row.id)),
      );
      return tr;
    }
    const wide = cell('wide', make('strong', '', row.text));
    if (row.channel) {
      wide.append(make('span', 'of', row.channel));
    }
    tr.append(cell('seq', ''), wide);
    return tr;
  }

  #atEnd() {
    const {scrollHeight, scrollTop, clientHeight} = this.#page.scroll;
    return scrollHeight - scrollTop - clientHeight < 40;
  }

  #follow(following) {
    this.#following = following;
    if (following) {
      this.#page.scroll.scrollTop = this.#page.scroll.scrollHeight;
    }
    this.#page.latest.hidden = following;
  }
}

/** An element with text, hidden characters escaped: the way in which the console writes what came from outside. */
export function make(name, className = '', text = '') {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  made.textContent = visible(text);
  return made;
}

function cell(className, ...content) {
  const td = make('td', className);
  td.setAttribute('role', 'cell');
  td.append(...content);
  return td;
}

/** The payload; of a long one the beginning, and a button that shows the rest and hides it again. */
function payload(text) {
  const code = make('code');
  if (text.length <= SHOWN_PAYLOAD) {
    code.textContent = visibleJson(text);
    return [code];
  }
  const more = make('button', 'more');
  more.type = 'button';
  const show = (all) => {
    code.textContent = all ? visibleJson(text) : `${visibleJson(cut(text, SHOWN_PAYLOAD))}…`;
    more.textContent = all ? 'less' : `all ${length(text).toLocaleString('en')} characters`;
    more.setAttribute('aria-expanded', String(all));
  };
  more.addEventListener('click', () => show(more.getAttribute('aria-expanded') === 'false'));
  show(false);
  return [code, more];
}

/** `2026-01-31T12:34:56.789012Z` → `12:34:56.789`; what is not such a time is shown as it is. */
function clock(time) {
  const found = /^[^T]*T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*Z$/.exec(time);
  return found ? found[1] : time;
}
