// Has the conversations of the gateway's own document, which a test has with a real node, with the fake. And holds the proxy
// to what it must not lose.

import {subscribe, unsubscribe} from 'node:diagnostics_channel';
import {readFileSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {isDeepStrictEqual} from 'node:util';
import {FakeGateway} from './lib/fake-gateway.js';
import {Proxy} from './lib/proxy.js';
import {RawSocket} from './lib/socket.js';

const path = new URL('../../gateway/src/main/resources/dev/broadcaster/http/asyncapi.json', import.meta.url);
const api = JSON.parse(readFileSync(path, 'utf8'));
const examples = new Map(Object.values(api.components.messages).flatMap((message) => message.examples.map(({name, payload}) => [name, payload])));

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** Limits and deadlines that the fake has by script only. */
const BY_SCRIPT = ['AUTH_TIMEOUT', 'MAX_CONNECTIONS', 'MAX_REQUEST_RATE', 'MAX_PENDING_BYTES', 'IDLE_TIMEOUT', 'JWT_ISSUERS', 'PRESENCE', 'GRANTS'];
const VARIABLE = ['id', 'subscriptionId', 'timestamp', 'createTime', 'expiresAt', 'lastMessageId', 'connectionId', 'expiresIn', 'message', 'reason'];

const essence = (frame) => JSON.parse(JSON.stringify(frame), (key, value) => (VARIABLE.includes(key) ? `<${typeof value}>` : value));

/** Tokens of the document are signed with a secret of the test; what counts here is what they say. */
function verifyToken(token) {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    return claims.exp * 1000 > Date.now() ? claims : undefined;
  } catch {
    return undefined;
  }
}

function settingsOf({HISTORY = '', MAX_SUBSCRIPTIONS = '1000'} = {}) {
  const history = Object.fromEntries(HISTORY.split(',').filter(Boolean).map((entry) => [entry.split('=')[0], Number(/=(\d+)/.exec(entry)[1])]));
  return {history, maxSubscriptions: Number(MAX_SUBSCRIPTIONS), verifyToken};
}

async function converse({settings, steps}) {
  const gateway = await FakeGateway.start(settingsOf(settings));
  const socket = await RawSocket.open(gateway.url);
  const ids = new Map();
  try {
    for (const step of steps) {
      if (step.client !== undefined) {
        const frame = structuredClone(examples.get(step.client));
        if (step.after) {
          frame.params.lastSeenMessageId = ids.get(step.after);
        }
        socket.send(JSON.stringify(frame));
      } else if (step.clientText !== undefined) {
        socket.send(step.clientText);
      } else if (step.clientTextBytes !== undefined) {
        socket.send(JSON.stringify({method: 'x'.repeat(step.clientTextBytes)}));
      } else if (step.clientClose !== undefined) {
        socket.close(step.clientClose);
      } else if (step.drain) {
        gateway.peers.forEach((peer) => peer.close(1001, 'node is draining'));
      } else if (step.node !== undefined) {
        const expected = examples.get(step.node);
        if (expected.method === 'keepalive') {
          // The fake has no timers of its own.
          void gateway.peers.at(-1).keepalive();
        }
        const text = await socket.take();
        if (text === undefined) {
          throw new Error(`${step.node}: nothing came`);
        }
        const frame = JSON.parse(text);
        ids.set(step.node, frame.params?.id ?? frame.result?.lastMessageId ?? frame.result?.id);
        if (!isDeepStrictEqual(essence(frame), essence(expected))) {
          throw new Error(`${step.node}: ${text} (expected: ${JSON.stringify(expected)})`);
        }
      } else if (step.closed !== undefined) {
        await socket.when(() => socket.closeCode !== undefined, 3000);
        if (socket.closeCode !== step.closed) {
          throw new Error(`closed with ${socket.closeCode} (expected: ${step.closed})`);
        }
      } else {
        throw new Error(`a step that is not known: ${JSON.stringify(step)}`);
      }
    }
    if (socket.texts.length > 0) {
      throw new Error(`not expected: ${socket.texts}`);
    }
  } finally {
    socket.destroy();
    gateway.stop();
  }
}

/** What a node has written before it ends a connection reaches a client that reads late: the close frame, too. */
async function passesAllBeforeTheEnd() {
  let sent = 0;
  let towardsClient;
  const onSocket = ({socket}) => (towardsClient = socket.localPort === proxy.port ? socket : towardsClient);
  subscribe('net.server.socket', onSocket);
  const server = createServer(async (socket) => {
    // Until the proxy holds a part that the client's socket does not take.
    while (towardsClient.writableLength === 0) {
      sent += 8000;
      socket.write(Buffer.alloc(8000));
      await pause(1);
    }
    socket.end();
    await pause(100);
    client.resume();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await Proxy.start([server.address().port]);
  const client = connect(proxy.port, '127.0.0.1');
  let got = 0;
  client.pause();
  client.on('data', (chunk) => (got += chunk.length));
  client.on('error', () => {});
  await new Promise((resolve) => client.on('close', resolve));
  unsubscribe('net.server.socket', onSocket);
  proxy.stop();
  server.close();
  if (got !== sent) {
    throw new Error(`the proxy passed ${got} bytes (expected: ${sent})`);
  }
}

let passed = 0;
let failed = 0;
const left = [];
for (const conversation of api['x-conversations']) {
  if (Object.keys(conversation.settings ?? {}).some((name) => BY_SCRIPT.includes(name))) {
    left.push(conversation.name);
    continue;
  }
  try {
    await converse(conversation);
    passed++;
  } catch (error) {
    failed++;
    console.log(`FAILED ${conversation.name}\n      ${error.message}`);
  }
}
try {
  await passesAllBeforeTheEnd();
} catch (error) {
  failed++;
  console.log(`FAILED ${error.message}`);
}
console.log(`conversations: ${passed} passed, ${failed} failed; by script only: ${left.join('; ')}`);
process.exit(failed === 0 && passed >= 25 ? 0 : 1);
