import {drawChart} from './chart.js';
import {Connection, publishOverRest} from './client.js';
import {action, closeText, comesBack} from './closecodes.js';
import {claims, remember, remembered, takeFromAddress} from './credentials.js';
import {Latency, milliseconds} from './latency.js';
import {Reconnect} from './reconnect.js';
import {SeqWatch, Tape, recoveredText} from './tape.js';
import {TapeView, make} from './view.js';

const HUES = 6;

const page = Object.fromEntries([...document.querySelectorAll('[id]')].map((element) => [element.id, element]));
const socketUrl = new URL('../websocket', location.href);
socketUrl.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
socketUrl.hash = '';
socketUrl.search = '';
const publishUrl = new URL('../publish', location.href);

const tape = new Tape();
const hues = new Map();
const view = new TapeView(tape, page, hue);
let latency = new Latency();

/** The open connection; undefined before the first and after a close. */
let connection;
/** Whether there is to be one: what the person has pressed last. */
let wanted = false;
const reconnect = new Reconnect(connect, drawWait);
/** Channel → its subscription on this connection, and what is shown of it. Kept over a reconnect. */
const channels = new Map();
const totals = {messages: 0, holes: 0, lost: 0, histories: 0};
/** What is to be drawn before the next frame. */
const toDraw = new Set();

function start() {
  page.address.textContent = socketUrl.href;
  page['connect-form'].addEventListener('submit', (event) => submitted(event, connect));
  page['subscribe-form'].addEventListener('submit', (event) => submitted(event, subscribeTyped));
  page['publish-form'].addEventListener('submit', (event) => submitted(event, publish));
  page['publish-payload'].addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      page['publish-form'].requestSubmit();
    }
  });
  page.token.addEventListener('input', () => tokenChanged());
  page['api-key'].addEventListener('input', () => remember('key', page['api-key'].value.trim()));
  page.disconnect.addEventListener('click', disconnect);
  page.reconnect.addEventListener('click', () => reconnect.now());
  page.filter.addEventListener('change', () => view.filter(page.filter.value));
  page.pause.addEventListener('click', () => pause(!view.paused));
  page.clear.addEventListener('click', clear);
  addEventListener('hashchange', () => arrive());

  page.token.value = remembered('token');
  page['api-key'].value = remembered('key');
  tokenChanged();
  drawLatency();
  arrive();
}

/** With an address that carries credentials the page connects by itself. */
function arrive() {
  const found = takeFromAddress();
  if (!found) {
    return;
  }
  if (found.key) {
    page['api-key'].value = found.key;
    remember('key', found.key);
  }
  if (found.token) {
    page.token.value = found.token;
    tokenChanged();
    connect();
  }
}

// ---- connection

function connect() {
  wanted = true;
  reconnect.cancel();
  if (connection) {
    connection.close();
    note('reconnecting');
    forgetSubscriptions();
  }
  if (document.activeElement === page.reconnect) {
    page.tape.focus(); // the button goes, and the focus must not go with it
  }
  page.closed.hidden = true;
  page['auth-error'].textContent = '';
  const opened = new Connection(socketUrl, {
    open: () => ifCurrent(() => authenticate(opened)),
    broadcast: (message) => ifCurrent(() => received(message)),
    unsubscribed: ({channel, reason}) => ifCurrent(() => ended(channel, `unsubscribed by the gateway: ${reason}`)),
    failed: (error) => ifCurrent(() => note(error.message)),
    closed: (code, reason) => ifCurrent(() => closed(code, reason)),
  });
  const ifCurrent = (run) => connection === opened && run();
  connection = opened;
  state('connecting', 'connecting');
  drawChannels();
}

function disconnect() {
  wanted = false;
  connection?.close();
  if (reconnect.waiting) {
    reconnect.cancel();
    state('closed', 'closed');
    note('disconnected');
  }
}

async function authenticate(opened) {
  state('connected', 'connected, not authenticated');
  try {
    await opened.auth(page.token.value.trim());
  } catch (error) {
    page['auth-error'].textContent = error.message;
    page.connection.open = true;
    return;
  }
  reconnect.up();
  state('authenticated', 'authenticated');
  page['auth-error'].textContent = '';
  if (matchMedia('(max-width: 60rem)').matches) {
    page.connection.open = false;
  }
  for (const channel of channels.keys()) {
    subscribe(channel);
  }
}

function closed(code, reason) {
  const again = wanted && comesBack(code);
  connection = undefined;
  forgetSubscriptions();
  page['closed-text'].textContent = closeText(code, reason);
  page.closed.hidden = false;
  note(again ? `closed with ${code}: reconnecting` : `closed with ${code}`);
  drawChannels();
  if (again) {
    state('waiting', `closed, ${code}`);
    reconnect.schedule(action(code) === 'now');
  } else {
    state('closed', `closed, ${code}`);
  }
}

function forgetSubscriptions() {
  for (const [channel, entry] of channels) {
    entry.subscribed = false;
    release(channel, entry);
  }
}

function drawWait(seconds) {
  page['closed-wait'].textContent = seconds === undefined ? '' : `Reconnecting in ${seconds} s.`;
  page.reconnect.textContent = seconds === undefined ? 'Reconnect' : 'Reconnect now';
}

function state(name, text) {
  page.state.dataset.state = name;
  page.state.textContent = text;
  page.connect.textContent = name === 'idle' ? 'Connect' : 'Reconnect';
  page.disconnect.disabled = name === 'idle' || name === 'closed';
}

function tokenChanged() {
  const token = page.token.value.trim();
  remember('token', token);
  const read = claims(token);
  const rows = [];
  page.who.textContent = read?.subject ?? '';
  if (token && !read) {
    rows.push(['token', 'not a JWT that this page can read']);
  }
  if (read) {
    rows.push(['subject', read.subject || 'none']);
    rows.push(['channels', read.channels.join(' ') || 'none']);
    rows.push(['scope', read.scope.join(', ') || 'none']);
    rows.push(['expires', read.expiresAt?.toLocaleString() ?? 'never']);
    chooseWay(read.scope);
    suggestChannel(read.channels);
  }
  page.claims.replaceChildren(...rows.flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)]));
}

function chooseWay(scope) {
  const way = scope.includes('publish') ? 'socket' : 'rest';
  page['publish-form'].elements.via.value = way;
}

/** Fills in a channel that the token covers, unless the user has typed one. */
function suggestChannel(granted) {
  if (granted.length === 0 || granted.includes('*')) {
    return;
  }
  const channel = granted[0].endsWith(':*') ? `${granted[0].slice(0, -1)}hello` : granted[0];
  for (const field of [page['subscribe-channel'], page['publish-channel']]) {
    if (field.value === field.defaultValue) {
      field.value = field.defaultValue = channel;
    }
  }
}

// ---- channels

function subscribeTyped() {
  return subscribe(page['subscribe-channel'].value.trim());
}

async function subscribe(channel) {
  const over = connection;
  const before = channels.get(channel);
  page['subscribe-error'].textContent = '';
  let reply;
  try {
    reply = await connected(over).subscribe(channel, before?.lastId);
  } catch (error) {
    if (over === connection) {
      page['subscribe-error'].textContent = error.message;
    }
    return;
  }
  const entry = {messages: 0, lost: 0, ...before, subscribed: true, watch: new SeqWatch()};
  channels.set(channel, entry);
  if (!reply.historyRecovered && reply.lastMessageId) {
    entry.lastId = reply.lastMessageId; // stands for the id of a message until one comes
  }
  if (reply.historyRecovered && reply.recoveredMessages !== undefined) {
    tape.add({kind: 'recovered', channel, text: recoveredText(reply.recoveredMessages)});
    view.changed();
  } else if (reply.historyRecovered) {
    recover(over, channel, entry, reply.timestamp);
  } else if (reply.historyRecovered === false) {
    totals.histories++;
    tape.add({kind: 'gone', channel, text: 'history lost: what was published meanwhile is not kept; seq starts at 1'});
    view.changed();
  } else {
    note(`${before ? 'subscribed again' : 'subscribed'}, seq starts at 1`, channel);
  }
  offerFilter(channel);
  drawChannels();
}

/**
 * For a gateway that does not say how much follows. What was missed comes before the answer to anything that is asked from now on: it is held back until then, to be
 * shown below the row that says how much it is.
 */
async function recover(over, channel, entry, subscribedAt) {
  entry.held = [];
  try {
    await over.heartbeat();
  } catch {
    return; // closed, and released by that
  }
  release(channel, entry, subscribedAt);
}

/** Shows what was held back. */
function release(channel, entry, subscribedAt) {
  const held = entry?.held;
  if (!held) {
    return;
  }
  entry.held = undefined;
  if (subscribedAt) {
    const missed = held.filter((message) => Date.parse(message.createTime) <= Date.parse(subscribedAt));
    tape.add({kind: 'recovered', channel, text: recoveredText(missed.length)});
    view.changed();
  }
  held.forEach(received);
}

async function unsubscribe(channel) {
  page['subscribe-error'].textContent = '';
  if (!channels.get(channel).subscribed) {
    channels.delete(channel);
    drawChannels();
    return;
  }
  try {
    await connected(connection).unsubscribe(channel);
  } catch (error) {
    page['subscribe-error'].textContent = error.message;
    return;
  }
  ended(channel, 'unsubscribed');
  page.channels.focus();
}

function ended(channel, text) {
  release(channel, channels.get(channel));
  channels.delete(channel);
  note(text, channel);
  drawChannels();
}

function received(message) {
  const entry = channels.get(message.channel);
  if (entry?.held) {
    entry.held.push(message);
    return;
  }
  const hole = entry?.watch.check(message.seq);
  if (hole) {
    totals.holes++;
    totals.lost += hole.lost ?? 0;
    entry.lost += hole.lost ?? 0;
    tape.add({kind: 'hole', channel: message.channel, hole});
  }
  tape.add({kind: 'message', ...message});
  totals.messages++;
  if (entry) {
    entry.messages++;
    entry.lastId = message.id;
  }
  if (latency.received(message.id, message.receivedAt)) {
    soon(drawLatency);
  }
  view.changed();
  soon(drawCounts);
}

function note(text, channel) {
  tape.add({kind: 'note', text, channel});
  view.changed();
}

// ---- publishing

async function publish() {
  const channel = page['publish-channel'].value.trim();
  const event = page['publish-event'].value;
  const payload = page['publish-payload'].value;
  const times = Math.min(100, Math.max(1, Number(page['publish-times'].value) || 1));
  const problem = jsonProblem(payload);
  if (problem) {
    result(`Payload is not JSON: ${problem}`, true);
    return;
  }
  const overRest = page['publish-form'].elements.via.value === 'rest';
  const key = page['api-key'].value.trim();
  page.publish.disabled = true;
  try {
    for (let i = 1; i <= times; i++) {
      const sentAt = performance.now();
      const reply = overRest
        ? await publishOverRest(publishUrl, key, channel, event, payload)
        : await connected(connection).publish(channel, event, payload);
      latency.replied(reply.id, sentAt, reply.receivedAt);
      const took = milliseconds(reply.receivedAt - sentAt);
      result(times === 1 ? `Published in ${took}, id ${reply.id}` : `Published ${i} of ${times}, the last in ${took}`);
      soon(drawLatency);
    }
  } catch (error) {
    result(error.message, true);
  } finally {
    page.publish.disabled = false;
  }
}

function jsonProblem(text) {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error.message;
  }
}

function result(text, failed = false) {
  page['publish-result'].textContent = text;
  page['publish-result'].classList.toggle('error', failed);
}

// ---- drawing

function drawChannels() {
  const items = [...channels].map(([channel, entry]) => {
    const item = make('li', entry.subscribed ? '' : 'off');
    const dot = make('span', 'dot');
    dot.dataset.hue = hue(channel);
    const drop = make('button', 'drop', '×');
    drop.type = 'button';
    drop.title = 'Unsubscribe';
    drop.setAttribute('aria-label', `Unsubscribe from ${channel}`);
    drop.addEventListener('click', () => unsubscribe(channel));
    entry.figures = make('span', 'figures');
    item.append(dot, make('span', 'name', channel), entry.figures, drop);
    return item;
  });
  page.channels.replaceChildren(...items);
  drawCounts();
}

function drawCounts() {
  for (const entry of channels.values()) {
    const text = entry.subscribed ? entry.messages.toLocaleString('en') : 'not subscribed';
    entry.figures?.replaceChildren(text);
    if (entry.lost > 0) {
      entry.figures?.append(make('span', 'lost', ` −${entry.lost.toLocaleString('en')}`));
    }
  }
  const waiting = view.paused ? `, ${view.waiting.toLocaleString('en')} waiting` : '';
  page.count.textContent = `${totals.messages.toLocaleString('en')} received${waiting}`;
  const holes = totals.holes === 1 ? '1 hole' : `${totals.holes.toLocaleString('en')} holes`;
  const histories = totals.histories === 1 ? '1 history' : `${totals.histories.toLocaleString('en')} histories`;
  page.lost.textContent = [
    ...(totals.holes ? [`${holes}, ${totals.lost.toLocaleString('en')} lost`] : []),
    ...(totals.histories ? [`${histories} lost`] : []),
  ].join('; ');
}

function drawLatency() {
  drawChart(page.chart, latency.samples);
  const row = (name, mark, figures) => {
    const p = make('p');
    p.append(make('span', `key ${mark}`), `${name} `);
    p.append(make('b', '', figures
      ? `p50 ${milliseconds(figures.p50)}, p99 ${milliseconds(figures.p99)}`
      : 'none yet'));
    return p;
  };
  page['latency-text'].replaceChildren(
    row('reply', 'reply', latency.figures('reply')),
    row('own message', 'own', latency.figures('own')),
  );
}

function offerFilter(channel) {
  if ([...page.filter.options].some((option) => option.value === channel)) {
    return;
  }
  const option = make('option', '', channel);
  option.value = channel;
  page.filter.append(option);
}

function pause(paused) {
  view.pause(paused);
  page.pause.setAttribute('aria-pressed', String(paused));
  page.pause.textContent = paused ? 'Resume' : 'Pause';
  drawCounts();
}

function clear() {
  tape.clear();
  view.cleared();
  latency = new Latency();
  Object.assign(totals, {messages: 0, holes: 0, lost: 0, histories: 0});
  drawLatency();
  drawCounts();
}

// ---- small things

function submitted(event, run) {
  event.preventDefault();
  run();
}

function connected(open) {
  if (!open) {
    throw new Error('not connected');
  }
  return open;
}

function hue(channel) {
  if (!hues.has(channel)) {
    hues.set(channel, hues.size % HUES);
  }
  return hues.get(channel);
}

/** Runs `draw` once before the next frame, however often it is asked for. */
function soon(draw) {
  if (toDraw.has(draw)) {
    return;
  }
  toDraw.add(draw);
  requestAnimationFrame(() => {
    toDraw.delete(draw);
    draw();
  });
}

start();
