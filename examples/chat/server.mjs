// Serves the page, and the tokens that the page needs: here you would look at your session.
import {createHmac} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {build} from 'esbuild';

const {PORT = 3000, GATEWAY_PORT = 8000, JWT_SECRET = 'insecure-development-secret'} = process.env;
const {SOCKET_URL = `ws://127.0.0.1:${GATEWAY_PORT}/broadcaster/websocket`} = process.env;
const here = (name) => new URL(name, import.meta.url).pathname;

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
function tokenFor(user) {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = {aud: 'broadcaster', sub: user, exp, scope: ['subscribe', 'publish'], authorizedChannels: ['chat:*']};
  const text = `${base64({alg: 'HS256', typ: 'JWT'})}.${base64(claims)}`;
  return `${text}.${createHmac('sha256', JWT_SECRET).update(text).digest('base64url')}`;
}

const define = {SOCKET_URL: JSON.stringify(SOCKET_URL)};
const bundle = await build({entryPoints: [here('chat.jsx')], bundle: true, write: false, jsx: 'automatic', define});
const page = readFileSync(here('index.html'));

createServer((request, response) => {
  const {pathname, searchParams} = new URL(request.url, 'http://localhost');
  const answer = (type, body) => response.setHeader('Content-Type', type).end(body);
  if (pathname === '/') {
    answer('text/html; charset=utf-8', page);
  } else if (pathname === '/chat.js') {
    answer('text/javascript; charset=utf-8', bundle.outputFiles[0].contents);
  } else if (pathname === '/token' && request.method === 'POST' && searchParams.get('user')) {
    answer('text/plain', tokenFor(searchParams.get('user')));
  } else {
    response.writeHead(404).end();
  }
}).listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/`));
