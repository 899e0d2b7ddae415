// The client in headless Chromium, behind a TCP proxy that cuts, stalls and refuses.
//
//   node test/browser/browser.mjs [name…]     CHROMIUM=/usr/bin/chromium

import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {chromium} from 'playwright-core';
import {FakeGateway} from '../../../conformance/lib/fake-gateway.js';
import {Proxy} from '../../../conformance/lib/proxy.js';
import {mint} from '../../../conformance/lib/tokens.js';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const bundle = readFileSync(new URL('../../dist/broadcaster.min.js', import.meta.url), 'utf8');

/** What the page keeps: states and messages in the order in which they came. */
const SETUP = `
  const log = (window.log = []);
  const client = (window.client = new broadcaster.Broadcaster(config.url, {token: async () => config.token}));
  client.on('state', ({state, code}) => log.push(code ? state + ' ' + code : state));
  client.on('error', (error) => log.push('error ' + error.code));
  window.got = [];
  window.gaps = [];
  window.lobby = client.subscribe('chat:lobby', {
    onMessage: (m) => got.push(m.payload),
    onGap: (g) => gaps.push(g),
    onLive: ({resumed, missed}) => log.push('live ' + resumed + (missed === undefined ? '' : ' ' + missed)),
  });
  client.connect();
`;

class Page {
  static async open(browser, settings = {}) {
    const page = new Page();
    page.gateway = await FakeGateway.start(settings);
    page.proxy = await Proxy.start([Number(new URL(page.gateway.url).port)]);
    page.server = createServer((request, response) => {
      response.setHeader('Content-Type', request.url.endsWith('.js') ? 'text/javascript' : 'text/html');
      response.end(request.url.endsWith('.js') ? bundle : '<!doctype html><title>test</title><script src="/broadcaster.min.js"></script>');
    });
    await new Promise((resolve) => page.server.listen(0, '127.0.0.1', resolve));
    page.context = await browser.newContext();
    page.page = await page.context.newPage();
    page.errors = [];
    page.page.on('pageerror', (error) => page.errors.push(String(error)));
    page.url = `ws://127.0.0.1:${page.proxy.port}/broadcaster/websocket`;
    await page.page.goto(`http://127.0.0.1:${page.server.address().port}/`);
    return page;
  }

  start(token = mint()) {
    return this.page.evaluate(`const config = ${JSON.stringify({url: this.url, token})};${SETUP}`);
  }

  state() {
    return this.page.evaluate('client.state');
  }

  async until(expression, millis = 10_000) {
    await this.page.waitForFunction(expression, undefined, {timeout: millis, polling: 50}).catch(async () => {
      const seen = await this.page.evaluate('({log, got: got.slice(-5), gaps})');
      throw new Error(`not in ${millis} ms: ${expression}; the page has ${JSON.stringify(seen)}`);
    });
  }

  publish(from, to = from) {
    for (let i = from; i <= to; i++) {
      this.gateway.model.publish('chat:lobby', 'event', String(i));
    }
  }

  /** Every message up to `last`, once, in order. */
  async complete(last) {
    await this.until(`got.length >= ${last}`);
    same(await this.page.evaluate('got'), Array.from({length: last}, (_, i) => i + 1));
    same(await this.page.evaluate('gaps'), []);
  }

  async close() {
    same(this.errors, []);
    await this.context.close();
    this.server.close();
    this.proxy.stop();
    this.gateway.stop();
  }
}

function same(actual, expected) {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`${JSON.stringify(actual)} (expected: ${JSON.stringify(expected)})`);
  }
}

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

const tests = {
  async 'a connection that is cut comes back, and what was missed is there'(page) {
    await page.start();
    await page.until('log.includes("live null")');
    page.publish(1, 3);
    await page.until('got.length === 3');
    page.proxy.refuse();
    page.proxy.reset();
    await page.until('client.state === "waiting"');
    page.publish(4, 8);
    await pause(300);
    page.proxy.refuse(false);
    await page.until('log.includes("live true 5")');
    page.publish(9);
    await page.complete(9);
  },

  async 'a gateway that refuses is tried again with growing waits, and at once when the network is back'(page) {
    page.gateway.handshake = {mode: 'refuse', status: 503};
    await page.start();
    await pause(4000);
    const attempts = page.gateway.peers.length;
    if (attempts < 2 || attempts > 16) {
      throw new Error(`${attempts} attempts in 4 s`);
    }
    page.gateway.handshake = {};
    await page.until('client.state === "waiting" || client.state === "connected"');
    await page.page.evaluate('dispatchEvent(new Event("online"))');
    await page.until('client.state === "connected"', 3000);
  },

  async 'a connection that is stalled is given up 4 s after the network says that it has changed'(page) {
    await page.start();
    await page.until('client.state === "connected"');
    page.proxy.stall();
    await page.page.evaluate('dispatchEvent(new Event("offline"))');
    await pause(3000);
    same(await page.state(), 'connected');
    await page.until('client.state !== "connected"', 3000);
    page.publish(1, 2);
    page.proxy.stall(false);
    // An attempt that began during the stall would hang for 10 s.
    page.proxy.reset();
    await page.complete(2);
  },

  async 'an offline event while the network is fine changes nothing'(page) {
    await page.start();
    await page.until('client.state === "connected"');
    await page.page.evaluate('dispatchEvent(new Event("offline")); dispatchEvent(new Event("online"))');
    await pause(5000);
    same(await page.page.evaluate('log.filter((each) => each.startsWith("waiting"))'), []);
    same(page.proxy.attempts, 1);
  },

  async 'ten minutes with timers that run once a minute: connected all the time'(page) {
    const clock = page.page.clock;
    await clock.install();
    await page.start();
    await page.until('client.state === "connected"');
    for (let minute = 1; minute <= 10; minute++) {
      // A node that knows keepalives sends two a minute; they are read, though no timer runs.
      const peer = page.gateway.peers.at(-1);
      await peer.keepalive();
      await peer.keepalive();
      page.publish(minute);
      await clock.fastForward(60_000);
      await pause(100);
    }
    await page.complete(10);
    same(await page.page.evaluate('log.filter((each) => each.startsWith("waiting"))'), []);
    same(page.proxy.attempts, 1);
  },

  async 'a page that slept while its connection died notices within 5 s of waking'(page) {
    const clock = page.page.clock;
    await clock.install();
    await page.start();
    await page.until('client.state === "connected"');
    page.proxy.stall();
    await clock.fastForward(600_000);
    await clock.runFor(6_000);
    await page.until('client.state !== "connected"', 3000);
    page.publish(1, 2);
    page.proxy.stall(false);
    // An attempt that began during the stall would hang.
    page.proxy.reset();
    await clock.runFor(2000);
    await page.until('client.state === "connected"', 5000);
    await page.complete(2);
  },

  async 'a page in the back/forward cache holds no socket, and recovers when it is shown'(page) {
    await page.start();
    await page.until('client.state === "connected"');
    page.publish(1);
    await page.until('got.length === 1');
    await page.page.evaluate('dispatchEvent(new PageTransitionEvent("pagehide", {persisted: true}))');
    await pause(300);
    same(page.gateway.peers.filter((peer) => !peer.gone).length, 0);
    page.publish(2, 3);
    await page.page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}))');
    await page.complete(3);
  },

  async 'the client runs in a worker'(page) {
    const worker = `importScripts(origin + '/broadcaster.min.js');
      const client = new broadcaster.Broadcaster(config.url, {token: config.token});
      client.subscribe('chat:lobby', {onMessage: (m) => postMessage(m.payload), onLive: () => postMessage('live')});
      client.connect();`;
    await page.page.evaluate(
      `window.got = []; window.log = []; window.gaps = [];
       const source = ${JSON.stringify(`const config = ${JSON.stringify({url: page.url, token: mint()})};${worker}`)};
       const worker = new Worker(URL.createObjectURL(new Blob(['const origin = ' + JSON.stringify(origin) + ';' + source])));
       worker.onmessage = ({data}) => (data === 'live' ? log : got).push(data);`,
    );
    await page.until('log.includes("live")');
    page.publish(1, 5);
    await page.complete(5);
  },

  async 'await publish goes on before the own message comes'(page) {
    await page.start();
    await page.until('log.includes("live null")');
    await page.page.evaluate(`lobby.on('message', () => log.push('message'));
      client.publish('chat:lobby', 'event', 1).then(() => log.push('published'));`);
    await page.until('log.includes("message")');
    same(await page.page.evaluate('log.slice(-2)'), ['published', 'message']);
  },
};

const wanted = process.argv.slice(2);
const browser = await chromium.launch({executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS});
let failed = 0;
let passed = 0;
for (const [name, test] of Object.entries(tests)) {
  if (wanted.length > 0 && !wanted.some((each) => name.includes(each))) {
    continue;
  }
  const start = Date.now();
  let page;
  try {
    page = await Page.open(browser);
    await test(page);
    await page.close();
    passed++;
    console.log(`ok     ${name} (${Date.now() - start} ms)`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}\n      ${error.message}`);
  }
}
await browser.close();
console.log(`browser: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
