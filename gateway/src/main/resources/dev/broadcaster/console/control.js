// The control API (PROTOCOL section 13): lists connections and channels, closes connections, ends subscriptions.

import {call} from './rest.js';
import {utc, visible} from './text.js';
import {make} from './view.js';

/** Channels of a page. */
const PAGE = 50;

/** The section *Control* of the page. */
export class Control {
  #page;
  #base;
  /** The last channel that is listed; undefined before the first page. */
  #cursor;
  /** The user that is shown. */
  #user = '';

  /** `page`: the elements by id; `base`: the address of the base path, with a slash at its end. */
  constructor(page, base) {
    this.#page = page;
    this.#base = base;
    this.#on('user-form', 'submit', () => this.#show(page.user.value));
    this.#on('channels-form', 'submit', () => this.#list());
    this.#on('more-channels', 'click', () => this.#more());
    this.#on('disconnect-user', 'click', () => this.#disconnect());
    this.#on('unsubscribe-user', 'click', () => this.#unsubscribe());
  }

  #on(id, event, run) {
    this.#page[id].addEventListener(event, async (occurred) => {
      occurred.preventDefault();
      this.#say('');
      try {
        await run();
      } catch (error) {
        this.#say(error.message, true);
      }
    });
  }

  #call(method, path, body) {
    const key = this.#page['api-key'].value.trim();
    return call(method, this.#base + path, key, body && JSON.stringify(body));
  }

  async #show(user) {
    this.#user = user;
    const {connections, complete} = await this.#call('GET', `users/${encodeURIComponent(user)}`);
    this.#page['user-connections'].replaceChildren(...connections.map(connectionItem));
    this.#page['user-actions'].hidden = false;
    this.#say(counted(connections.length, 'connection') + completeness(complete));
  }

  async #disconnect() {
    const reason = this.#page.reason.value || undefined;
    const revoke = this.#page.revoke.checked;
    const path = `users/${encodeURIComponent(this.#user)}/disconnect`;
    const {connections, nodes, complete} = await this.#call('POST', path, {reason, revoke});
    this.#page['user-connections'].replaceChildren();
    const what = `${counted(connections, 'connection')} on ${counted(nodes, 'node')} closed`;
    this.#say(`${what}${revoke ? ', tokens revoked' : ''}${completeness(complete)}`);
  }

  async #unsubscribe() {
    const reason = this.#page.reason.value || undefined;
    const channel = this.#page['end-channel'].value.trim();
    const path = `users/${encodeURIComponent(this.#user)}/unsubscribe`;
    const {subscriptions, nodes, complete} = await this.#call('POST', path, {channel, reason});
    this.#say(`${counted(subscriptions, 'subscription')} on ${counted(nodes, 'node')} ended${completeness(complete)}`);
  }

  #list() {
    this.#cursor = undefined;
    this.#page['channel-list'].replaceChildren();
    return this.#more();
  }

  async #more() {
    const query = new URLSearchParams({prefix: this.#page.prefix.value.trim(), limit: PAGE});
    if (this.#cursor) {
      query.set('cursor', this.#cursor);
    }
    const {channels, more, complete} = await this.#call('GET', `channels?${query}`);
    this.#cursor = channels.at(-1)?.channel;
    this.#page['channel-list'].append(...channels.map(channelItem));
    if (!more && document.activeElement === this.#page['more-channels']) {
      this.#page.prefix.focus(); // the button goes, and the focus must not go with it
    }
    this.#page['more-channels'].hidden = !more;
    this.#say(counted(this.#page['channel-list'].childElementCount, 'channel') + completeness(complete));
  }

  #say(text, failed = false) {
    this.#page['control-result'].textContent = visible(text);
    this.#page['control-result'].classList.toggle('error', failed);
  }
}

function connectionItem({since, client, transport, channels, subscriptions}) {
  const item = make('li');
  item.append(
    make('span', 'name', client || transport),
    make('span', 'figures', `since ${utc(new Date(since))}, ${counted(subscriptions, 'subscription')}`),
    make('span', 'name all', channels.join(' ') + (channels.length < subscriptions ? ' …' : '')),
  );
  return item;
}

function channelItem({channel, subscribers}) {
  const item = make('li');
  item.append(make('span', 'name', channel), make('span', 'figures', subscribers.toLocaleString('en')));
  return item;
}

function counted(count, what) {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

function completeness(complete) {
  return complete ? '.' : '. Incomplete: not every node has answered.';
}
