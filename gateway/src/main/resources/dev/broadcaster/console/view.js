/** More of a payload is shown on demand: 500 rows of 64 KiB would stop the page. */
const SHOWN_PAYLOAD = 300;

/**
 * The table of messages. It follows a Tape: `changed()` may be called as often as one likes, drawing happens at most
 * once a frame. Text goes in as text only.
 */
export class TapeView {
  #tape;
  #page;
  #hue;
  #drawn = [];
  #nextRow = 0;
  #filter = '';
  #paused = false;
  #scheduled = false;
  /** Whether the newest row stays in view: true until the user scrolls back. */
  #following = true;

  /** `page`: the elements `rows`, `scroll`, `empty`, `latest`; `hue(channel)`: a number for its colour. */
  constructor(tape, page, hue) {
    this.#tape = tape;
    this.#page = page;
    this.#hue = hue;
    page.scroll.addEventListener('scroll', () => this.#follow(this.#atEnd()), {passive: true});
    page.latest.addEventListener('click', () => this.#follow(true));
    new ResizeObserver(() => this.#follow(this.#following)).observe(page.scroll);
  }

  get paused() {
    return this.#paused;
  }

  /** How many rows wait for the end of the pause. */
  get waiting() {
    return this.#tape.next - Math.max(this.#nextRow, this.#tape.first);
  }

  pause(paused) {
    this.#paused = paused;
    this.changed();
  }

  filter(channel) {
    this.#filter = channel;
    this.#drawn = [];
    this.#page.rows.replaceChildren();
    const upTo = this.#paused ? this.#nextRow : this.#tape.next;
    this.#nextRow = this.#tape.first;
    this.#draw(upTo);
  }

  changed() {
    if (this.#scheduled) {
      return;
    }
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      if (!this.#paused) {
        this.#draw(this.#tape.next);
      }
    });
  }

  /** After `Tape.clear`. */
  cleared() {
    this.#drawn = [];
    this.#page.rows.replaceChildren();
    this.#nextRow = this.#tape.next;
    this.#draw(this.#nextRow);
  }

  #draw(upTo) {
    let gone = 0;
    while (gone < this.#drawn.length && this.#drawn[gone].n < this.#tape.first) {
      this.#drawn[gone++].element.remove();
    }
    this.#drawn.splice(0, gone);

    const added = this.#tape
      .since(this.#nextRow)
      .filter((row) => row.n < upTo && (this.#filter === '' || (row.channel ?? this.#filter) === this.#filter))
      .map((row) => ({n: row.n, element: this.#row(row)}));
    this.#page.rows.append(...added.map((row) => row.element));
    this.#drawn.push(...added);
    this.#nextRow = Math.max(this.#nextRow, upTo);

    this.#page.empty.hidden = this.#drawn.length > 0;
    this.#follow(this.#following);
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
      channelCell.append(row.channel);
      tr.append(
        cell('seq', String(row.seq)),
        channelCell,
        cell('event', row.event),
        cell('payload', ...payload(row.payload)),
        cell('time', time),
        cell('id', row.id),
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

/** An element with text: the only way in which the console writes what came from outside. */
export function make(name, className = '', text = '') {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  made.textContent = text;
  return made;
}

function cell(className, ...content) {
  const td = make('td', className);
  td.setAttribute('role', 'cell');
  td.append(...content);
  return td;
}

function payload(text) {
  if (text.length <= SHOWN_PAYLOAD) {
    return [make('code', '', text)];
  }
  const code = make('code', '', text.slice(0, SHOWN_PAYLOAD) + '…');
  const more = make('button', 'more', `all ${text.length.toLocaleString('en')} characters`);
  more.type = 'button';
  more.addEventListener('click', () => {
    code.textContent = text;
    more.remove();
  });
  return [code, more];
}

/** `2026-01-31T12:34:56.789012Z` → `12:34:56.789`; what is not such a time is shown as it is. */
function clock(time) {
  const found = /^[^T]*T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*Z$/.exec(time);
  return found ? found[1] : time;
}
