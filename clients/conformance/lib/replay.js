// Says to real nodes what clients said to the fake, and holds the fake's answers to theirs.

import {isDeepStrictEqual} from 'node:util';
import {memberText} from './json-text.js';
import {RawSocket} from './socket.js';

/** Members that differ from one node, connection or moment to the next. */
const VARIABLE = ['id', 'createTime', 'timestamp', 'subscriptionId', 'lastMessageId', 'connectionId', 'expiresAt', 'expiresIn'];
const IDS = ['id', 'lastMessageId'];

/** The frame without what is variable, and with the payload as text. */
function essence(text) {
  const frame = JSON.parse(text, (key, value) => (VARIABLE.includes(key) && value !== null ? `<${typeof value}>` : value));
  if (frame.params?.payload !== undefined) {
    frame.params.payload = memberText(memberText(text, 'params'), 'payload');
  }
  frame.result?.hello?.features?.sort();
  if (frame.error) {
    // The words are the node's own, but for those that clients decide by.
    frame.error.message = /^(not published|outcome unknown)/.exec(frame.error.message)?.[0] ?? '';
  }
  return frame;
}

/** Answers are in order, and the messages of a channel are; between them there is none. */
function streamOf(text) {
  const {requestId, error, method, params} = JSON.parse(text);
  return method === undefined ? `reply ${requestId}` : error ? 'error' : `${method} ${params?.channel}`;
}

export async function replay(transcript, nodes) {
  const sockets = new Map();
  /** The node's ids by the fake's, which are unique in their channel. */
  const ids = new Map();
  /** The channel of each request. */
  const channels = new Map();
  try {
    for (const entry of transcript) {
      if (entry.publish) {
        await nodes.publish(entry.publish, entry.event, entry.json);
      } else if (entry.gone) {
        sockets.get(entry.peer)?.destroy();
      } else if (entry.client) {
        if (!sockets.has(entry.peer)) {
          const port = nodes.ports[entry.peer % nodes.ports.length];
          sockets.set(entry.peer, await RawSocket.open(`ws://127.0.0.1:${port}/broadcaster/websocket`));
        }
        const {id, params} = JSON.parse(entry.client);
        channels.set(`${entry.peer} ${id}`, params?.channel);
        const known = (_, key, seen) => `${key}"${ids.get(`${params.channel} ${seen}`) ?? seen}"`;
        sockets.get(entry.peer).send(entry.client.replace(/("lastSeenMessageId":)"([^"]+)"/, known));
      } else {
        await compare(entry.node, sockets.get(entry.peer), (frame) => frame.params?.channel ?? channels.get(`${entry.peer} ${frame.requestId}`), ids);
      }
    }
    for (const socket of sockets.values()) {
      const rest = socket.texts.filter((text) => !text.includes('"keepalive"') && !text.includes('"broadcast"'));
      if (rest.length > 0) {
        throw new Error(`the node also says ${rest}`);
      }
    }
  } finally {
    sockets.forEach((socket) => socket.destroy());
  }
}

async function compare(fake, socket, channelOf, ids) {
  const stream = streamOf(fake);
  const node = await socket.take((text) => streamOf(text) === stream);
  if (node === undefined) {
    throw new Error(`the fake says ${fake}, the node nothing of the kind, but ${socket.texts}`);
  }
  if (!isDeepStrictEqual(essence(fake), essence(node))) {
    throw new Error(`the fake says ${fake}\n      the node says ${node}`);
  }
  const [ours, theirs] = [JSON.parse(fake), JSON.parse(node)];
  for (const part of ['params', 'result']) {
    for (const name of IDS) {
      if (ours[part]?.[name] !== undefined) {
        ids.set(`${channelOf(ours)} ${ours[part][name]}`, theirs[part][name]);
      }
    }
  }
}
