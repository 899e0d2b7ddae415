// Of two tokens the later one wins, whenever it comes.

import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {Broadcaster, type StateEvent, type TokenReason, type TokenSource} from '../src/index.js';
import {FakeNet, hello} from './fake-socket.js';

const OLD = 'old.old.old';
const NEW = 'new.new.new';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A provider whose answers the test gives. */
function held() {
  const calls: {reason: TokenReason; give: (token: string) => void}[] = [];
  const provider = (reason: TokenReason) => new Promise<string>((give) => calls.push({reason, give}));
  return {calls, provider};
}

const settle = () => vi.advanceTimersByTimeAsync(0);

function create(token: TokenSource) {
  const net = new FakeNet();
  const client = new Broadcaster('ws://node', {token, webSocket: net.WebSocket});
  const errors: unknown[] = [];
  const states: StateEvent[] = [];
  client.on('error', (error) => errors.push(error));
  client.on('state', (state) => states.push(state));
  client.connect();
  /** What the newest connection was told, in order. */
  const tokens = () => net.last.sent.filter(({params}) => 'token' in params).map(({method, params}) => `${method} ${params.token}`);
  return {net, client, errors, states, tokens};
}

const SOURCES: [string, TokenSource][] = [
  ['a string', NEW],
  ['a function', async () => NEW],
];

test.each(SOURCES)('setToken while the provider is asked before the first connection: %s', async (_, later) => {
  const {calls, provider} = held();
  const {net, client, tokens, errors} = create(provider);
  await settle();
  client.setToken(later);
  await settle();
  calls[0]!.give(OLD);
  await settle();
  net.last.accept().answer({success: true, hello});
  await settle();
  expect(tokens()).toEqual([`auth ${NEW}`]);
  expect(net.sockets).toHaveLength(1);
  expect(errors).toEqual([]);
  client.close();
});

test.each(SOURCES)('setToken while the provider is asked for a refresh: %s', async (_, later) => {
  const {calls, provider} = held();
  const {net, client, tokens, errors} = create(provider);
  await settle();
  calls[0]!.give(OLD);
  await settle();
  net.last.accept().answer({success: true, hello: {...hello, expiresIn: 120_000, pingInterval: 600_000}});
  await vi.advanceTimersByTimeAsync(95_000);
  expect(calls.map(({reason}) => reason.kind)).toEqual(['start', 'expiring']);
  client.setToken(later);
  await settle();
  calls[1]!.give(OLD);
  await settle();
  const sent = tokens();
  expect(sent[0]).toBe(`auth ${OLD}`);
  expect(sent.length).toBeGreaterThan(1);
  expect(new Set(sent.slice(1))).toEqual(new Set([`refresh ${NEW}`]));
  expect(errors).toEqual([]);
  client.close();
});

test.each(SOURCES)('setToken in the turn of connect: one provider is asked, once: %s', async (_, later) => {
  const {calls, provider} = held();
  const {net, client, tokens} = create(provider);
  let asked = 0;
  client.setToken(typeof later === 'string' ? later : (reason) => (asked++, later(reason)));
  await settle();
  net.last.accept();
  expect(calls).toEqual([]);
  expect(asked).toBe(typeof later === 'string' ? 0 : 1);
  expect(tokens()).toEqual([`auth ${NEW}`]);
  client.close();
});

test.each(SOURCES)('setToken while the socket opens: auth has the later token: %s', async (_, later) => {
  const {net, client, tokens, errors} = create(OLD);
  client.subscribe('a');
  await settle();
  client.setToken(later);
  net.last.accept();
  await settle();
  expect(tokens()).toEqual([`auth ${NEW}`]);
  expect(net.last.methods).toEqual(['auth', 'subscribe']);
  expect(errors).toEqual([]);
  client.close();
});

test.each(SOURCES)('setToken while auth is on its way: the later token is put into the session: %s', async (_, later) => {
  const {net, client, tokens, errors} = create(OLD);
  await settle();
  net.last.accept();
  client.setToken(later);
  net.last.answer({success: true, hello});
  await settle();
  expect(tokens()).toEqual([`auth ${OLD}`, `refresh ${NEW}`]);
  expect(errors).toEqual([]);
  client.close();
});

test.each(SOURCES)('setToken while an auth is on its way that is rejected: the later token is tried: %s', async (_, later) => {
  const {net, client, tokens} = create(OLD);
  await settle();
  net.last.accept();
  client.setToken(later);
  net.last.refuse('Unauthenticated', 'exp: in the past');
  await settle();
  net.last.answer({success: true, hello});
  expect(tokens()).toEqual([`auth ${OLD}`, `auth ${NEW}`]);
  expect(client.state).toBe('connected');
  client.close();
});

test.each(SOURCES)('setToken while the client waits after a loss: the next connection has the later token: %s', async (_, later) => {
  const {net, client, tokens, errors, states} = create(OLD);
  await settle();
  net.last.accept().answer({success: true, hello});
  net.last.end(1006);
  expect(client.state).toBe('waiting');
  client.setToken(later);
  await vi.advanceTimersByTimeAsync(500);
  net.last.accept().answer({success: true, hello});
  expect(tokens()).toEqual([`auth ${NEW}`]);
  expect(states.map(({state}) => state)).not.toContain('stopped');
  expect(errors).toEqual([]);
  client.close();
});

test('setToken after the node has closed the connection because of a token that was a string', async () => {
  const {net, client, tokens} = create(OLD);
  await settle();
  net.last.accept().answer({success: true, hello});
  net.last.end(4401);
  expect(client.state).toBe('waiting');
  client.setToken(NEW);
  await vi.advanceTimersByTimeAsync(500);
  net.last.accept();
  expect(tokens()).toEqual([`auth ${NEW}`]);
  client.close();
});

test('a string that has ended stops the client; setToken and connect begin anew', async () => {
  const {net, client, tokens, states} = create(OLD);
  await settle();
  net.last.accept().answer({success: true, hello});
  net.last.end(4401);
  await vi.advanceTimersByTimeAsync(500);
  expect(states.at(-1)).toMatchObject({state: 'stopped', error: {code: 'Unauthorized'}});
  client.setToken(NEW);
  client.connect();
  await settle();
  net.last.accept();
  expect(tokens()).toEqual([`auth ${NEW}`]);
  client.close();
  expect(vi.getTimerCount()).toBe(0);
});
