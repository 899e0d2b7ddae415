/** How many publishes the figures and the chart look back on. */
export const SAMPLES = 60;

/** How long ago a message may have arrived before the reply that names it (REST only: two connections race). */
const RECENT = 1000;

/**
 * Times from sending a publish to its reply, and to its message on our own subscription, in milliseconds.
 * The second is missing where the channel is not subscribed.
 */
export class Latency {
  #samples = [];
  #byId = new Map();
  #arrived = new Map();

  replied(id, sentAt, repliedAt) {
    const sample = {sentAt, reply: repliedAt - sentAt, own: undefined};
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES) {
      this.#samples.shift();
    }
    if (this.#arrived.has(id)) {
      sample.own = this.#arrived.get(id) - sentAt;
      return;
    }
    keep(this.#byId, id, sample);
  }

  received(id, at) {
    const sample = this.#byId.get(id);
    if (sample) {
      sample.own = at - sample.sentAt;
      this.#byId.delete(id);
      return true;
    }
    keep(this.#arrived, id, at);
    return false;
  }

  get samples() {
    return this.#samples;
  }

  /** Of `reply` or `own`: `{count, p50, p99}`; undefined without a sample. */
  figures(which) {
    const sorted = this.#samples.map((s) => s[which]).filter((ms) => ms !== undefined).sort((a, b) => a - b);
    if (sorted.length === 0) {
      return undefined;
    }
    const rank = (p) => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
    return {count: sorted.length, p50: rank(0.5), p99: rank(0.99)};
  }
}

export function milliseconds(ms) {
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

function keep(map, key, value) {
  map.set(key, value);
  if (map.size > RECENT) {
    map.delete(map.keys().next().value);
  }
}
