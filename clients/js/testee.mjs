// The JavaScript client as the conformance kit drives it: commands on stdin, events on stdout, a JSON object per line.
// The contract is in ../conformance/README.md.

import {createInterface} from 'node:readline';
import {WebSocket} from 'ws';

const {Broadcaster, Unauthorized} = await import(process.env.BUNDLE ?? './dist/broadcaster.js');

const say = (event) => process.stdout.write(JSON.stringify(event) + '\n');
const real = {setTimeout, clearTimeout, setImmediate};
const turn = (millis = 0) => new Promise((resolve) => real.setTimeout(resolve, millis));

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason?.stack ?? reason)));
process.on('uncaughtException', (error) => unhandled.push(String(error?.stack ?? error)));

// The platform's events, so that the kit can dispatch them and count who listens.
const listeners = [];
globalThis.addEventListener = (type, listener) => listeners.push({type, listener});
globalThis.removeEventListener = (type, listener) => {
  const at = listeners.findIndex((each) => each.type === type && each.listener === listener);
  at >= 0 && listeners.splice(at, 1);
};

/** Sockets that are not closed. */
const open = new Set();
const idIn = (name, text) => new RegExp(`"${name}":("[^"]*"|\\d+)`).exec(text)?.[1];

class CountedSocket extends WebSocket {
  /** What the node has not done yet: `open`, and the ids of the requests that it has to answer. */
  due = new Set(['open']);

  constructor(url) {
    super(url, {perMessageDeflate: false});
    open.add(this);
    this.on('open', () => this.due.delete('open'));
    this.on('message', (data) => this.due.delete(idIn('requestId', data.toString('latin1', 0, 100))));
    this.on('close', () => open.delete(this));
  }

  send(text) {
    this.due.add(idIn('id', text));
    super.send(text);
  }
}

/**
 * Waits until sockets are open and requests are answered, also those that follow from an answer, for at most 10 s: an
 * answer that is missing then does not come. With `answer` false, nothing will come.
 */
async function settle(answer = true) {
  const isDue = () => [...open].some(({due, readyState}) => readyState <= WebSocket.OPEN && due.size > 0);
  const end = Date.now() + (answer ? 10_000 : 0);
  // Twice, because an answer may make the client send after a while.
  for (let quiet = 0; quiet < 2; quiet = isDue() && Date.now() < end ? 0 : quiet + 1) {
    await turn(1);
  }
  open.forEach(({due}) => due.clear());
}

/** Numbers from a seed: mulberry32. */
function random(seed) {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Stands still but for `advance` and `sleep`. */
class ManualClock {
  time = 0;
  timers = new Map();
  last = 0;

  constructor(seed) {
    this.random = random(seed);
  }

  now() {
    return this.time;
  }

  setTimeout(run, millis) {
    this.timers.set(++this.last, {due: this.time + Math.max(0, millis), run});
    return this.last;
  }

  clearTimeout(timer) {
    this.timers.delete(timer);
  }

  next(until) {
    let next;
    for (const [id, {due}] of this.timers) {
      if (due <= until && (next === undefined || due < this.timers.get(next).due)) {
        next = id;
      }
    }
    return next;
  }

  async advance(millis, answer) {
    const until = this.time + millis;
    await settle(answer);
    for (let id; (id = this.next(until)) !== undefined; ) {
      const {due, run} = this.timers.get(id);
      this.timers.delete(id);
      this.time = Math.max(this.time, due);
      run();
      await settle(answer);
    }
    this.time = until;
  }

  /** The process did not run for so long: timers are late, and what came meanwhile is in the sockets. */
  async sleep(millis, answer) {
    const end = Date.now() + 150;
    while (Date.now() < end) {
      // Blocks the thread, so that nothing is read.
    }
    this.time += millis;
    await this.advance(0, answer);
  }
}

class RealClock {
  pending = new Set();

  constructor(seed) {
    this.random = random(seed);
  }

  now() {
    return performance.now();
  }

  setTimeout(run, millis) {
    const timer = real.setTimeout(() => {
      this.pending.delete(timer);
      run();
    }, millis);
    this.pending.add(timer);
    return timer;
  }

  clearTimeout(timer) {
    this.pending.delete(timer);
    real.clearTimeout(timer);
  }

  get timers() {
    return this.pending;
  }

  async advance(millis) {
    await turn(millis);
  }

  async sleep(millis) {
    const end = Date.now() + millis;
    while (Date.now() < end) {
      // Blocks the thread.
    }
  }
}

/** As the client takes it: functions that need no `this`. */
const bound = (clock) => ({
  now: () => clock.now(),
  random: () => clock.random(),
  setTimeout: (run, millis) => clock.setTimeout(run, millis),
  clearTimeout: (timer) => clock.clearTimeout(timer),
});

let clock;
const clients = new Map();
const clientOf = ({by = 'one'}) => clients.get(by);
const handles = new Map();
const iterators = new Map();
const aborters = new Map();
const heldTokens = [];

const errorOf = (error) => ({
  code: error?.code ?? error?.name ?? 'Error',
  message: String(error?.message ?? error),
  retryable: error?.retryable ?? false,
  isError: error instanceof Error,
  ...(error?.status && {status: error.status}),
});

/** A token provider that plays a list; the last entry is played again and again. */
function provider(list) {
  let at = 0;
  return (reason) => {
    say({event: 'token', reason});
    const spec = list[Math.min(at++, list.length - 1)];
    if (typeof spec === 'string') {
      return spec;
    }
    if (spec.throw) {
      throw new Error(spec.throw);
    }
    if (spec.unauthorized) {
      throw new Unauthorized(spec.unauthorized);
    }
    return new Promise((resolve) => heldTokens.push(resolve)); // {hold: true}
  };
}

/** A resync that plays a list of ok, fail, hold. */
function resyncOf(handle, list) {
  let at = 0;
  return (why) => {
    const spec = list[Math.min(at++, list.length - 1)];
    say({event: 'resync', handle, cause: why.cause});
    if (spec === 'fail') {
      throw new Error('resync failed');
    }
    return spec === 'hold' ? new Promise((resolve) => held.set(handle, resolve)) : Promise.resolve();
  };
}
const held = new Map();

function tell(handle, m) {
  say({event: 'message', handle, id: m.id, seq: m.seq, channel: m.channel, name: m.event, payload: m.payload, json: m.json, replayed: m.replayed});
}

const settledOf = (call, promise) =>
  promise.then(
    (value) => say({event: 'settled', call, ok: true, value}),
    (error) => say({event: 'settled', call, ok: false, error: errorOf(error)}),
  );

const commands = {
  create({by = 'one', url, token, clock: kind = 'manual', seed = 1, lazy, wallClockOffset = 0}) {
    clock ??= kind === 'manual' ? new ManualClock(seed) : new RealClock(seed);
    const wallClock = Date.now;
    Date.now = () => wallClock() + wallClockOffset;
    const client = new Broadcaster(url, {
      token: Array.isArray(token) ? provider(token) : token,
      webSocket: CountedSocket,
      clock: bound(clock),
      lazy,
    });
    clients.set(by, client);
    client.on('state', ({error, ...state}) => say({event: 'state', ...state, ...(error && {error: errorOf(error)})}));
    client.on('error', (error) => say({event: 'error', ...errorOf(error)}));
    client.on('warning', (warning) => say({event: 'warning', ...warning}));
  },
  connect: (command) => clientOf(command).connect(),
  close: (command) => clientOf(command).close(),
  wake: (command) => clientOf(command).wake(),
  setToken: ({token, ...command}) => clientOf(command).setToken(Array.isArray(token) ? provider(token) : token),
  giveToken: ({token}) => heldTokens.shift()?.(token),
  giveResync: ({handle}) => held.get(handle)(),
  async network({event, persisted = false, answer}) {
    globalThis.document = {hidden: event === 'hidden'};
    const type = event === 'visible' || event === 'hidden' ? 'visibilitychange' : event;
    for (const each of listeners.filter((one) => one.type === type)) {
      each.listener({type, persisted});
    }
    await settle(answer);
  },
  subscribe({as, channel, since, last, priority, overflow, resync, quiet, by}) {
    const handle = clientOf({by}).subscribe(channel, {since, last, priority, overflow, ...(resync && {resync: resyncOf(as, resync)})});
    handles.set(as, handle);
    let count = 0;
    let seq = 0;
    handle.on('live', (live) => say({event: 'live', handle: as, ...live}));
    handle.on('gap', (gap) => say({event: 'gap', handle: as, ...gap}));
    handle.on('caughtUp', () => say({event: 'caughtUp', handle: as}));
    handle.on('ended', ({reason}) => say({event: 'ended', handle: as, reason}));
    handle.on('failed', (error) => say({event: 'failed', handle: as, ...errorOf(error)}));
    // `quiet`: a count in place of every message, for cases with very many.
    handle.on('message', (m) => {
      if (quiet) {
        count++;
        const inOrder = m.seq === seq + 1;
        seq = m.seq;
        (!inOrder || count % quiet === 0) && say({event: 'count', handle: as, count, inOrder});
      } else {
        tell(as, m);
      }
    });
  },
  unsubscribe: ({handle}) => handles.get(handle).close(),
  position: ({handle}) => say({event: 'position', handle, position: handles.get(handle).position}),
  iterate: ({handle}) => iterators.set(handle, handles.get(handle)[Symbol.asyncIterator]()),
  async read({handle, count = 1}) {
    for (let i = 0; i < count; i++) {
      const {done, value, error} = await iterators
        .get(handle)
        .next()
        .catch((thrown) => ({done: true, error: errorOf(thrown)}));
      say(done ? {event: 'iteratorEnd', handle, error} : {event: 'item', handle, seq: value.seq, payload: value.payload});
    }
  },
  leaveIterator: ({handle}) => iterators.get(handle).return(),
  publish({as, channel, name = 'event', payload, payloadBytes, json, abortable, by, ...options}) {
    const aborter = new AbortController();
    aborters.set(as, aborter);
    const body = json ?? (payloadBytes ? 'x'.repeat(payloadBytes) : payload);
    settledOf(as, clientOf({by}).publish(channel, name, body, {...options, json: json !== undefined, ...(abortable && {signal: aborter.signal})}));
  },
  ready({as, handle, by}) {
    const aborter = new AbortController();
    aborters.set(as, aborter);
    settledOf(as, (handle ? handles.get(handle) : clientOf({by})).ready({signal: aborter.signal}).then(() => undefined));
  },
  abort: ({call}) => aborters.get(call).abort(),
  /** Runs commands inside a handler, once. */
  inHandler({of, event, run}) {
    const target = of === 'client' ? clientOf({}) : handles.get(of);
    const remove = target.on(event, (value) => {
      if (of === 'client' && event === 'state' && run.when && value.state !== run.when) {
        return;
      }
      remove();
      for (const command of run.commands) {
        commands[command.do](command);
      }
    });
  },
  throw({message}) {
    throw new Error(message);
  },
  advance: ({millis, answer}) => clock.advance(millis, answer),
  sleep: ({millis, answer}) => clock.sleep(millis, answer),
  /** The delays that clients with the seeds 1 to `seeds` would wait after the first `attempt` failures. */
  async delays({url, seeds, attempt}) {
    const delays = [];
    for (let seed = 1; seed <= seeds; seed++) {
      class Refused {
        constructor() {
          queueMicrotask(() => this.onclose({code: 1006, reason: ''}));
        }
        close() {}
      }
      const own = new ManualClock(seed);
      const one = new Broadcaster(url, {token: 'a.b.c', webSocket: Refused, clock: bound(own)});
      let seen = 0;
      let delay;
      one.on('error', () => {});
      one.on('state', ({state, retryIn}) => state === 'waiting' && (seen++, (delay = retryIn)));
      one.connect();
      await Promise.resolve();
      while (seen <= attempt) {
        const id = own.next(Infinity);
        const timer = own.timers.get(id);
        own.timers.delete(id);
        own.time = timer.due;
        timer.run();
        await Promise.resolve();
      }
      delays.push(delay);
      one.close();
    }
    say({event: 'delays', delays});
  },
  /** Connects and closes `count` times, and tells what grew. */
  async cycles({count}) {
    const client = clientOf({});
    const state = (wanted) =>
      new Promise((resolve) => {
        const remove = client.on('state', (event) => event.state === wanted && (remove(), resolve()));
      });
    const cycle = async () => {
      const connected = state('connected');
      client.connect();
      await connected;
      const idle = state('idle');
      client.close();
      await idle;
    };
    const heap = () => {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    };
    for (let i = 0; i < 100; i++) {
      await cycle();
    }
    await turn(50);
    const before = heap();
    for (let i = 0; i < count; i++) {
      await cycle();
    }
    await turn(50);
    say({event: 'cycles', count, grownBytes: heap() - before, listeners: listeners.length, timers: clock.timers.size});
  },
  counts: () => say({event: 'counts', ...counts(), buffered: Math.max(0, ...[...open].map((socket) => socket.bufferedAmount))}),
  async end() {
    clients.forEach((client) => client.close());
    for (let i = 0; i < 100 && open.size > 0; i++) {
      await turn(20);
    }
    await turn(10);
    say({event: 'end', leaks: counts(), unhandled});
    // The process ends by itself, or something was left behind.
    input.close();
    process.stdin.destroy();
  },
};

const counts = () => ({timers: clock?.timers.size ?? 0, listeners: listeners.length, sockets: open.size});

const input = createInterface({input: process.stdin});
const line = input[Symbol.asyncIterator]();
for (;;) {
  const {done, value} = await line.next();
  if (done) {
    break;
  }
  const command = JSON.parse(value);
  try {
    await commands[command.do](command);
  } catch (error) {
    say({event: 'commandFailed', command: command.do, ...errorOf(error)});
  }
  say({event: 'ack', n: command.n});
  if (command.do === 'end') {
    break;
  }
}
