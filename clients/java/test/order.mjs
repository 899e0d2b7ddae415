// The JavaScript and the Java client in one channel over two nodes: both publish, and both get all messages in one order.
//
//   node test/order.mjs [messages of each]     after the builds and `mvn package`

import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {Nodes} from '../../conformance/lib/nodes.js';
import {mint} from '../../conformance/lib/tokens.js';

const COUNT = Number(process.argv[2] ?? 10_000);
/** Publishes of a client without an answer. */
const AT_ONCE = 100;
const CHANNEL = 'order';
const testees = JSON.parse(readFileSync(new URL('../../conformance/testees.json', import.meta.url)));

/** A client as the conformance kit drives it. */
class Client {
  seen = [];
  accepted = 0;
  wrong = [];
  #commands = 0;
  #watch = () => {};

  constructor(language) {
    this.language = language;
    const {directory, command} = testees[language];
    const cwd = new URL(`../../conformance/${directory}`, import.meta.url).pathname;
    this.process = spawn(command[0], command.slice(1), {cwd, stdio: ['pipe', 'pipe', 'inherit']});
    createInterface({input: this.process.stdout}).on('line', (line) => this.#onEvent(JSON.parse(line)));
  }

  #onEvent(event) {
    if (event.event === 'message') {
      this.seen.push(event.payload);
    } else if (event.event === 'settled' && event.ok) {
      this.accepted++;
    } else if (event.event === 'live') {
      this.live = true;
    } else if (['settled', 'gap', 'error', 'commandFailed', 'failed', 'ended'].includes(event.event)) {
      this.wrong.push(event);
    }
    this.#watch();
  }

  send(command) {
    this.process.stdin.write(JSON.stringify({...command, n: ++this.#commands}) + '\n');
  }

  until(condition, what) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.language}: ${what}: not in five minutes`)), 300_000);
      this.#watch = () => {
        if (this.wrong.length > 0) {
          clearTimeout(timer);
          reject(new Error(`${this.language}: ${JSON.stringify(this.wrong[0])}`));
        } else if (condition()) {
          clearTimeout(timer);
          resolve();
        }
      };
      this.#watch();
    });
  }

  async subscribe(port) {
    const url = `ws://127.0.0.1:${port}/broadcaster/websocket`;
    this.send({do: 'create', url, token: mint({sub: this.language}), clock: 'real'});
    this.send({do: 'subscribe', as: 'a', channel: CHANNEL});
    this.send({do: 'connect'});
    await this.until(() => this.live, 'live');
  }

  async publishAll() {
    for (let sent = 0; sent < COUNT; ) {
      for (const end = Math.min(COUNT, sent + AT_ONCE); sent < end; sent++) {
        this.send({do: 'publish', as: `p${sent}`, channel: CHANNEL, payload: `${this.language} ${sent}`, timeout: 120_000});
      }
      await this.until(() => this.accepted === sent, `${sent} accepted`);
    }
  }

  async end() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.send({do: 'end'});
    return ended;
  }
}

const check = (ok, what) => {
  if (!ok) {
    throw new Error(what);
  }
};

const nodes = new Nodes();
const clients = ['js', 'java'].map((language) => new Client(language));
try {
  // The rate of requests is no matter of this test.
  await nodes.start({MAX_REQUEST_RATE: '0'});
  await Promise.all(clients.map((client, i) => client.subscribe(nodes.ports[i])));
  const start = Date.now();
  await Promise.all(clients.map((client) => client.publishAll()));
  await Promise.all(clients.map((client) => client.until(() => client.seen.length === 2 * COUNT, 'all messages')));
  const [js, java] = clients;
  js.seen.forEach((payload, i) => check(payload === java.seen[i], `message ${i}: js has ${payload}, java ${java.seen[i]}`));
  // A publish that was tried again may stand behind later ones; but each is there once.
  check(new Set(js.seen).size === 2 * COUNT, 'a message came twice');
  const codes = await Promise.all(clients.map((client) => client.end()));
  check(codes.every((code) => code === 0), `exit codes ${codes}`);
  const alternations = js.seen.filter((payload, i) => i > 0 && payload.split(' ')[0] !== js.seen[i - 1].split(' ')[0]).length;
  console.log(`ok     ${2 * COUNT} messages in one order at both clients, ${alternations} times from the other client, ${Date.now() - start} ms`);
} finally {
  clients.forEach((client) => client.process.kill('SIGKILL'));
  await nodes.stop();
}
