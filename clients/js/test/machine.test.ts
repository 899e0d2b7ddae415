import fc from 'fast-check';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {Broadcaster, type Handle, type State} from '../src/index.js';
import {FakeNet, hello} from './fake-socket.js';

/** The arrows of the state machine; every event of the client must be one of them. */
const ARROWS: Record<State, State[]> = {
  idle: ['connecting'],
  connecting: ['authenticating', 'waiting', 'stopped', 'idle'],
  authenticating: ['connected', 'waiting', 'stopped', 'idle'],
  connected: ['waiting', 'stopped', 'idle'],
  waiting: ['connecting', 'stopped', 'idle'],
  stopped: ['connecting', 'idle'],
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A node with one history per channel, enough to know what must arrive. */
class Node {
  private readonly counters = new Map<string, number>();

  constructor(private readonly net: FakeNet) {}

  publish(channel: string): void {
    this.counters.set(channel, this.count(channel) + 1);
    for (const socket of this.net.open) {
      const seq = this.seqs.get(socket)?.get(channel);
      if (seq !== undefined) {
        this.seqs.get(socket)!.set(channel, seq + 1);
        socket.receive(this.broadcast(channel, this.count(channel), seq + 1));
      }
    }
  }

  count(channel: string): number {
    return this.counters.get(channel) ?? 0;
  }

  /** Answers one request of the newest socket. */
  answer(): void {
    const socket = this.net.last;
    const request = socket?.next;
    if (!request || socket.closed) {
      return;
    }
    const {channel, lastSeenMessageId} = request.params;
    const seqs = this.seqs.get(socket) ?? new Map<string, number>();
    this.seqs.set(socket, seqs);
    if (request.method === 'auth') {
      socket.answer({success: true, hello});
    } else if (request.method === 'subscribe') {
      expect(seqs.has(channel), `a second subscribe of ${channel}`).toBe(false);
      const count = this.count(channel);
      const from = lastSeenMessageId ? Number(lastSeenMessageId.slice(2)) : count;
      seqs.set(channel, count - from);
      const recovered = lastSeenMessageId && {historyRecovered: true, recoveredMessages: count - from};
      socket.answer({subscriptionId: 's', timestamp: '', lastMessageId: `E-${count}`, ...recovered});
      for (let number = from + 1; number <= count && !socket.closed; number++) {
        socket.receive(this.broadcast(channel, number, number - from));
      }
    } else {
      request.method === 'unsubscribe' && seqs.delete(channel);
      socket.answer({success: true, id: 'E-0', createTime: ''});
    }
  }

  private readonly seqs = new Map<unknown, Map<string, number>>();

  private broadcast(channel: string, number: number, seq: number): unknown {
    return {method: 'broadcast', params: {id: `E-${number}`, seq, createTime: '', channel, event: 'e', payload: number}};
  }
}

const CHANNELS = ['a', 'b'];

const command = fc.oneof(
  {weight: 6, arbitrary: fc.constant('answer' as const)},
  {weight: 4, arbitrary: fc.constant('accept' as const)},
  {weight: 4, arbitrary: fc.constantFrom('publish a', 'publish b')},
  {weight: 3, arbitrary: fc.constantFrom('subscribe a', 'subscribe b')},
  {weight: 2, arbitrary: fc.constantFrom('unsubscribe a', 'unsubscribe b')},
  {weight: 3, arbitrary: fc.integer({min: 1, max: 40_000})},
  {weight: 2, arbitrary: fc.constantFrom('cut', 'drain', 'expire', 'full')},
  {weight: 2, arbitrary: fc.constantFrom('connect', 'wake', 'send')},
  {weight: 1, arbitrary: fc.constantFrom('close', 'stop', 'garbage')},
);

test('whatever happens in whatever order: one socket, only the arrows of the machine, messages complete and in order, nothing left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, {minLength: 5, maxLength: 60}), async (commands) => {
      vi.clearAllTimers();
      const net = new FakeNet();
      const node = new Node(net);
      const client = new Broadcaster('ws://node', {token: async () => 'a.b.c', webSocket: net.WebSocket});
      const handles = new Map<string, Handle[]>(CHANNELS.map((channel) => [channel, []]));
      const seen = new Map<string, number>();
      const calls: Promise<unknown>[] = [];
      let state: State = 'idle';
      client.on('error', () => {});
      client.on('state', (event) => {
        expect(ARROWS[state], `${state} to ${event.state}`).toContain(event.state);
        state = event.state;
      });
      for (const step of commands) {
        const [what = '', channel = ''] = typeof step === 'string' ? step.split(' ') : [];
        if (typeof step === 'number') {
          await vi.advanceTimersByTimeAsync(step);
        } else if (what === 'answer') {
          node.answer();
        } else if (what === 'accept') {
          const socket = net.last;
          socket && !socket.closed && socket.sent.length === 0 && socket.accept();
        } else if (what === 'publish') {
          node.publish(channel);
        } else if (what === 'subscribe') {
          // A handle sees numbers that rise by one; where they jump, it was told why.
          let last: number | undefined;
          let told = true;
          const handle = client.subscribe<number>(channel as string, {
            onLive: ({resumed}) => (told ||= resumed !== true),
            onGap: () => (told = true),
            onMessage: ({payload}) => {
              expect(last === undefined || payload > last, `${payload} after ${last}`).toBe(true);
              expect(told || payload === last! + 1, `${payload} after ${last}, and no gap`).toBe(true);
              last = payload;
              told = false;
              seen.set(channel, payload);
            },
          });
          handles.get(channel)!.push(handle);
          calls.push(handle.ready().catch((error) => expect(error).toBeInstanceOf(Error)));
        } else if (what === 'unsubscribe') {
          handles.get(channel)!.pop()?.close();
        } else if (what === 'connect') {
          client.connect();
        } else if (what === 'wake') {
          client.wake();
        } else if (what === 'send') {
          calls.push(client.publish('a', 'e', 1).catch((error) => expect(error).toBeInstanceOf(Error)));
        } else if (what === 'close') {
          client.close();
        } else {
          const socket = net.last;
          if (socket && !socket.closed) {
            const codes: Record<string, number> = {cut: 1006, drain: 1001, expire: 4401, full: 1013, stop: 4400};
            what === 'garbage' ? socket.receive('garbage') : socket.end(codes[what]);
          }
        }
        await Promise.resolve();
        expect(net.open.length, 'open sockets').toBeLessThanOrEqual(1);
        expect(state).toBe(client.state);
      }
      client.close();
      handles.forEach((list) => list.forEach((handle) => handle.close()));
      expect(client.state).toBe('idle');
      expect(vi.getTimerCount(), 'timers').toBe(0);
      expect(net.open.length, 'open sockets').toBe(0);
      // Every call has ended.
      await Promise.all(calls);
    }),
    {numRuns: Number(process.env.RUNS ?? 1000)},
  );
}, 120_000);

test('after any faults a connection that works brings every message that the channel keeps', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom('answer', 'accept', 'publish', 'cut', 'time'), {maxLength: 60}), async (commands) => {
      vi.clearAllTimers();
      const net = new FakeNet();
      const node = new Node(net);
      const client = new Broadcaster('ws://node', {token: 'a.b.c', webSocket: net.WebSocket});
      const got: number[] = [];
      client.on('error', () => {});
      client.subscribe<number>('a', {onMessage: ({payload}) => got.push(payload)});
      client.connect();
      const settle = async () => {
        for (let i = 0; i < 8; i++) {
          const socket = net.last;
          socket && !socket.closed && socket.sent.length === 0 && socket.accept();
          node.answer();
          await vi.advanceTimersByTimeAsync(client.state === 'waiting' ? 20_000 : 0);
        }
      };
      await settle();
      for (const step of commands) {
        const socket = net.last;
        step === 'publish' && node.publish('a');
        step === 'cut' && !socket.closed && socket.end();
        step === 'answer' && node.answer();
        step === 'accept' && !socket.closed && socket.sent.length === 0 && socket.accept();
        step === 'time' && (await vi.advanceTimersByTimeAsync(2000));
      }
      await settle();
      await settle();
      expect(got).toEqual(Array.from({length: node.count('a')}, (_, i) => i + 1));
      client.close();
      expect(vi.getTimerCount()).toBe(0);
    }),
    {numRuns: Number(process.env.RUNS ?? 500)},
  );
}, 120_000);
