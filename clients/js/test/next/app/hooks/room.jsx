'use client';
import {Broadcaster} from '@broadcaster/client';
import {BroadcasterProvider, useConnection, useMessages} from '@broadcaster/react';

const client = new Broadcaster('wss://example.com/broadcaster/websocket', {token: 'a.b.c'});

function Messages() {
  const {state} = useConnection();
  const messages = useMessages('chat:lobby');
  return <p>{`${state} ${messages.length}`}</p>;
}

export const Room = () => <BroadcasterProvider client={client}><Messages /></BroadcasterProvider>;
