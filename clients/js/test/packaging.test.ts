// What is shipped, held to what is promised: size, formats, types, and that loading it touches nothing.

import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {createContext, runInContext} from 'node:vm';
import {Worker} from 'node:worker_threads';
import {gzipSync} from 'node:zlib';
import {describe, expect, test} from 'vitest';

const root = new URL('../', import.meta.url);
const path = (name: string) => new URL(name, root).pathname;
const read = (name: string) => readFileSync(path(name), 'utf8');
const NAMES = Object.keys(await import(path('dist/broadcaster.js'))).sort();

describe('size', () => {
  test.each(['dist/broadcaster.js', 'dist/broadcaster.cjs', 'dist/broadcaster.min.js'])('%s is at most 7 kB gzipped', (name) => {
    expect(gzipSync(read(name), {level: 9}).length).toBeLessThanOrEqual(7000);
  });

  test('there is no runtime dependency', () => {
    const {dependencies, peerDependencies} = JSON.parse(read('package.json'));
    expect([dependencies, peerDependencies]).toEqual([undefined, undefined]);
  });
});

describe('loading', () => {
  test('the ES module, the CommonJS module and the script have the same exports', () => {
    expect(NAMES).toContain('Broadcaster');
    expect(Object.keys(createRequire(import.meta.url)(path('dist/broadcaster.cjs'))).sort()).toEqual(NAMES);
    const page = createContext({});
    runInContext(read('dist/broadcaster.min.js'), page);
    expect(Object.keys(runInContext('broadcaster', page)).sort()).toEqual(NAMES);
  });

  test('neither loading nor the constructor touches a global: there are none here', () => {
    const bare = createContext({}, {codeGeneration: {strings: false}});
    runInContext(read('dist/broadcaster.min.js'), bare);
    const state = "var c = new broadcaster.Broadcaster('ws://node', {token: 'a.b.c'}); var h = c.subscribe('a'); h.close(); c.state";
    expect(runInContext(state, bare)).toBe('idle');
  });

  test('where there is no WebSocket the error says what to pass', async () => {
    const {Broadcaster} = await import(path('dist/broadcaster.js'));
    const {WebSocket} = globalThis;
    Reflect.deleteProperty(globalThis, 'WebSocket');
    const client = new Broadcaster('ws://node', {token: 'a.b.c'});
    client.connect();
    await expect(client.ready()).rejects.toThrow('pass {webSocket}');
    WebSocket && Object.assign(globalThis, {WebSocket});
  });

  test('window and document are not taken for granted', () => {
    expect(read('dist/broadcaster.js')).not.toMatch(/\bwindow\b|(?<![.\w])document\b/);
  });

  test('it runs in a worker', async () => {
    const code = `const {parentPort} = require('node:worker_threads');
      const {Broadcaster} = require(${JSON.stringify(path('dist/broadcaster.cjs'))});
      parentPort.postMessage(new Broadcaster('ws://node', {token: 'a.b.c'}).state);`;
    const worker = new Worker(code, {eval: true});
    expect(await new Promise((resolve) => worker.once('message', resolve))).toBe('idle');
  });

  test('a process that has only loaded it ends', () => {
    const code = `import {Broadcaster} from ${JSON.stringify(path('dist/broadcaster.js'))};
      const client = new Broadcaster('ws://node', {token: 'a.b.c'}); client.subscribe('a');`;
    execFileSync(process.execPath, ['--input-type=module', '-e', code], {timeout: 10_000});
  });
});

describe('the package', () => {
  test('publint finds nothing', () => {
    execFileSync(path('node_modules/.bin/publint'), ['--strict', '--pack', 'npm'], {cwd: path('.'), encoding: 'utf8'});
  }, 60_000);

  test('the types are right for every way to import it', () => {
    execFileSync(path('node_modules/.bin/attw'), ['--pack', '.', '--exclude-entrypoints', 'broadcaster.min.js'], {cwd: path('.'), encoding: 'utf8'});
  }, 60_000);

  test('source maps hold the sources', () => {
    const {sources, sourcesContent} = JSON.parse(read('dist/broadcaster.js.map'));
    expect(sources.length).toBeGreaterThan(10);
    expect(sourcesContent.every((text: unknown) => typeof text === 'string')).toBe(true);
    expect(read('dist/broadcaster.js')).toContain('//# sourceMappingURL=');
  });
});
