// What takes minutes: a page that is hidden for ten, a process that is stopped for one, a network that cuts connections
// on which nothing moves for 30 s. Each on a real node, which gets a message a second; nothing may be lost.
//
//   node test/soak.mjs [hidden|stopped|idle] [java]     MINUTES=10 for the hidden page, CHROMIUM=/usr/bin/chromium
//
// With `java` the client is the Java library's; it has no pages.

import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import {connect, createServer as createTcpServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {setTimeout as pause} from 'node:timers/promises';
import {WebSocket} from 'ws';
import {Nodes} from '../../conformance/lib/nodes.js';
import {mint} from '../../conformance/lib/tokens.js';

const CHANNEL = 'chat:soak';
const CUT_MILLIS = 30_000;

/** A proxy that ends what has moved no byte for 30 s, in either direction. */
async function impatientProxy(port) {
  const proxy = {arrivals: 0, cuts: 0};
  const server = createTcpServer((client) => {
    proxy.arrivals++;
    const node = connect(port, '127.0.0.1');
    let timer;
    const moved = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        proxy.cuts++;
        client.resetAndDestroy();
        node.resetAndDestroy();
      }, CUT_MILLIS);
    };
    for (const [from, to] of [[client, node], [node, client]]) {
      from.on('data', (chunk) => (moved(), to.write(chunk)));
      from.on('end', () => to.end());
      from.on('error', () => {});
      from.on('close', (failed) => (clearTimeout(timer), failed && to.destroy()));
    }
    moved();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.port = server.address().port;
  proxy.stop = () => server.close();
  return proxy;
}

/** Publishes 1, 2, 3 … every `millis`; returns the function that ends it and says how many there were. */
function publisher(nodes, millis) {
  let count = 0;
  let running = true;
  const done = (async () => {
    while (running) {
      count++;
      await nodes.publishSurely(CHANNEL, 'tick', String(count), `soak-${count}`);
      await pause(millis);
    }
  })();
  return async () => {
    running = false;
    await done;
    return count;
  };
}

/** Of the Java library. */
function javaReader(url) {
  const classes = ['classes', 'test-classes'].map((name) => fileURLToPath(new URL(`../../java/target/${name}`, import.meta.url))).join(':');
  return spawn('java', ['-cp', classes, 'dev.broadcaster.client.SoakClient', url, mint(), CHANNEL], {stdio: ['ignore', 'pipe', 'inherit']});
}

function jsReader(url) {
  const code = `import {WebSocket} from 'ws';
    import {Broadcaster} from ${JSON.stringify(fileURLToPath(new URL('../dist/broadcaster.js', import.meta.url)))};
    const say = (event) => console.log(JSON.stringify({at: Date.now(), ...event}));
    const client = new Broadcaster(${JSON.stringify(url)}, {token: ${JSON.stringify(mint())}, webSocket: WebSocket});
    client.on('state', ({state, code, reason}) => say({state, code, reason}));
    client.subscribe('${CHANNEL}', {onMessage: ({payload}) => say({payload}), onGap: (gap) => say({gap}), onLive: (live) => say({live})});
    client.connect();`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], {cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit']});
}

/** The client in a process of its own: prints a JSON line per event. */
function reader(url) {
  const child = withJava ? javaReader(url) : jsReader(url);
  process.on('exit', () => child.kill());
  const events = [];
  let rest = '';
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    lines.forEach((line) => events.push(JSON.parse(line)));
  });
  return {child, events};
}

/** Chromium without a driver: Playwright makes every page believe that it is visible. */
class Browser {
  static async start(url) {
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), 'soak-'));
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-port=0', `--user-data-dir=${browser.profile}`];
    browser.process = spawn(process.env.CHROMIUM ?? '/usr/bin/chromium', [...flags, url], {stdio: ['ignore', 'ignore', 'pipe']});
    const port = await new Promise((resolve) => {
      let output = '';
      browser.process.stderr.on('data', (chunk) => {
        output += chunk;
        const [, found] = /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(output) ?? [];
        found && resolve(found);
      });
    });
    browser.http = `http://127.0.0.1:${port}/json`;
    const [page] = (await (await fetch(browser.http)).json()).filter(({type}) => type === 'page');
    browser.socket = new WebSocket(page.webSocketDebuggerUrl);
    await new Promise((resolve) => browser.socket.once('open', resolve));
    return browser;
  }

  #lastId = 0;

  evaluate(expression) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const listener = (data) => {
        const reply = JSON.parse(data);
        if (reply.id === id) {
          this.socket.off('message', listener);
          const {result, exceptionDetails} = reply.result;
          exceptionDetails ? reject(new Error(exceptionDetails.exception.description)) : resolve(result.value);
        }
      };
      this.socket.on('message', listener);
      this.socket.send(JSON.stringify({id, method: 'Runtime.evaluate', params: {expression}}));
    });
  }

  /** Another tab of the window comes to the front. */
  async hide() {
    await fetch(`${this.http}/new?about:blank`, {method: 'PUT'});
  }

  stop() {
    this.process.kill();
    this.process.on('exit', () => rmSync(this.profile, {recursive: true, force: true, maxRetries: 5}));
  }
}

async function until(condition, what, millis) {
  for (const end = Date.now() + millis; Date.now() < end; await pause(20)) {
    if (await condition()) {
      return;
    }
  }
  throw new Error(`${what}: not in ${millis} ms`);
}

/** All of 1 … last, once, in order, without a gap. */
function complete(payloads, last, gaps) {
  const expected = Array.from({length: last}, (_, i) => i + 1);
  if (JSON.stringify(payloads) !== JSON.stringify(expected) || gaps > 0) {
    throw new Error(`${payloads.length} messages, ${gaps} gaps (expected: 1 to ${last}, no gap)`);
  }
}

const soaks = {
  async hidden(nodes) {
    const minutes = Number(process.env.MINUTES ?? 10);
    const bundle = readFileSync(new URL('../dist/broadcaster.min.js', import.meta.url));
    const server = createServer((request, response) => {
      response.setHeader('Content-Type', request.url === '/b.js' ? 'text/javascript' : 'text/html');
      response.end(request.url === '/b.js' ? bundle : '<!doctype html><title>soak</title><script src="/b.js"></script>');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const browser = await Browser.start(`http://127.0.0.1:${server.address().port}/`);
    try {
      await until(() => browser.evaluate('!!window.broadcaster'), 'the page', 20_000);
      await browser.evaluate(`
        window.got = []; window.gaps = []; window.states = []; window.ticks = [];
        window.client = new broadcaster.Broadcaster('ws://127.0.0.1:${nodes.ports[0]}/broadcaster/websocket', {token: ${JSON.stringify(mint())}});
        client.on('state', ({state, code}) => states.push([Math.round(performance.now()), state, code]));
        client.subscribe('${CHANNEL}', {onMessage: (m) => got.push(m.payload), onGap: (g) => gaps.push(g)});
        client.connect();
        const tick = () => { ticks.push(performance.now()); setTimeout(tick, 100); };
        tick();`);
      await until(() => browser.evaluate('client.state === "connected"'), 'connected', 10_000);
      await browser.hide();
      await until(() => browser.evaluate('document.visibilityState === "hidden"'), 'hidden', 10_000);
      const stop = publisher(nodes, 1000);
      await pause(minutes * 60_000);
      const count = await stop();
      await pause(2000);
      const seen = JSON.parse(await browser.evaluate('JSON.stringify({visibility: document.visibilityState, got, gaps, states, ticks})'));
      const pauses = seen.ticks.slice(1).map((at, i) => Math.round(at - seen.ticks[i]));
      console.log(`hidden: ${minutes} minutes, page ${seen.visibility}; a timer of 100 ms ran ${seen.ticks.length} times, the longest pause was ${Math.max(...pauses)} ms; states ${JSON.stringify(seen.states)}`);
      complete(seen.got, count, seen.gaps.length);
      console.log(`hidden: ${count} messages, all there, once, in order`);
    } finally {
      browser.stop();
      server.close();
    }
  },

  async stopped(nodes) {
    const {child, events} = reader(`ws://127.0.0.1:${nodes.ports[0]}/broadcaster/websocket`);
    await until(() => events.some(({live}) => live), 'live', 30_000);
    const stop = publisher(nodes, 1000);
    await until(() => events.some(({payload}) => payload >= 2), 'messages', 10_000);
    child.kill('SIGSTOP');
    await pause(60_000);
    const woken = Date.now();
    child.kill('SIGCONT');
    const count = await stop();
    await until(() => events.some(({payload}) => payload === count), 'the last message', 60_000);
    const after = events.filter(({at}) => at >= woken);
    const back = after.find(({payload}) => payload === count).at - woken;
    console.log(`stopped: 60 s; then ${JSON.stringify(after.filter(({state, live}) => state || live).map(({at, ...event}) => [at - woken, event]))}`);
    complete(events.flatMap(({payload}) => payload ?? []), count, events.filter(({gap}) => gap).length);
    console.log(`stopped: ${count} messages, all there, once, in order, ${back} ms after the process went on`);
    child.kill();
  },

  async idle(nodes) {
    const proxy = await impatientProxy(nodes.ports[0]);
    const {child, events} = reader(`ws://127.0.0.1:${proxy.port}/broadcaster/websocket`);
    await until(() => events.some(({live}) => live), 'live', 30_000);
    // Silence of 2 minutes between messages.
    const stop = publisher(nodes, 120_000);
    await pause(245_000);
    const count = 3;
    void stop();
    await until(() => events.some(({payload}) => payload === count), 'the last message', 60_000);
    complete(events.flatMap(({payload}) => payload ?? []), count, events.filter(({gap}) => gap).length);
    console.log(`idle: 4 minutes with a message every 2; ${proxy.arrivals} connections, ${proxy.cuts} cut for 30 s of silence; ${count} messages, all there, once, in order`);
    child.kill();
    proxy.stop();
  },
};

const withJava = process.argv.includes('java');
const [name = 'hidden', ...settings] = process.argv.slice(2).filter((each) => each !== 'java');
const nodes = new Nodes();
await nodes.start({HISTORY: 'chat:=1000/10m', ...Object.fromEntries(settings.map((each) => each.split('=')))}, 1);
let failed = false;
await soaks[name](nodes).catch((error) => {
  failed = true;
  console.log(`FAILED ${name}: ${error.message}`);
});
await nodes.stop();
process.exit(failed ? 1 : 0);
