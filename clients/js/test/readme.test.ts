// The quick start is pasted as it stands; only the address and the token are those of the test.

import {spawn} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, mkdirSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {WebSocket} from 'ws';
// @ts-expect-error: plain JavaScript
import {FakeGateway} from '../../conformance/lib/fake-gateway.js';
// @ts-expect-error: plain JavaScript
import {mint} from '../../conformance/lib/tokens.js';

const root = new URL('..', import.meta.url).pathname;
const project = mkdtempSync(join(tmpdir(), 'quick-start-'));
afterAll(() => rmSync(project, {recursive: true}));

/** A project that has installed the package and `ws`. */
beforeAll(() => {
  mkdirSync(join(project, 'node_modules/@broadcaster/client'), {recursive: true});
  for (const name of ['dist', 'package.json']) {
    cpSync(join(root, name), join(project, 'node_modules/@broadcaster/client', name), {recursive: true});
  }
  symlinkSync(join(root, 'node_modules/ws'), join(project, 'node_modules/ws'));
});

test.each(['README.md', '../../docs/clients/javascript.md'])('the quick start of %s works as pasted', async (file) => {
  const gateway = await FakeGateway.start();
  const [, code] = /## Quick start\n[^]*?```js\n([^]*?)```/.exec(readFileSync(join(root, file), 'utf8'))!;
  expect(code).toContain('ws://127.0.0.1:8000/broadcaster/websocket');
  writeFileSync(join(project, 'quick-start.mjs'), code!.replace('ws://127.0.0.1:8000/broadcaster/websocket', gateway.url));
  const child = spawn(process.execPath, ['quick-start.mjs'], {cwd: project, env: {...process.env, TOKEN: mint()}});
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  await expect.poll(() => output, {timeout: 10_000}).toContain("greeting { text: 'hello' }");
  if (code!.includes("on('state'")) {
    expect(output).toMatch(/connecting[^]*authenticating[^]*connected/);
  }
  child.kill();
  gateway.stop();
});

test('the client of the first page works as pasted', async () => {
  const gateway = await FakeGateway.start();
  const [, code] = /## The client\n[^]*?```js\n([^]*?)```/.exec(readFileSync(join(root, '../../README.md'), 'utf8'))!;
  expect(code!.trim().split('\n').length).toBeLessThanOrEqual(8);
  writeFileSync(join(project, 'first.mjs'), code!.replace('ws://127.0.0.1:8000/broadcaster/websocket', gateway.url));
  // Node 20 has the WebSocket of browsers behind a flag.
  const child = spawn(process.execPath, ['--experimental-websocket', 'first.mjs'], {cwd: project, env: {...process.env, TOKEN: mint()}});
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  await expect.poll(() => output, {timeout: 10_000}).toContain("1 greeting { text: 'hello' }");
  child.kill();
  gateway.stop();
});

test('the chat works as pasted: it sends, shows, recovers, and says what is missing', async () => {
  const gateway = await FakeGateway.start({history: {'chat:': 5}});
  const [, code] = /## A chat\n[^]*?```js\n([^]*?)```/.exec(readFileSync(join(root, '../../docs/clients/javascript.md'), 'utf8'))!;
  expect(code!.split('\n').filter((line) => line.trim()).length).toBeLessThanOrEqual(22);
  writeFileSync(join(project, 'chat.mjs'), code!);
  const {chat} = await import(/* @vite-ignore */ join(project, 'chat.mjs'));
  vi.stubGlobal('WebSocket', WebSocket);
  vi.stubGlobal('fetch', async () => ({ok: true, text: async () => mint()}));
  const shown: unknown[] = [];
  const warned: string[] = [];
  const form: any = {text: {value: 'hello'}};
  chat(gateway.url, 'chat:docs', {form, show: ({text}: {text: string}) => shown.push(text), warn: (text: string) => warned.push(text)});
  form.onsubmit({preventDefault() {}});
  await expect.poll(() => shown, {timeout: 5000}).toEqual(['hello']);

  const away = (from: number, to: number) => {
    gateway.peers.at(-1).reset();
    for (let i = from; i <= to; i++) {
      gateway.model.publish('chat:docs', 'said', `{"text":"${i}"}`);
    }
  };
  away(1, 3);
  await expect.poll(() => shown, {timeout: 10_000}).toEqual(['hello', '1', '2', '3']);
  expect(warned).toEqual([]);
  away(4, 20);
  await expect.poll(() => warned, {timeout: 10_000}).toEqual(['some messages are missing']);
  vi.unstubAllGlobals();
  gateway.stop();
});
