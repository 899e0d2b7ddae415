// A server that writes an answer word by word, as a language model does, and publishes each word to `stream:<id>`.
import {createHmac, randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {setTimeout as pause} from 'node:timers/promises';

const {PORT = 3000, GATEWAY_PORT = 8000, JWT_SECRET = 'insecure-development-secret'} = process.env;
const {API_KEY = 'insecure-development-key', WORD_MILLIS = 100} = process.env;
const {SOCKET_URL = `ws://127.0.0.1:${GATEWAY_PORT}/broadcaster/websocket`} = process.env;
const file = (name) => readFileSync(new URL(name, import.meta.url));

/** Answers by id: the words so far, and whether there are no more. */
const answers = new Map();

async function write(id, words) {
  const answer = answers.get(id);
  for (const word of words) {
    // Kept before it is published: who loads the answer after a message of it was published gets that word too.
    answer.words.push(word);
    await publish(`stream:${id}`, 'word', {n: answer.words.length, word});
    await pause(Number(WORD_MILLIS));
  }
  answer.ended = true;
  await publish(`stream:${id}`, 'end', {n: answer.words.length + 1});
}

/** Until it is accepted; the key makes the gateway publish it once. */
async function publish(channel, event, payload) {
  for (const key = randomUUID(); ; await pause(200)) {
    const response = await fetch(`http://127.0.0.1:${GATEWAY_PORT}/broadcaster/publish`, {
      method: 'POST',
      headers: {Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json', 'Idempotency-Key': key},
      body: JSON.stringify({channel, event, payload}),
    }).catch(() => undefined);
    if (response?.ok) {
      return;
    }
  }
}

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
function tokenFor(id) {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = {aud: 'broadcaster', sub: 'reader', exp, scope: ['subscribe'], authorizedChannels: [`stream:${id}`]};
  const text = `${base64({alg: 'HS256', typ: 'JWT'})}.${base64(claims)}`;
  return `${text}.${createHmac('sha256', JWT_SECRET).update(text).digest('base64url')}`;
}

const pages = {'/': 'index.html', '/page.js': 'page.js', '/client.js': '../node_modules/@broadcaster/client/dist/broadcaster.js'};

createServer((request, response) => {
  const {pathname} = new URL(request.url, 'http://localhost');
  const [, id, what] = /^\/answers\/([\w-]+)(\/token)?$/.exec(pathname) ?? [];
  const json = (value) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
  if (pages[pathname]) {
    response.setHeader('Content-Type', pathname === '/' ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8');
    response.end(file(pages[pathname]));
  } else if (pathname === '/answers' && request.method === 'POST') {
    const made = randomUUID();
    answers.set(made, {words: [], ended: false});
    void write(made, file('answer.txt').toString().trim().split(/\s+/));
    json({id: made});
  } else if (answers.has(id)) {
    what ? response.end(tokenFor(id)) : json({...answers.get(id), socket: SOCKET_URL});
  } else {
    response.writeHead(404).end();
  }
}).listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/`));
