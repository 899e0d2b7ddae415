// The examples as a user starts them, those with a page in headless Chromium, behind a proxy that cuts.
//
//   node test.mjs [chat|stream|spring]     CHROMIUM=/usr/bin/chromium

import {spawn} from 'node:child_process';
import {createRequire} from 'node:module';
import {createServer} from 'node:net';
import {fileURLToPath} from 'node:url';
import {setTimeout as pause} from 'node:timers/promises';
import {Proxy} from '../clients/conformance/lib/proxy.js';
import {RawSocket} from '../clients/conformance/lib/socket.js';

const {chromium} = createRequire(new URL('../clients/js/package.json', import.meta.url))('playwright-core');

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const {port} = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** `examples/start NAME`; the sockets of its pages go through `proxy`. */
async function start(name, settings = {}) {
  const [port, gatewayPort] = [await freePort(), await freePort()];
  const proxy = await Proxy.start([gatewayPort]);
  const env = {
    ...process.env,
    PORT: port,
    GATEWAY_PORT: gatewayPort,
    SOCKET_URL: `ws://127.0.0.1:${proxy.port}/broadcaster/websocket`,
    ...settings,
  };
  const child = spawn(fileURLToPath(new URL('start', import.meta.url)), [name], {env, stdio: ['ignore', 'pipe', 'inherit']});
  const ended = new Promise((resolve) => child.on('close', resolve));
  const url = await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const [found] = /http:\/\/127\.0\.0\.1:\d+\/\n/.exec(output) ?? [];
      found && resolve(found.trim());
    });
    void ended.then((code) => reject(new Error(`examples/start ${name} has ended with ${code}: ${output}`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    proxy.stop();
  };
  return {url, gatewayPort, proxy, stop};
}

function same(actual, expected) {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`${JSON.stringify(actual)} (expected: ${JSON.stringify(expected)})`);
  }
}

const tests = {
  async chat(browser) {
    const example = await start('chat');
    try {
      const open = async (user) => {
        const page = await (await browser.newContext()).newPage();
        page.errors = [];
        page.on('pageerror', (error) => page.errors.push(String(error)));
        await page.goto(`${example.url}?user=${user}`);
        await page.waitForSelector('button:not([disabled]):text("Send")');
        return page;
      };
      const say = async (page, text) => {
        await page.getByLabel('Message').fill(text);
        await page.keyboard.press('Enter');
      };
      const lines = (page) => page.$$eval('li', (items) => items.map((item) => item.textContent));
      const shows = async (page, expected) => {
        await page.waitForFunction((count) => document.querySelectorAll('li').length >= count, expected.length);
        same(await lines(page), expected);
      };
      const [alice, bob] = [await open('alice'), await open('bob')];
      await say(alice, 'hello');
      await shows(bob, ['alice hello']);
      await say(bob, 'hi');
      await shows(alice, ['alice hello', 'bob hi']);

      // Away: what others write meanwhile, and what is written here, is there afterwards, once and in one order.
      example.proxy.refuse();
      example.proxy.reset();
      await alice.waitForSelector('#connection button');
      const published = await fetch(`http://127.0.0.1:${example.gatewayPort}/broadcaster/publish`, {
        method: 'POST',
        headers: {Authorization: 'Bearer insecure-development-key', 'Content-Type': 'application/json'},
        body: JSON.stringify({channel: 'chat:lobby', event: 'said', payload: {user: 'carol', text: 'are you there?'}}),
      });
      same(published.status, 200);
      example.proxy.refuse(false);
      const after = ['alice hello', 'bob hi', 'carol are you there?'];
      await shows(alice, after);
      await shows(bob, after);
      await alice.waitForSelector('button:not([disabled]):text("Send")');
      await say(alice, 'yes');
      await shows(bob, [...after, 'alice yes']);
      await bob.reload();
      await shows(bob, [...after, 'alice yes']);
      same(await alice.$$('.gap').then((found) => found.length), 0);
      same([...alice.errors, ...bob.errors], []);
    } finally {
      await example.stop();
    }
  },

  async stream(browser) {
    const example = await start('stream', {WORD_MILLIS: 40});
    try {
      const context = await browser.newContext();
      const asking = await context.newPage();
      await asking.goto(example.url);
      await asking.getByText('Ask').click();
      const words = (page) => page.$eval('#answer', (answer) => answer.textContent.split(' ').filter(Boolean));
      const has = (page, count) =>
        page.waitForFunction((least) => document.getElementById('answer').textContent.split(' ').length >= least, count);
      await has(asking, 15);

      const late = await context.newPage();
      await late.goto(asking.url());
      await has(late, 20);
      await asking.reload();
      await has(asking, 30);

      example.proxy.refuse();
      example.proxy.reset();
      const before = (await words(late)).length;
      await pause(800);
      const during = (await words(late)).length;
      example.proxy.refuse(false);

      const complete = (page) => page.waitForFunction(() => document.getElementById('state').textContent === 'complete');
      await Promise.all([complete(asking), complete(late)]);
      const id = new URL(asking.url()).hash.slice(1);
      const answer = await (await fetch(`${example.url}answers/${id}`)).json();
      same(answer.words.length > 90, true);
      same(during < answer.words.length && during <= before + 1, true);
      same(await words(asking), answer.words);
      same(await words(late), answer.words);
    } finally {
      await example.stop();
    }
  },

  async spring() {
    const example = await start('spring');
    try {
      const post = async (path) => {
        const response = await fetch(`${example.url}${path}`, {method: 'POST'});
        same(response.status, 200);
        return response.text();
      };
      // As the page of a user would: not by the proxy, which cuts the connection of the application.
      const token = await post('token?user=alice');
      const page = await RawSocket.open(`ws://127.0.0.1:${example.gatewayPort}/broadcaster/websocket`);
      page.send(JSON.stringify({id: 1, method: 'auth', params: {token}}));
      page.send(JSON.stringify({id: 2, method: 'subscribe', params: {channel: 'user:alice'}}));
      const replies = [await page.take(), await page.take()].map((text) => JSON.parse(text));
      same(replies.map(({error}) => error), [undefined, undefined]);
      const items = async (count) => {
        const found = [];
        while (found.length < count) {
          const text = await page.take(undefined, 30_000);
          same(text !== undefined, true);
          const {params} = JSON.parse(text);
          params.event === 'ready' && found.push(params.payload.item);
        }
        return found;
      };
      await post('orders?user=alice&item=tea');
      same(await items(1), ['tea']);

      // Orders that are placed while the application has no connection are consumed later, once and in order.
      example.proxy.refuse();
      example.proxy.reset();
      for (const item of ['milk', 'cake', 'more%20tea']) {
        await post(`orders?user=alice&item=${item}`);
      }
      example.proxy.refuse(false);
      await post('orders?user=alice&item=jam');
      same(await items(4), ['milk', 'cake', 'more tea', 'jam']);
      page.destroy();
    } finally {
      await example.stop();
    }
  },
};

const wanted = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
});
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  if (wanted.length === 0 || wanted.includes(name)) {
    const begun = Date.now();
    await test(browser).then(
      () => console.log(`ok     ${name} (${Date.now() - begun} ms)`),
      (error) => {
        failed++;
        console.log(`FAILED ${name}\n      ${error.stack}`);
      },
    );
  }
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
