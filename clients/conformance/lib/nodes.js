// Real nodes: the jar, two of them joined by a Redis.

import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {createServer, connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const KEY = 'insecure-development-key';

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(condition, what, millis = 120_000) {
  for (const end = Date.now() + millis; Date.now() < end; ) {
    if (await condition()) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not in ${millis} ms`);
}

const listens = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });

const ended = (child) => new Promise((resolve) => (child.exitCode ?? child.signalCode) !== null ? resolve() : child.on('close', resolve));

class Node {
  constructor(jar, redisPort, settings) {
    this.jar = jar;
    this.redisPort = redisPort;
    this.settings = settings;
  }

  async start() {
    this.port ??= await freePort();
    const env = {
      ...process.env,
      PORT: this.port,
      MANAGEMENT_PORT: '0',
      REDIS_URL: `redis://127.0.0.1:${this.redisPort}`,
      DRAIN_TIMEOUT: '1s',
      ...this.settings,
    };
    this.log = '';
    this.process = spawn('java', ['-XX:TieredStopAtLevel=1', '-Xmx256m', '-jar', this.jar, 'serve', '--dev'], {env, stdio: ['ignore', 'pipe', 'pipe']});
    this.process.stdout.on('data', (chunk) => (this.log += chunk));
    this.process.stderr.on('data', (chunk) => (this.log += chunk));
    const ready = async () => {
      if (this.process.exitCode !== null) {
        throw new Error(`the node has ended:\n${this.log}`);
      }
      return fetch(`http://127.0.0.1:${this.port}/broadcaster/ready`).then((response) => response.ok, () => false);
    };
    await until(ready, 'a node that is ready');
  }

  /** Gone without a word. */
  async kill() {
    this.process.kill('SIGKILL');
    await ended(this.process);
  }

  /** Drains: clients are sent away with 1001. */
  async drain() {
    this.process.kill('SIGTERM');
    await ended(this.process);
  }
}

export class Nodes {
  static find() {
    const jar = process.env.BROADCASTER_JAR ?? new URL('../../../gateway/target/broadcaster.jar', import.meta.url).pathname;
    return existsSync(jar) ? jar : undefined;
  }

  async start(settings = {}, count = 2) {
    this.directory = mkdtempSync(join(tmpdir(), 'conformance-'));
    this.redisPort = await freePort();
    const options = ['--port', this.redisPort, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.directory];
    this.redis = spawn('redis-server', options.map(String), {stdio: 'ignore'});
    this.redis.on('error', (error) => (this.redisError = error));
    await until(() => {
      if (this.redisError) {
        throw this.redisError;
      }
      return listens(this.redisPort);
    }, 'redis-server');
    const jar = Nodes.find();
    this.all = Array.from({length: count}, () => new Node(jar, this.redisPort, settings));
    await Promise.all(this.all.map((node) => node.start()));
  }

  get ports() {
    return this.all.map((node) => node.port);
  }

  /** Publishes at a node that takes it; retried with the same key, so that it is published once. */
  async publishSurely(channel, event, json, key) {
    for (let attempt = 0; ; attempt++) {
      const {port} = this.all[attempt % this.all.length];
      const response = await fetch(`http://127.0.0.1:${port}/broadcaster/publish`, {
        method: 'POST',
        headers: {Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json', 'Idempotency-Key': key},
        body: `${JSON.stringify({channel, event}).slice(0, -1)},"payload":${json}}`,
        signal: AbortSignal.timeout(10_000),
      }).catch(() => undefined);
      if (response?.ok) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async publish(channel, event, json) {
    const head = JSON.stringify({channel, event});
    const response = await fetch(`http://127.0.0.1:${this.all[0].port}/broadcaster/publish`, {
      method: 'POST',
      headers: {Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json'},
      body: `${head.slice(0, -1)},"payload":${json}}`,
    });
    if (!response.ok) {
      throw new Error(`publish: ${response.status} ${await response.text()}`);
    }
    return response.json();
  }

  async stop() {
    const children = [...(this.all ?? []).map((node) => node.process), this.redis].filter(Boolean);
    children.forEach((child) => child.kill('SIGKILL'));
    await Promise.all(children.map(ended));
    rmSync(this.directory, {recursive: true, force: true});
  }
}
