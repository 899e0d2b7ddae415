'use client';

import type {Broadcaster, BroadcasterError, HandleState, Message, Published, PublishOptions, StateEvent, SubscribeOptions} from '@broadcaster/client';
import {type ReactNode, createContext, createElement, useContext, useEffect, useMemo, useRef, useSyncExternalStore} from 'react';
import {type Store, createStore} from './store.js';

const Context = createContext<Broadcaster<any> | undefined>(undefined);

/** Gives the client to all below it, and connects it. It is yours: nothing here closes it. */
export function BroadcasterProvider({client, children}: {client: Broadcaster<any>; children?: ReactNode}) {
  useEffect(() => {
    client.state === 'idle' && client.connect();
  }, [client]);
  return createElement(Context.Provider, {value: client}, children);
}

/** The client of the nearest provider. */
export function useClient<Channels = Record<string, unknown>>(): Broadcaster<Channels> {
  const client = useContext(Context);
  if (!client) {
    throw new Error('there is no BroadcasterProvider above');
  }
  return client;
}

const useStore = <T>({subscribe, get}: Store<T>): T => useSyncExternalStore(subscribe, get, get);

/** The last state of each client, for all components that ask. */
const connections = new WeakMap<Broadcaster<any>, Store<StateEvent>>();

/** The state of the connection, `retryIn` and `error` with it, and `retryNow` for a button. */
export function useConnection(): StateEvent & {retryNow(): void} {
  const client = useClient<any>();
  let store = connections.get(client);
  if (!store) {
    store = createStore<StateEvent>({state: client.state});
    connections.set(client, store);
    client.on('state', store.set);
  }
  return {...useStore(store), retryNow: () => client.retryNow()};
}

export interface ChannelState {
  state: HandleState;
  /** Why the subscription was refused. */
  error?: BroadcasterError;
}

/**
 * Subscribes for as long as the component is mounted. The newest handlers are called, and may be new functions in every
 * render: only another channel makes a new subscription. Without a channel there is none.
 */
export function useChannel<P = unknown>(
  channel: string | null | undefined,
  options: SubscribeOptions<P> = {},
): ChannelState & {publish(event: string, payload: P, options?: PublishOptions): Promise<Published>} {
  const client = useClient<any>();
  const newest = useRef(options);
  const store = useMemo(() => createStore<ChannelState>({state: 'subscribing'}), [client, channel]);
  useEffect(() => {
    newest.current = options;
  });
  useEffect(() => {
    if (!channel) {
      return undefined;
    }
    const {resync, since, last, priority, overflow} = newest.current;
    const handle = client.subscribe(channel, {
      since,
      last,
      priority,
      overflow,
      resync: resync && ((why: any, signal: AbortSignal) => newest.current.resync?.(why, signal)),
      onMessage: (message: any) => newest.current.onMessage?.(message),
      onGap: (gap: any) => newest.current.onGap?.(gap),
      onCaughtUp: () => newest.current.onCaughtUp?.(),
      onLive: (live: any) => {
        store.set({state: 'live'});
        return newest.current.onLive?.(live);
      },
      onEnded: (ended: any) => {
        store.set({state: 'ended'});
        return newest.current.onEnded?.(ended);
      },
      onFailed: (error: BroadcasterError) => {
        store.set({state: 'failed', error});
        return newest.current.onFailed?.(error);
      },
    });
    return () => handle.close();
  }, [client, channel, store]);
  return {...useStore(store), publish: (event, payload, more) => client.publish(channel!, event, payload, more)};
}

/** The newest messages of a channel, 100 or `limit` at most, oldest first. */
export function useMessages<P = unknown>(
  channel: string | null | undefined,
  {limit = 100, ...options}: SubscribeOptions<P> & {limit?: number} = {},
): readonly Message<P>[] {
  const client = useClient<any>();
  const store = useMemo(() => createStore<readonly Message<P>[]>([]), [client, channel]);
  useChannel<P>(channel, {
    ...options,
    onMessage: (message) => {
      store.set([...store.get(), message].slice(-limit));
      return options.onMessage?.(message);
    },
  });
  return useStore(store);
}
