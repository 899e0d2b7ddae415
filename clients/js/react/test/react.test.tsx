// @vitest-environment jsdom

import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {StrictMode, act, useState} from 'react';
import {createRoot} from 'react-dom/client';
import {renderToString} from 'react-dom/server';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {Broadcaster} from '@broadcaster/client';
import {FakeNet, hello} from '../../test/fake-socket.js';
import {BroadcasterProvider, useChannel, useConnection, useMessages} from '../src/index.js';

(globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;

let net: FakeNet;
let client: Broadcaster;
let root: ReturnType<typeof createRoot>;
let page: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers();
  net = new FakeNet();
  client = new Broadcaster('ws://node', {token: 'a.b.c', webSocket: net.WebSocket});
  page = document.createElement('div');
  root = createRoot(page);
});

afterEach(() => {
  act(() => root.unmount());
  client.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

async function render(element: React.ReactNode): Promise<void> {
  await act(async () => root.render(<StrictMode><BroadcasterProvider client={client}>{element}</BroadcasterProvider></StrictMode>));
}

/** Answers all that was asked. */
async function answer(): Promise<void> {
  await act(async () => {
    const socket = net.last;
    socket.sent.length === 0 && socket.accept();
    for (let request; (request = socket.next); ) {
      socket.answer(request.method === 'auth' ? {success: true, hello} : {subscriptionId: 's', timestamp: '', lastMessageId: 'E-0'});
    }
  });
}

async function broadcast(channel: string, seq: number, payload: unknown): Promise<void> {
  await act(async () => net.last.receive({method: 'broadcast', params: {id: `E-${seq}`, seq, createTime: '', channel, event: 'e', payload}}));
}

function List({channel}: {channel: string}) {
  const messages = useMessages<string>(channel, {limit: 3});
  return <ul>{messages.map((m) => <li key={m.id}>{m.payload}</li>)}</ul>;
}

test('in StrictMode, which mounts twice, a channel is subscribed once', async () => {
  await render(<List channel="a" />);
  await answer();
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(net.sockets.length).toBe(1);
  expect(net.last.methods).toEqual(['auth', 'subscribe']);
  await broadcast('a', 1, 'one');
  await broadcast('a', 2, 'two');
  expect(page.textContent).toBe('onetwo');
});

test('useMessages keeps the newest', async () => {
  await render(<List channel="a" />);
  await answer();
  for (let i = 1; i <= 5; i++) {
    await broadcast('a', i, String(i));
  }
  expect(page.textContent).toBe('345');
});

test('another channel: the old one is left, its messages are gone', async () => {
  await render(<List channel="a" />);
  await answer();
  await broadcast('a', 1, 'one');
  await render(<List channel="b" />);
  await answer();
  expect(page.textContent).toBe('');
  await act(() => vi.advanceTimersByTimeAsync(1500));
  await answer();
  expect(net.last.methods).toEqual(['auth', 'subscribe', 'subscribe', 'unsubscribe']);
});

test('two components share a channel, and the newest handler is called without a new subscription', async () => {
  const seen: string[] = [];
  function Reader() {
    const [count, setCount] = useState(0);
    const {state} = useChannel<string>('a', {
      onMessage: (m) => {
        seen.push(`${count} ${m.payload}`);
        setCount(count + 1);
      },
    });
    return <p>{state}</p>;
  }
  await render(<><Reader /><List channel="a" /></>);
  expect(page.querySelector('p')!.textContent).toBe('subscribing');
  await answer();
  expect(page.querySelector('p')!.textContent).toBe('live');
  await broadcast('a', 1, 'x');
  await broadcast('a', 2, 'y');
  expect(seen).toEqual(['0 x', '1 y']);
  expect(net.last.methods).toEqual(['auth', 'subscribe']);
});

test('useConnection shows the states', async () => {
  function State() {
    const {state, retryIn} = useConnection();
    return <p>{state}{retryIn === undefined ? '' : ' soon'}</p>;
  }
  await render(<State />);
  await answer();
  expect(page.textContent).toBe('connected');
  await act(async () => net.last.end(1006));
  expect(page.textContent).toBe('waiting soon');
});

test('on a server: the same for all, and nothing is connected', () => {
  function Page() {
    const {state} = useConnection();
    const messages = useMessages('a');
    return <p>{state} {messages.length}</p>;
  }
  const element = <BroadcasterProvider client={client}><Page /></BroadcasterProvider>;
  expect(renderToString(element).replace(/<!-- -->/g, '')).toBe('<p>idle 0</p>');
  expect(net.sockets.length).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('react.js is at most 1.5 kB gzipped, and says that it is for clients', () => {
  for (const name of ['react.js', 'react.cjs']) {
    const text = readFileSync(join(__dirname, '../dist', name));
    expect(gzipSync(text, {level: 9}).length).toBeLessThanOrEqual(1536);
    expect(text.toString()).toMatch(/^['"]use client['"]/);
  }
});
