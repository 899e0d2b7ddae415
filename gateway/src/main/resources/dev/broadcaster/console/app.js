import {Broadcaster, BroadcasterError} from './broadcaster.js';
import {drawChart} from './chart.js';
import {closeText} from './closecodes.js';
import {Control} from './control.js';
import {claims, remember, remembered, rememberedChannels, takeFromAddress} from './credentials.js';
import {Latency, milliseconds} from './latency.js';
import {publishOverRest} from './rest.js';
import {Tape, gapText, resumedText} from './tape.js';
import {visible} from './text.js';
import {TapeView, make} from './view.js';
import {Wait} from './wait.js';

const HUES = 6;
/** Close codes. */
const NORMAL = 1000;
const TOKEN_ENDED = 4401;
/** What to do when the client refuses a message that would close the connection. */
const SIZES = ' for the socket (MAX_MESSAGE_BYTES of the node); REST has the limit MAX_BODY_BYTES.';

const page = Object.fromEntries([...document.querySelectorAll('[id]')].map((element) => [element.id, element]));
const socketUrl = new URL('../websocket', location.href);
socketUrl.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
socketUrl.hash = '';
socketUrl.search = '';
const publishUrl = new URL('../publish', location.href).href;

const tape = new Tape();
const hues = new Map();
const view = new TapeView(tape, page, hue);
let latency = new Latency();

const client = new Broadcaster(socketUrl, {token: 'not.set.yet'}); // connect() sets it
const wait = new Wait(drawWait);
/** The state of the client that is shown. */
let shown = 'idle';
/** Whether the last connection was closed because of the token. */
let tokenEnded = false;
/** Channel → its handle, and what is shown of it. */
const channels = new Map();
const totals = {messages: 0, holes: 0, lost: 0, unknown: 0};
/** The parts that are drawn before the next frame. */
const toDraw = new Set();
/** In one column the messages come first, also for a screen reader and the Tab key. */
const narrow = matchMedia('(max-width: 60rem)');

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
  page.reconnect.addEventListener('click', () => (client.state === 'waiting' ? client.retryNow() : connect()));
  page.filter.addEventListener('change', () => view.filter(page.filter.value));
  page.pause.addEventListener('click', () => pause(!view.paused));
  page.clear.addEventListener('click', clear);
  page.ids.addEventListener('click', () => showIds(page.ids.getAttribute('aria-pressed') === 'false'));
  new Control(page, new URL('..', location.href).href);
  narrow.addEventListener('change', placeMessages);
  placeMessages();
  addEventListener('hashchange', () => arrive());
  client.on('state', stateChanged);
  client.on('error', failed);

  page.token.value = remembered('token');
  page['api-key'].value = remembered('key');
  tokenChanged();
  drawLatency();
  rememberedChannels().forEach(subscribe);
  if (!arrive() && remembered('connected') && page.token.value) {
    connect(); // the page was reloaded
  }
}

/** With an address that carries a token the page connects by itself. False if the address carries nothing. */
function arrive() {
  const found = takeFromAddress();
  if (!found) {
    return false;
  }
  found.channels.filter((channel) => !channels.has(channel)).forEach(subscribe);
  if (found.key) {
    page['api-key'].value = found.key;
    remember('key', found.key);
  }
  if (found.token) {
    page.token.value = found.token;
    tokenChanged();
    connect();
  }
  return true;
}

// ---- connection

function connect() {
  if (client.state !== 'idle' && client.state !== 'stopped') {
    note('reconnecting');
    client.close();
  }
  try {
    client.setToken(page.token.value.trim());
  } catch (error) {
    say(page['auth-error'], error.message);
    return;
  }
  remember('connected', 'yes');
  client.connect();
}

function disconnect() {
  remember('connected', '');
  client.close();
  note('disconnected');
}

function stateChanged({state, retryIn, code, reason, error}) {
  const before = shown;
  shown = state;
  if (state === 'connecting' && document.activeElement === page.reconnect) {
    page.tape.focus(); // the button goes, and the focus must not go with it
  }
  wait.end();
  page.closed.hidden = true;
  if (state === 'connecting') {
    page['auth-error'].textContent = '';
    showState('connecting', 'connecting');
  } else if (state === 'authenticating') {
    showState('connected', 'connected, not authenticated');
  } else if (state === 'connected') {
    tokenEnded = false;
    showState('authenticated', 'authenticated');
    if (narrow.matches) {
      page.connection.open = false;
    }
  } else if (state === 'waiting') {
    tokenEnded = code === TOKEN_ENDED;
    waiting(code, reason, retryIn);
  } else if (state === 'stopped') {
    stopped(code ?? (tokenEnded ? TOKEN_ENDED : undefined), reason, error);
  } else if (before === 'connected' || before === 'authenticating') {
    closed('closed', NORMAL, 'by this page');
  } else {
    showState('closed', 'closed');
    showClosed('Disconnected.');
  }
  drawChannels();
}

function waiting(code, reason, retryIn) {
  if (code === undefined) {
    showState('waiting', 'closed'); // while the page is in the browser's back/forward cache
    return;
  }
  note(code === TOKEN_ENDED ? `closed with ${code}` : `closed with ${code}: reconnecting`);
  closed('waiting', code, reason);
  wait.begin(retryIn);
}

/** The client does not come back by itself. */
function stopped(code, reason, error) {
  if (code === undefined) {
    showState('closed', 'closed');
    showClosed('The gateway does not accept this token.');
  } else {
    closed('closed', code, reason);
  }
  note(error.code === 'Stopped' ? `closed with ${code}` : errorText(error));
  if (error.code !== 'Stopped') {
    say(page['auth-error'], errorText(error));
    page.connection.open = true;
  }
}

function closed(name, code, reason) {
  showState(name, `closed, ${code}`);
  showClosed(closeText(code, reason));
}

function showClosed(text) {
  say(page['closed-text'], text);
  page.closed.hidden = false;
}

/** What the client returns to no caller. */
function failed(error) {
  if (error instanceof BroadcasterError) {
    note(errorText(error));
  } else {
    reportError(error);
  }
}

function errorText(error) {
  return error instanceof BroadcasterError ? `${error.code}: ${error.message}` : error.message;
}

function drawWait(seconds) {
  page['closed-wait'].textContent = seconds === undefined ? '' : `Reconnecting in ${seconds} s.`;
  page.reconnect.textContent = seconds === undefined ? 'Reconnect' : 'Reconnect now';
}

function showState(name, text) {
  page.state.dataset.state = name;
  page.state.textContent = text;
  page.connect.textContent = name === 'idle' ? 'Connect' : 'Reconnect';
  if (document.activeElement === page.disconnect && (name === 'idle' || name === 'closed')) {
    page.connect.focus(); // a disabled button has no focus
  }
  page.disconnect.disabled = name === 'idle' || name === 'closed';
}

function tokenChanged() {
  const token = page.token.value.trim();
  remember('token', token);
  const read = claims(token);
  const rows = [];
  say(page.who, read?.subject ?? '');
  if (token && !read) {
    rows.push(['token', 'not a JWT that this page can read']);
  }
  if (read) {
    rows.push(['subject', read.subject || 'none']);
    rows.push(['channels', read.channels.join(' ') || 'none']);
    rows.push(['scope', read.scope.join(', ') || 'none']);
    rows.push(['expires', read.expires]);
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
  const channel = page['subscribe-channel'].value.trim();
  page['subscribe-error'].textContent = '';
  if (channels.has(channel)) {
    page['subscribe-error'].textContent = `${channel} is subscribed already.`;
    return;
  }
  subscribe(channel);
}

function subscribe(channel) {
  const handle = client.subscribe(channel, {
    onLive: (live) => wentLive(channel, live),
    onMessage: received,
    onGap: (gap) => lost(channel, gap),
    onEnded: ({reason}) => ended(channel, `unsubscribed by the gateway: ${reason}`),
    onFailed: (error) => {
      say(page['subscribe-error'], errorText(error));
      ended(channel, `not subscribed: ${errorText(error)}`);
    },
  });
  channels.set(channel, {handle, messages: 0, lost: 0, ...channelItem(channel)});
  rememberChannels();
  drawChannels();
}

function wentLive(channel, {resumed, missed}) {
  if (resumed) {
    tape.add({kind: 'recovered', channel, text: resumedText(missed)});
    view.changed();
  } else if (resumed === null) {
    note('subscribed', channel);
  } // else a gap follows, and says it
  offerFilter(channel);
  drawChannels();
}

function unsubscribe(channel) {
  page['subscribe-error'].textContent = '';
  channels.get(channel).handle.close();
  ended(channel, 'unsubscribed');
  page.channels.focus();
}

function ended(channel, text) {
  channels.delete(channel);
  rememberChannels();
  note(text, channel);
  drawChannels();
}

function rememberChannels() {
  remember('channels', JSON.stringify([...channels.keys()]));
}

function lost(channel, gap) {
  const entry = channels.get(channel);
  if (gap.count === undefined) {
    totals.unknown++;
  } else {
    totals.holes++;
    totals.lost += gap.count;
    entry.lost += gap.count;
  }
  tape.add({kind: gap.count === undefined ? 'gone' : 'hole', channel, text: gapText(gap)});
  view.changed();
  soon(drawCounts);
}

function received({id, seq, channel, event, json, createTime}) {
  const at = performance.now();
  tape.add({kind: 'message', id, seq, channel, event, payload: json, createTime});
  totals.messages++;
  channels.get(channel).messages++;
  if (latency.received(id, at)) {
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
  if (page.publish.getAttribute('aria-disabled') === 'true') {
    return;
  }
  if (problem) {
    result(`Payload is not JSON: ${problem}`, true);
    return;
  }
  const overRest = page['publish-form'].elements.via.value === 'rest';
  const key = page['api-key'].value.trim();
  page.publish.setAttribute('aria-disabled', 'true'); // disabled, it would lose the focus
  try {
    for (let i = 1; i <= times; i++) {
      const sentAt = performance.now();
      const reply = overRest
        ? await publishOverRest(publishUrl, key, channel, event, payload)
        : await publishOverSocket(channel, event, payload);
      const repliedAt = performance.now();
      latency.replied(reply.id, sentAt, repliedAt);
      const took = milliseconds(repliedAt - sentAt);
      result(times === 1 ? `Published in ${took}, id ${reply.id}` : `Published ${i} of ${times}, the last in ${took}`);
      soon(drawLatency);
    }
  } catch (error) {
    const advice = !overRest && error.code === 'LimitReached' && error.message === 'too large' ? SIZES : '';
    result(errorText(error) + advice, true);
  } finally {
    page.publish.removeAttribute('aria-disabled');
  }
}

/** While the client reconnects, the message waits. */
function publishOverSocket(channel, event, payload) {
  if (client.state === 'idle') {
    throw new Error('not connected');
  }
  return client.publish(channel, event, payload, {json: true});
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
  say(page['publish-result'], text);
  page['publish-result'].classList.toggle('error', failed);
}

// ---- drawing

/** The entry of a channel in the list. It stays the same element, so that its button keeps the focus. */
function channelItem(channel) {
  const item = make('li');
  const dot = make('span', 'dot');
  dot.dataset.hue = hue(channel);
  const drop = make('button', 'drop', '×');
  drop.type = 'button';
  drop.title = 'Unsubscribe';
  drop.setAttribute('aria-label', `Unsubscribe from ${visible(channel)}`);
  drop.addEventListener('click', () => unsubscribe(channel));
  const figures = make('span', 'figures');
  item.append(dot, make('span', 'name', channel), figures, drop);
  return {item, figures};
}

function drawChannels() {
  const items = [...channels.values()].map(({item}) => item);
  [...page.channels.children].filter((item) => !items.includes(item)).forEach((item) => item.remove());
  page.channels.append(...items.filter((item) => !item.isConnected));
  for (const entry of channels.values()) {
    entry.item.className = isLive(entry) ? '' : 'off';
  }
  drawCounts();
}

const isLive = ({handle}) => handle.state === 'live';

function drawCounts() {
  for (const entry of channels.values()) {
    const text = isLive(entry) ? entry.messages.toLocaleString('en') : 'not subscribed';
    entry.figures.replaceChildren(text);
    if (entry.lost > 0) {
      entry.figures.append(make('span', 'lost', ` −${entry.lost.toLocaleString('en')}`));
    }
  }
  const waiting = view.paused ? `, ${view.waiting.toLocaleString('en')} waiting` : '';
  page.count.textContent = `${totals.messages.toLocaleString('en')} received${waiting}`;
  const holes = totals.holes === 1 ? '1 hole' : `${totals.holes.toLocaleString('en')} holes`;
  const unknown = totals.unknown === 1 ? '1 gap' : `${totals.unknown.toLocaleString('en')} gaps`;
  page.lost.textContent = [
    ...(totals.holes ? [`${holes}, ${totals.lost.toLocaleString('en')} lost`] : []),
    ...(totals.unknown ? [`${unknown} of unknown size`] : []),
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

/** Where the columns have no room for ids, they are shown below the messages on demand. */
function showIds(shown) {
  page.tape.classList.toggle('with-ids', shown);
  page.ids.setAttribute('aria-pressed', String(shown));
}

function placeMessages() {
  const focused = document.activeElement;
  page.tape.parentElement[narrow.matches ? 'prepend' : 'append'](page.tape);
  if (page.tape.contains(focused)) {
    focused.focus({preventScroll: true});
  }
}

function clear() {
  tape.clear();
  view.cleared();
  latency = new Latency();
  Object.assign(totals, {messages: 0, holes: 0, lost: 0, unknown: 0});
  drawLatency();
  drawCounts();
}

// ---- small things

/** Writes what came from outside. */
function say(element, text) {
  element.textContent = visible(text);
}

function submitted(event, run) {
  event.preventDefault();
  run();
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
