// The process under test: commands go to its stdin, events come from its stdout.

import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {matches} from './match.js';

/** Events of one stream come in a fixed order; between streams there is none. */
export function streamOf({event, handle, call}) {
  return event === 'resync' ? `resync ${handle}` : handle !== undefined ? `handle ${handle}` : call !== undefined ? `call ${call}` : event;
}

export class Testee {
  events = [];
  #process;
  #commands = 0;
  #cursors = new Map();
  #watchers = new Set();
  #stderr = '';
  #exited = false;
  #acked = 0;
  #failed;

  constructor({command, cwd, env = {}}) {
    this.#process = spawn(command[0], command.slice(1), {cwd, env: {...process.env, ...env}, stdio: ['pipe', 'pipe', 'pipe']});
    this.#process.stdin.on('error', () => {});
    this.#process.stderr.on('data', (chunk) => (this.#stderr += chunk));
    createInterface({input: this.#process.stdout}).on('line', (line) => this.#onLine(line));
    this.exit = new Promise((resolve) =>
      this.#process.on('close', (code, signal) => {
        this.#exited = true;
        this.#changed();
        resolve(signal ?? code);
      }),
    );
  }

  get stderr() {
    return this.#stderr;
  }

  #onLine(line) {
    let event;
    try {
      event = JSON.parse(line);
    } catch {
      event = {event: 'noise', line};
    }
    if (event.event === 'ack') {
      this.#acked = event.n;
    } else if (event.event === 'commandFailed') {
      this.#failed = event;
    } else {
      this.events.push(event);
    }
    this.#changed();
  }

  #changed() {
    for (const watch of [...this.#watchers]) {
      watch();
    }
  }

  /** Sends a command, to be carried out after those before it. */
  send(command) {
    this.#process.stdin.write(JSON.stringify({...command, n: ++this.#commands}) + '\n');
  }

  /** Sends a command and waits until it, and all before it, have been carried out. */
  async command(command, millis = 60_000) {
    this.send(command);
    await this.carriedOut(millis, command);
  }

  /** Waits until all commands so far have been carried out. */
  async carriedOut(millis = 60_000, command = {}) {
    const n = this.#commands;
    const done = await this.when(() => this.#acked >= n || this.#exited, millis);
    if (!done || (this.#exited && command.do !== 'end')) {
      throw new Error(`no ack for ${JSON.stringify(command)}${this.#exited ? '; the testee has ended' : ''}`);
    }
    if (this.#failed) {
      throw new Error(`command failed: ${JSON.stringify(this.#failed)}`);
    }
  }

  when(condition, millis) {
    return new Promise((resolve) => {
      const end = (met) => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        resolve(met);
      };
      const watch = () => condition() && end(true);
      const timer = setTimeout(() => end(Boolean(condition())), millis);
      this.#watchers.add(watch);
      watch();
    });
  }

  /** The events of a stream that no `see` has taken. */
  rest(stream) {
    return this.events.slice(this.#cursors.get(stream) ?? 0).filter((each) => streamOf(each) === stream);
  }

  /**
   * Waits for the next event of the pattern's stream and holds it to the pattern. Of `state`, those that do not match are
   * passed over.
   */
  async see(pattern, millis = 15_000) {
    const stream = streamOf(pattern);
    const next = () => {
      for (let at = this.#cursors.get(stream) ?? 0; at < this.events.length; at++) {
        if (streamOf(this.events[at]) === stream) {
          const met = matches(pattern, this.events[at]);
          if (met || stream !== 'state') {
            return {at, met};
          }
        }
      }
      return undefined;
    };
    await this.when(() => next() !== undefined, millis);
    const found = next();
    if (!found?.met) {
      const instead = found ? this.events[found.at] : this.rest(stream);
      throw new Error(`expected ${JSON.stringify(pattern)}, but ${stream} has ${JSON.stringify(instead)}`);
    }
    this.#cursors.set(stream, found.at + 1);
    return this.events[found.at];
  }

  /** What the process ended with. A timer that went on would keep the runner from ending. */
  async exitCode(millis) {
    return (await this.when(() => this.#exited, millis)) ? this.exit : 'still running';
  }

  kill() {
    this.#process.kill('SIGKILL');
  }
}
