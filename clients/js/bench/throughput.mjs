// Messages per second that one client decodes and hands over in Node, beside a bare `ws` loop with JSON.parse, and the CPU
// time per message, which other processes disturb less; then the heap after a million messages.
//
//   node --expose-gc bench/throughput.mjs [messages = 1000000] [rounds = 3]

import {spawn} from 'node:child_process';
import {createServer} from 'node:net';
import {fileURLToPath} from 'node:url';
import {WebSocket} from 'ws';
import {FrameReader, TEXT, acceptOf, frame} from '../../conformance/lib/frames.js';
import {Broadcaster} from '../dist/broadcaster.js';

const BATCH = 500;

/** The sender, in a process of its own: answers auth and subscribe, and then sends as fast as it is read. */
function send(messages) {
  const server = createServer((socket) => {
    let head = '';
    const say = (value) => socket.write(frame(TEXT, JSON.stringify(value)));
    const blast = async () => {
      for (let seq = 1; seq <= messages; ) {
        const frames = [];
        for (let i = 0; i < BATCH && seq <= messages; i++, seq++) {
          const params = {id: `E2H9FPV4K9-${seq}`, seq, createTime: '2026-11-29T12:00:00.123Z', channel: 'chat:lobby', event: 'moved', payload: {x: seq, y: 7, who: 'alice'}};
          frames.push(frame(TEXT, JSON.stringify({method: 'broadcast', params})));
        }
        if (!socket.write(Buffer.concat(frames))) {
          await new Promise((resolve) => socket.once('drain', resolve));
        }
      }
    };
    const reader = new FrameReader((opcode, payload) => {
      if (opcode !== TEXT) {
        return;
      }
      const {id, method} = JSON.parse(payload);
      say({requestId: id, result: method === 'auth' ? {success: true} : {subscriptionId: 's', timestamp: ''}});
      method === 'subscribe' && void blast();
    });
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (head.includes('\r\n\r\n')) {
        reader.push(chunk);
        return;
      }
      head += chunk.toString('latin1');
      if (head.includes('\r\n\r\n')) {
        const key = /sec-websocket-key: *(\S+)/i.exec(head)[1];
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`);
      }
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}

/** Calls `start(url, onMessage)`; resolves to messages per second, and microseconds of CPU per message, after the first. */
async function measure(port, messages, start) {
  let seen = 0;
  let sum = 0;
  let begun;
  let cpu;
  let close;
  const result = await new Promise((resolve) => {
    close = start(`ws://127.0.0.1:${port}/`, (payload) => {
      begun ??= process.hrtime.bigint();
      cpu ??= process.cpuUsage();
      sum += payload.y;
      if (++seen === messages) {
        const {user, system} = process.cpuUsage(cpu);
        resolve({rate: (messages - 1) / (Number(process.hrtime.bigint() - begun) / 1e9), cpu: (user + system) / (messages - 1)});
      }
    });
  });
  close();
  if (sum !== 7 * messages) {
    throw new Error('not what was sent');
  }
  return result;
}

function bare(url, onMessage) {
  const socket = new WebSocket(url, {perMessageDeflate: false});
  socket.on('open', () => {
    socket.send('{"id":1,"method":"auth","params":{}}');
    socket.send('{"id":2,"method":"subscribe","params":{}}');
  });
  socket.on('message', (data) => {
    const {method, params} = JSON.parse(data.toString());
    method === 'broadcast' && onMessage(params.payload);
  });
  return () => socket.close();
}

class PlainSocket extends WebSocket {
  constructor(url) {
    super(url, {perMessageDeflate: false});
  }
}

function ours(url, onMessage) {
  const client = new Broadcaster(url, {token: 'a.b.c', webSocket: PlainSocket});
  client.subscribe('chat:lobby', {onMessage: ({payload}) => onMessage(payload)});
  client.connect();
  return () => client.close();
}

const heap = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const number = (value) => Math.round(value).toLocaleString('en');

if (process.argv[2] === 'send') {
  send(Number(process.argv[3]));
} else {
  const messages = Number(process.argv[2] ?? 1_000_000);
  const rounds = Number(process.argv[3] ?? 3);
  const sender = spawn(process.execPath, [fileURLToPath(import.meta.url), 'send', String(messages)], {stdio: ['ignore', 'pipe', 'inherit']});
  const port = await new Promise((resolve) => sender.stdout.once('data', (chunk) => resolve(Number(chunk))));
  const results = {bare: [], ours: []};
  const heaps = [];
  for (let round = 0; round < rounds; round++) {
    results.bare.push(await measure(port, messages, bare));
    results.ours.push(await measure(port, messages, ours));
    heaps.push(heap());
  }
  sender.kill();
  const spread = (list, digits) => `${median(list).toFixed(digits)} (${Math.min(...list).toFixed(digits)} to ${Math.max(...list).toFixed(digits)})`;
  for (const [name, list] of Object.entries(results)) {
    console.log(`${name.padEnd(5)} messages/s ${spread(list.map(({rate}) => rate), 0)}; CPU per message in us ${spread(list.map(({cpu}) => cpu), 2)}`);
  }
  const ratio = (of) => median(results.ours.map(of)) / median(results.bare.map(of));
  console.log(`ours / bare: messages/s ${ratio(({rate}) => rate).toFixed(2)}; CPU ${ratio(({cpu}) => cpu).toFixed(2)}`);
  console.log(`heap after each round of ${number(messages)} messages: ${heaps.map((bytes) => (bytes / 1e6).toFixed(1) + ' MB').join(', ')}`);
  process.exit(0);
}
