// What a call that waits does, and what waits for what.

import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {Broadcaster, NotPublished} from '../src/index.js';
import {FakeNet, hello} from './fake-socket.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(0);

async function connecting(token: any = 'a.b.c') {
  const net = new FakeNet();
  const client = new Broadcaster('ws://node', {token, webSocket: net.WebSocket});
  client.on('error', () => {});
  client.connect();
  await settled();
  return {net, client};
}

async function live() {
  const {net, client} = await connecting();
  const handle = client.subscribe<number>('a');
  net.last.accept().answer({success: true, hello});
  net.last.answer({subscriptionId: 's', timestamp: ''});
  const receive = (seq: number) =>
    net.last.receive({method: 'broadcast', params: {id: `E-${seq}`, seq, createTime: '', channel: 'a', event: 'e', payload: seq}});
  return {client, handle, receive};
}

test('subscribes to a node that handles them in parallel go out without waiting for replies, and a publish between them', async () => {
  const {net, client} = await connecting();
  for (let i = 0; i < 1000; i++) {
    client.subscribe(`c${i}`);
  }
  const call = client.publish('a', 'e', 1);
  const {methods} = net.last.accept();
  expect(methods).toHaveLength(1 + 32);
  net.last.answer({success: true, hello});
  await settled();
  const sent = net.last.sent;
  expect(sent.filter(({method}) => method === 'subscribe').map(({params}) => params.channel)).toEqual(
    Array.from({length: 1000}, (_, i) => `c${i}`),
  );
  expect(net.last.methods.indexOf('publish')).toBeLessThanOrEqual(1 + 32 + 256);
  client.close();
  await expect(call).rejects.toThrow('no reply');
  expect(vi.getTimerCount()).toBe(0);
}, 30_000);

test('at most 32 subscribes wait for their replies at a node that handles one after the other', async () => {
  const {net, client} = await connecting();
  for (let i = 0; i < 100; i++) {
    client.subscribe(`c${i}`);
  }
  net.last.accept().answer({success: true});
  await settled();
  expect(net.last.sent).toHaveLength(1 + 32);
  net.last.answer({subscriptionId: 's', timestamp: ''});
  expect(net.last.sent).toHaveLength(1 + 33);
  client.close();
});

test('a refused subscribe stops those that are not sent', async () => {
  const {net, client} = await connecting(async () => 'a.b.c');
  for (let i = 0; i < 1000; i++) {
    client.subscribe(`c${i}`);
  }
  net.last.accept().answer({success: true, hello});
  net.last.refuse('Unauthenticated');
  await settled();
  expect(net.last.sent.length).toBeLessThan(1000);
  client.close();
}, 30_000);

test('a publish that had no connection in time says so', async () => {
  const client = new Broadcaster('ws://node', {token: 'a.b.c', webSocket: new FakeNet().WebSocket});
  const call = client.publish('a', 'e', 1, {timeout: 100}).catch((error) => error);
  await vi.advanceTimersByTimeAsync(100);
  expect(await call).toBeInstanceOf(NotPublished);
  expect((await call).message).toBe('not connected');
});

test('after 4401 the new token comes first, then the delay', async () => {
  const reasons: string[] = [];
  let give = (_: string) => {};
  const {net, client} = await connecting(({kind}: any) => {
    reasons.push(kind);
    return kind === 'start' ? 'a.b.c' : new Promise<string>((resolve) => (give = resolve));
  });
  net.last.accept().answer({success: true, hello});
  net.last.end(4401);
  await settled();
  expect(reasons).toEqual(['start', 'closed']);
  await vi.advanceTimersByTimeAsync(5000);
  expect([client.state, net.sockets.length]).toEqual(['waiting', 1]);
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  give('d.e.f');
  await settled();
  expect([client.state, net.sockets.length]).toEqual(['waiting', 1]);
  await vi.advanceTimersByTimeAsync(500);
  expect([client.state, net.sockets.length]).toEqual(['connecting', 2]);
  expect(reasons).toEqual(['start', 'closed']);
  client.close();
  vi.restoreAllMocks();
});

test('a wake while the token is awaited after 4401 begins the attempt, which waits for the same call', async () => {
  let calls = 0;
  let give = (_: string) => {};
  const {net, client} = await connecting(() => (++calls === 1 ? 'a.b.c' : new Promise<string>((resolve) => (give = resolve))));
  net.last.accept().answer({success: true, hello});
  net.last.end(4401);
  await vi.advanceTimersByTimeAsync(2000);
  client.wake();
  await settled();
  expect(client.state).toBe('connecting');
  give('d.e.f');
  await settled();
  expect([calls, net.sockets.length]).toEqual([2, 2]);
  client.close();
});

test('an iterator that waits ends when its signal is aborted; others go on', async () => {
  const {client, handle, receive} = await live();
  const aborter = new AbortController();
  const removed = vi.spyOn(aborter.signal, 'removeEventListener');
  const messages = handle.messages({signal: aborter.signal});
  const others = handle.messages();
  const first = messages.next();
  receive(1);
  expect((await first).value!.payload).toBe(1);
  const second = messages.next();
  aborter.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  expect(removed).toHaveBeenCalled();
  expect(await messages.next()).toEqual({done: true, value: undefined});
  receive(2);
  expect((await others.next()).value!.payload).toBe(1);
  expect((await others.next()).value!.payload).toBe(2);
  client.close();
});

test('an iterator whose signal is aborted gives no message that it holds', async () => {
  const {client, handle, receive} = await live();
  const aborter = new AbortController();
  const held = handle.messages({signal: aborter.signal});
  receive(1);
  aborter.abort(new Error('enough'));
  await expect(held.next()).rejects.toThrow('enough');
  await expect(handle.messages({signal: aborter.signal}).next()).rejects.toThrow('enough');
  client.close();
});

test('an iterator that is returned before its first message no longer pauses the channel', async () => {
  const {net, client} = await connecting();
  const handle = client.subscribe<number>('a', {overflow: 'pause'});
  net.last.accept().answer({success: true, hello});
  net.last.answer({subscriptionId: 's', timestamp: ''});
  const messages = handle.messages();
  for (let seq = 1; seq <= 1000; seq++) {
    net.last.receive({method: 'broadcast', params: {id: `E-${seq}`, seq, createTime: '', channel: 'a', event: 'e', payload: seq}});
  }
  await settled();
  expect(net.last.methods).toEqual(['auth', 'subscribe', 'unsubscribe']);
  net.last.answer();
  await messages.return();
  await settled();
  expect(net.last.methods).toEqual(['auth', 'subscribe', 'unsubscribe', 'subscribe']);
  client.close();
});

test('the reason tells a node that fell silent from one that does not reply to auth', async () => {
  const {net, client} = await connecting();
  const reasons: unknown[] = [];
  client.on('state', ({state, reason}) => state === 'waiting' && reasons.push(reason));
  net.last.accept();
  await vi.advanceTimersByTimeAsync(11_000);
  expect(reasons).toEqual(['no reply']);

  await vi.advanceTimersByTimeAsync(2_000);
  net.last.accept().answer({success: true, hello});
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reasons[1]).toBe('silent');
  client.close();
});
