// What the caller gives, where only JavaScript can get it wrong; and what a printed client shows.

import {inspect} from 'node:util';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {Broadcaster, Invalid} from '../src/index.js';
import {FakeNet, hello} from './fake-socket.js';

const TOKEN = 'aaa.bbb.ccc';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function connected() {
  const net = new FakeNet();
  const client = new Broadcaster('ws://node', {token: TOKEN, webSocket: net.WebSocket});
  client.connect();
  await vi.advanceTimersByTimeAsync(0);
  net.last.accept().answer({success: true, hello});
  expect(client.state).toBe('connected');
  return {client, socket: net.last};
}

test.each([
  ['url', undefined, {token: TOKEN}],
  ['url', '', {token: TOKEN}],
  ['token', 'ws://node', undefined],
  ['token', 'ws://node', {}],
  ['token', 'ws://node', {token: undefined}],
  ['token', 'ws://node', {token: ''}],
  ['token', 'ws://node', {token: 'Bearer x'}],
  ['token', 'ws://node', {token: Symbol('x')}],
])('the constructor says what is missing: %s', (name, url: any, options: any) => {
  expect(() => new Broadcaster(url, options)).toThrow(new RegExp(`^${name}: `));
  expect(() => new Broadcaster(url, options)).toThrow(Invalid);
});

test('setToken refuses what is no token, and keeps the one that there is', async () => {
  const {client, socket} = await connected();
  expect(() => client.setToken('' as any)).toThrow(/^token: /);
  expect(socket.methods).toEqual(['auth']);
  client.close();
});

test.each([
  ['channel', undefined, {}],
  ['channel', Symbol('x'), {}],
  ['channel', 5, {}],
  ['last', 'a', {last: 1001}],
  ['last', 'a', {last: -1}],
  ['last', 'a', {last: 1.5}],
  ['since', 'a', {since: 5}],
  ['since', 'a', {since: 'x'.repeat(100_000)}],
  ['onMessage', 'a', {onMessage: 'show'}],
  ['onLive', 'a', {onLive: {}}],
  ['onGap', 'a', {onGap: true}],
  ['onCaughtUp', 'a', {onCaughtUp: 1}],
  ['onEnded', 'a', {onEnded: []}],
  ['onFailed', 'a', {onFailed: Symbol('x')}],
])('subscribe says what is wrong: %s', (name, channel: any, options: any) => {
  const client = new Broadcaster('ws://node', {token: TOKEN});
  expect(() => client.subscribe(channel, options)).toThrow(new RegExp(`^${name}: `));
});

test('what is absent may be null, as sessionStorage has it', () => {
  const client = new Broadcaster('ws://node', {token: TOKEN});
  client.subscribe('a', {since: null, last: null}).close();
});

test('a handler that is none is refused when it is given, not when an event comes', () => {
  const client = new Broadcaster('ws://node', {token: TOKEN});
  expect(() => client.on('state', undefined as any)).toThrow(/^state: /);
  expect(() => client.subscribe('a').on('message', 'show' as any)).toThrow(/^message: /);
});

test('a handler that is a method keeps its object', async () => {
  const {client, socket} = await connected();
  const list = {got: [] as unknown[], onMessage({payload}: {payload: unknown}) {
    this.got.push(payload);
  }};
  client.subscribe('a', list);
  await vi.advanceTimersByTimeAsync(0);
  socket.answer({subscriptionId: 's', timestamp: ''});
  socket.receive({method: 'broadcast', params: {id: 'E-1', seq: 1, createTime: '', channel: 'a', event: 'e', payload: 7}});
  expect(list.got).toEqual([7]);
  client.close();
});

const circular: any = {};
circular.self = circular;

test.each([
  ['payload', ['a', 'e', undefined]],
  ['payload', ['a', 'e', Symbol('x')]],
  ['payload', ['a', 'e', () => 1]],
  ['payload', ['a', 'e', 5n]],
  ['payload', ['a', 'e', circular]],
  ['payload', ['a', 'e', {toJSON: () => undefined}]],
  ['payload', ['a', 'e', Symbol('x'), {json: true}]],
  ['payload', ['a', 'e', {}, {json: true}]],
  ['payload', ['a', 'e', undefined, {json: true}]],
  ['channel', [undefined, undefined, 1]],
  ['channel', [Symbol('x'), 'e', 1]],
  ['event', ['a', 5, 1]],
  ['idempotencyKey', ['a', 'e', 1, {idempotencyKey: Symbol('x')}]],
  ['idempotencyKey', ['a', 'e', 1, {idempotencyKey: 5}]],
])('publish rejects at once what would close the connection: %s', async (name, args: any) => {
  const {client, socket} = await connected();
  const call = (client.publish as any)(...args);
  await expect(call).rejects.toThrow(Invalid);
  await expect(call).rejects.toThrow(name);
  expect(socket.methods).toEqual(['auth']);
  expect(client.state).toBe('connected');
  client.close();
  expect(vi.getTimerCount()).toBe(0);
});

test('a payload that cannot be text says why', async () => {
  const {client} = await connected();
  const error = await client.publish('a', 'e', circular).catch((thrown) => thrown);
  expect(error.cause).toBeInstanceOf(TypeError);
  client.close();
});

test('a signal that is aborted before or after ends the publish and leaves no listener', async () => {
  const {client} = await connected();
  const aborter = new AbortController();
  const removed = vi.spyOn(aborter.signal, 'removeEventListener');
  const call = client.publish('a', 'e', 1, {signal: aborter.signal});
  aborter.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');
  await expect(client.publish('a', 'e', 1, {signal: aborter.signal})).rejects.toThrow('enough');
  expect(removed).toHaveBeenCalled();
  await expect(client.subscribe('b').ready({signal: aborter.signal})).rejects.toThrow('enough');
  client.close();
});

test('publish refuses what is no signal, and sends nothing', async () => {
  const {client, socket} = await connected();
  await expect(client.publish('a', 'e', 1, {signal: {} as any})).rejects.toThrow(TypeError);
  expect(socket.methods).toEqual(['auth']);
  client.close();
  expect(vi.getTimerCount()).toBe(0);
});

test('ready refuses what is no signal, and the client goes on', async () => {
  const net = new FakeNet();
  const client = new Broadcaster('ws://node', {token: TOKEN, webSocket: net.WebSocket});
  await expect(client.ready({signal: {} as any})).rejects.toThrow(TypeError);
  const ready = client.ready();
  client.connect();
  await vi.advanceTimersByTimeAsync(0);
  net.last.accept().answer({success: true, hello});
  await ready;
  client.close();
});

test('a printed client has its name, and shows no token', async () => {
  const {client} = await connected();
  const text = inspect(client, {depth: 10, showHidden: true});
  expect(text).toMatch(/^Broadcaster/);
  expect(text).not.toContain(TOKEN);
  expect(JSON.stringify(client)).toBe('{"state":"connected"}');
  client.close();
});

test('an error handler that always throws is called once per error, and the others too', async () => {
  const {client, socket} = await connected();
  const toConsole = vi.spyOn(console, 'error').mockImplementation(() => {});
  const errors: unknown[] = [];
  client.on('error', () => {
    throw new Error('the handler');
  });
  client.on('error', async () => {
    throw new Error('the async handler');
  });
  client.on('error', (error) => errors.push(error));
  socket.receive({requestId: 999, result: {}});
  await vi.advanceTimersByTimeAsync(0);
  expect(errors).toHaveLength(1);
  expect(toConsole.mock.calls.map(([error]) => (error as Error).message)).toEqual(['the handler', 'the async handler']);
  toConsole.mockRestore();
  client.close();
});
