// The types are part of the interface: what must not compile is marked.

import {expectTypeOf, test} from 'vitest';
import {Broadcaster, type Message} from '../src/index.js';

interface Chat {
  text: string;
}

const options = {token: 'a.b.c', webSocket: class {} as any};

test('a client without a map takes any channel, and the payload that the caller names', () => {
  const client = new Broadcaster('ws://node', options);
  const handle = client.subscribe<Chat>('chat:lobby', {onMessage: (m) => expectTypeOf(m).toEqualTypeOf<Message<Chat>>()});
  expectTypeOf(handle[Symbol.asyncIterator]().next).returns.resolves.toHaveProperty('value');
  expectTypeOf(client.subscribe('chat:lobby')).toHaveProperty('position').toEqualTypeOf<string | undefined>();
  handle.close();
});

test('a client with a map knows the payload of each channel', () => {
  interface Channels {
    'chat:lobby': Chat;
    [stream: `stream:${string}`]: {word: string};
  }
  const client = new Broadcaster<Channels>('ws://node', options);
  client.subscribe('chat:lobby', {onMessage: (m) => expectTypeOf(m.payload).toEqualTypeOf<Chat>()}).close();
  client.subscribe('stream:7', {onMessage: (m) => expectTypeOf(m.payload).toEqualTypeOf<{word: string}>()}).close();
  const wrong = () => {
    // @ts-expect-error: no such channel
    client.subscribe('chat:other');
    // @ts-expect-error: another payload
    void client.publish('chat:lobby', 'event', {word: 'x'});
  };
  expectTypeOf(wrong).toBeFunction();
});
