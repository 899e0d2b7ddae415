// One source for what a close code means: clients/closecodes.json. All others are held to it.

import {existsSync, readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {createBackoff} from '../src/backoff.js';
import {createLoop} from '../src/loop.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const {codes, backoff, other} = JSON.parse(read('clients/closecodes.json'));

/** A loop whose chance is always the upper end. */
const clock = {now: () => 0, random: () => 1, setTimeout: () => 0, clearTimeout: () => {}};
const loop = () => createLoop(clock, () => {});

describe('the JavaScript client', () => {
  test.each([...codes, {code: 4555, ...other}])('$code: $action', ({code, action}) => {
    const first = createBackoff(loop());
    const expected: Record<string, number | undefined> = {
      stop: undefined,
      again: backoff.jitterMillis,
      token: backoff.jitterMillis,
      backoff: backoff.baseMillis,
      capacity: backoff.baseMillis * 2 ** backoff.capacityAttempts,
    };
    expect(first.next(code)).toBe(expected[action]);
  });

  test('delays grow to their limit, and not for codes that are no failure', () => {
    const one = createBackoff(loop());
    const delays = Array.from({length: 8}, () => one.next(1006));
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16000, backoff.maxMillis, backoff.maxMillis]);
    expect(one.next(1001)).toBe(backoff.jitterMillis);
    one.reset();
    expect(one.next(1001)).toBe(backoff.jitterMillis);
    expect(one.next(1006)).toBe(500);
    expect(one.next(4401)).toBe(500);
    expect(one.next(4401)).toBe(1000);
  });
});

/** What other tables call our actions. Only clients know the capacity's longer wait; to others it is backoff. */
const NAMES: Record<string, Record<string, string>> = {
  docs: {stop: 'stop', again: 'reconnect now, with jitter', backoff: 'reconnect with backoff', capacity: 'reconnect with backoff', token: 'get a new token, reconnect'},
  cli: {stop: 'STOP', again: 'NOW', backoff: 'BACKOFF', capacity: 'BACKOFF', token: 'TOKEN'},
};

test('docs/use.md tells the authors of clients the same', () => {
  const [, table] = /<!-- close codes -->([^]*)<!-- \/close codes -->/.exec(read('docs/use.md')) ?? [];
  const rows = table!.split('\n').map((line) => line.split('|').map((cell) => cell.trim())).filter((cells) => /^\d/.test(cells[1] ?? ''));
  const told = new Map(rows.flatMap(([, codes, , action]) => codes!.split(', ').map((code) => [Number(code), action])));
  for (const {code, action} of codes.filter((each: {code: number}) => each.code !== 1005 && each.code !== 1006)) {
    expect(told.get(code), String(code)).toBe(NAMES.docs![action]);
  }
  expect(told.size).toBe(codes.length - 2);
});

test('the protocol says the same', () => {
  const [, section] = /## 7\. Closing([^]*?)\n## /.exec(read('docs/PROTOCOL.md'))!;
  const rows = [...section!.matchAll(/^\| ([\d, ]+) \|.*\| ([^|]+) \|$/gm)];
  const told = new Map(rows.flatMap(([, codes, action]) => codes!.split(', ').map((code) => [Number(code), action!])));
  for (const {code, action} of codes.filter((each: {code: number}) => each.code !== 1005 && each.code !== 1006)) {
    expect(told.get(code)?.startsWith(NAMES.docs![action]!), `${code}: ${told.get(code)}`).toBe(true);
  }
  expect(told.size).toBe(codes.length - 2);
  expect(section).toMatch(/^\| any other \|.*\| reconnect with backoff \|$/m);
});

test('the command line acts on the codes as the clients do', () => {
  const path = 'gateway/src/main/java/dev/broadcaster/cli/CloseAdvice.java';
  const source = existsSync(new URL(path, root)) ? read(path) : '';
  const named: Record<string, string> = {BUG: 'STOP', LATER: 'BACKOFF'};
  const entries = [...source.matchAll(/Map\.entry\(\s*(\d+),\s*(?:new CloseAdvice\(Action\.(\w+)|(\w+))/g)];
  expect(entries.length).toBeGreaterThan(10);
  for (const [, code, action, name] of entries) {
    const expected = codes.find((each: {code: number}) => each.code === Number(code)) ?? other;
    expect(action ?? named[name!], code).toBe(NAMES.cli![expected.action]);
  }
});

test('the gateway sends no code that the table does not have', () => {
  const source = read('gateway/src/main/java/dev/broadcaster/protocol/CloseCode.java');
  const sent = [...source.matchAll(/\b([14]\d{3})\b/g)].map(([, code]) => Number(code));
  expect(sent.length).toBeGreaterThan(5);
  expect(sent.filter((code) => code !== 1000 && !codes.some((each: {code: number}) => each.code === code))).toEqual([]);
});
