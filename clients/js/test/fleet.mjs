// Many clients on a real fleet behind a proxy, while nodes die, drain and restart, Redis is cut and connections are reset.
// Every client must get every message once and in order, or a gap that says how many it does not get; every publish of a
// client must end, and what was accepted must arrive once.
//
//   node test/fleet.mjs [clients = 300] [messages a second = 500] [fault…] [java|only-java]     kill drain roll reset redis
//
// With `java` there are as many clients of the Java library too, in one process; with `only-java` instead.

import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {WebSocket} from 'ws';
import {Nodes} from '../../conformance/lib/nodes.js';
import {Proxy} from '../../conformance/lib/proxy.js';
import {mint} from '../../conformance/lib/tokens.js';
import {Broadcaster} from '../dist/broadcaster.js';

const CHANNELS = 10;
const CALLS = 'chat:calls';
const CALLERS = 5;
const [clients = 300, rate = 500] = process.argv.slice(2).filter((each) => /^\d+$/.test(each)).map(Number);
const onlyJava = process.argv.includes('only-java');
const withJava = onlyJava || process.argv.includes('java');
const wanted = process.argv.slice(2).filter((each) => !/^\d+$|java$/.test(each));
const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

class Reader {
  last;
  got = 0;
  lost = 0;
  unknown = 0;
  resumed = 0;
  wrong = [];
  pendingGap;

  constructor(url, channel) {
    this.client = new Broadcaster(url, {token: () => mint(), webSocket: WebSocket});
    this.client.on('error', () => {});
    this.handle = this.client.subscribe(channel, {
      onLive: ({resumed}) => resumed && this.resumed++,
      onGap: (gap) => {
        this.pendingGap = gap;
        gap.count === undefined ? this.unknown++ : (this.lost += gap.count);
      },
      onMessage: ({payload}) => {
        const missing = this.last === undefined ? 0 : payload - this.last - 1;
        if (missing < 0) {
          this.wrong.push(`${payload} after ${this.last}`);
        } else if (missing > 0 && !this.pendingGap) {
          this.wrong.push(`${payload} after ${this.last}, and no gap`);
        } else if (missing > 0 && this.pendingGap.count !== undefined && this.pendingGap.count > missing) {
          this.wrong.push(`${missing} are missing, the gap says ${this.pendingGap.count}`);
        }
        this.pendingGap = undefined;
        this.last = payload;
        this.got++;
      },
    });
    this.client.connect();
  }
}

/** Publishes by the client, ten a second, and remembers how each call ended. */
class Caller {
  begun = 0;
  ends = {};
  twice = 0;
  accepted = [];

  constructor(url, who) {
    this.client = new Broadcaster(url, {token: () => mint(), webSocket: WebSocket});
    this.client.on('error', () => {});
    this.client.connect();
    this.timer = setInterval(() => this.call(`${who}-${++this.begun}`), 100);
  }

  call(payload) {
    let ended = false;
    const end = (how) => {
      this.twice += ended ? 1 : 0;
      ended = true;
      this.ends[how] = (this.ends[how] ?? 0) + 1;
    };
    this.client.publish(CALLS, 'event', payload).then(
      () => (end('accepted'), this.accepted.push(payload)),
      (error) => end(error.code),
    );
  }

  get pending() {
    return this.begun - Object.values(this.ends).reduce((sum, count) => sum + count, 0);
  }
}

/** The clients of the Java library: a process that answers each command by a line. */
class JavaClients {
  #waiting = [];

  constructor(...args) {
    const classes = ['classes', 'test-classes'].map((name) => new URL(`../../java/target/${name}`, import.meta.url).pathname).join(':');
    this.process = spawn('java', ['-Xmx256m', '-cp', classes, 'dev.broadcaster.client.FleetClients', ...args], {stdio: ['pipe', 'pipe', 'inherit']});
    createInterface({input: this.process.stdout}).on('line', (line) => this.#waiting.shift().resolve(JSON.parse(line)));
    this.process.on('close', () => this.#waiting.splice(0).forEach(({reject}) => reject(new Error('the Java clients have ended'))));
  }

  ask(command) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({resolve, reject});
      this.process.stdin.write(`${command}\n`);
    });
  }

  /** The readers, with the fields of {@link Reader}, and the callers. */
  state() {
    return this.ask('state');
  }

  close() {
    this.process.stdin.end();
  }
}

/** Arrivals in the 10 s after a fault, in slots of 500 ms. */
function histogram(arrivals, from) {
  const slots = Array(20).fill(0);
  arrivals.filter((at) => at >= from && at < from + 10_000).forEach((at) => slots[Math.floor((at - from) / 500)]++);
  return slots.join(' ');
}

const faults = {
  kill: async (nodes) => {
    await nodes.all[0].kill();
    await nodes.all[0].start();
  },
  drain: async (nodes) => {
    await nodes.all[1].drain();
    await nodes.all[1].start();
  },
  roll: async (nodes) => {
    for (const node of nodes.all) {
      await node.drain();
      await node.start();
    }
  },
  reset: async (nodes, proxy) => proxy.reset(),
  redis: async (nodes) => {
    nodes.redis.kill('SIGSTOP');
    await pause(5000);
    nodes.redis.kill('SIGCONT');
  },
};

const nodes = new Nodes();
await nodes.start({HISTORY: 'chat:=100000/10m'}, 3);
const proxy = await Proxy.start(nodes.ports);
const url = `ws://127.0.0.1:${proxy.port}/broadcaster/websocket`;
const channels = Array.from({length: CHANNELS}, (_, i) => `chat:fleet-${i}`);
const readers = Array.from({length: onlyJava ? 0 : clients}, (_, i) => new Reader(url, channels[i % CHANNELS]));
const arrived = [];
const watcher = new Broadcaster(url, {token: () => mint(), webSocket: WebSocket});
watcher.on('error', () => {});
const watched = watcher.subscribe(CALLS, {onMessage: ({payload}) => arrived.push(payload)});
watcher.connect();
const java = withJava ? new JavaClients(url, clients, channels.join(), CALLERS, CALLS) : undefined;
await Promise.all([watched, ...readers.map(({handle}) => handle)].map((handle) => handle.ready()));
await java?.ask('live');
const callers = Array.from({length: onlyJava ? 0 : CALLERS}, (_, i) => new Caller(url, i));
await java?.ask('call');
const language = onlyJava ? ' in Java' : withJava ? ' in JavaScript and as many in Java' : '';
console.log(`${clients} clients${language} on three nodes, ${rate} messages a second in ${CHANNELS} channels`);

// One publisher per channel, one message at a time, so that payloads rise by one.
const counts = Array(CHANNELS).fill(0);
let publishing = true;
const publishedFrom = Date.now();
const publishers = channels.map(async (channel, i) => {
  for (let next = Date.now(); publishing; ) {
    counts[i]++;
    await nodes.publishSurely(channel, 'event', String(counts[i]), `${channel}-${counts[i]}`);
    next += (1000 * CHANNELS) / rate;
    await pause(Math.max(0, next - Date.now()));
  }
});

await pause(3000);
let failed = 0;
for (const [name, fault] of Object.entries(faults)) {
  if (wanted.length > 0 && !wanted.includes(name)) {
    continue;
  }
  const start = Date.now();
  await fault(nodes, proxy);
  await pause(3000);
  await Promise.all([...readers.map(({client}) => client.ready()), java?.ask('ready')]);
  console.log(`${name.padEnd(6)} all back ${((Date.now() - start) / 1000).toFixed(1)} s after the fault began; arrivals in slots of 500 ms: ${histogram(proxy.arrivals, start)}`);
}
publishing = false;
callers.forEach(({timer}) => clearInterval(timer));
await java?.ask('stop');
await Promise.all(publishers);
const published = counts.reduce((sum, count) => sum + count);
console.log(`${published} messages published, ${Math.round((1000 * published) / (Date.now() - publishedFrom))} a second`);

let javaState = {readers: [], callers: []};
const look = async () => void (javaState = (await java?.state()) ?? javaState);
const isBehind = ({last}, i) => last !== counts[i % CHANNELS];
const behind = () => [...readers.filter(isBehind), ...javaState.readers.filter(isBehind)];
const javaPending = () => javaState.callers.reduce((sum, {begun, accepted, failures}) => sum + begun - accepted.length - failures.length, 0);
for (const end = Date.now() + 30_000; await look(), behind().length > 0 && Date.now() < end; ) {
  await pause(100);
}
for (const end = Date.now() + 15_000; await look(), (callers.some(({pending}) => pending) || javaPending() > 0) && Date.now() < end; ) {
  await pause(100);
}
await pause(500);
await look();
const late = behind().length;
const all = [...readers, ...javaState.readers];
const ends = {};
const count = (how, times) => (ends[how] = (ends[how] ?? 0) + times);
callers.forEach((each) => Object.entries(each.ends).forEach(([how, times]) => count(how, times)));
javaState.callers.forEach(({accepted, failures}) => (count('accepted', accepted.length), failures.forEach((how) => count(how, 1))));
const pending = callers.reduce((sum, each) => sum + each.pending + each.twice, 0) + javaPending();
const times = new Map();
arrived.forEach((payload) => times.set(payload, (times.get(payload) ?? 0) + 1));
const notOnce = [...callers, ...javaState.callers].flatMap(({accepted}) => accepted).filter((payload) => times.get(payload) !== 1);
console.log(`calls: ${JSON.stringify(ends)}; without an end, or with two: ${pending}; accepted and not delivered once: ${notOnce.length} ${notOnce.slice(0, 3)}`);
const wrong = all.flatMap(({wrong}) => wrong);
const sum = (name) => all.reduce((total, reader) => total + reader[name], 0);
console.log(`${sum('got')} messages delivered, ${sum('resumed')} recoveries, ${sum('lost')} told as lost, ${sum('unknown')} gaps of unknown size`);
console.log(`behind at the end: ${late}; wrong: ${wrong.length} ${wrong.slice(0, 3)}`);
failed += wrong.length + late + pending + notOnce.length;
[watcher, ...callers.map(({client}) => client), ...readers.map(({client}) => client)].forEach((client) => client.close());
java?.close();
proxy.stop();
await nodes.stop();
process.exit(failed === 0 ? 0 : 1);
