// Plays one case: its steps in order, then the rules that hold for every case.

import {matches, substitute} from './match.js';
import {ONLY_FAKE} from './targets.js';
import {Testee, streamOf} from './testee.js';
import {mint} from './tokens.js';

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** {"jwt": {…}} becomes a token. */
function minted(spec) {
  if (Array.isArray(spec)) {
    return spec.map(minted);
  }
  return typeof spec === 'object' && spec !== null && 'jwt' in spec ? mint(spec.jwt) : spec;
}

/** Waits until `value()` matches, and holds it to that. */
async function becomes(value, expected, what, millis = 15_000) {
  for (const end = Date.now() + millis; Date.now() < end && !matches(expected, value()) && value() !== ONLY_FAKE; ) {
    await pause(10);
  }
  same(value(), expected, what);
}

const same = (actual, expected, what) => {
  if (actual !== ONLY_FAKE && !matches(expected, actual)) {
    throw new Error(`${what}: ${JSON.stringify(actual)} (expected: ${JSON.stringify(expected)})`);
  }
};

class Play {
  values = {};
  calls = [];

  constructor(target, testee, url) {
    this.target = target;
    this.testee = testee;
    this.url = url;
  }

  async steps(steps) {
    for (const [i, template] of steps.entries()) {
      const step = substitute(template, this.values);
      if (step.only && step.only !== this.target.name) {
        continue;
      }
      try {
        await this.step(step);
      } catch (error) {
        error.message = `step ${i + 1} ${JSON.stringify(template).slice(0, 200)}\n      ${error.message}`;
        throw error;
      }
    }
  }

  async step(step) {
    const {target, testee} = this;
    if (step.client) {
      const {client, only, background, ...command} = step;
      if (command.token) {
        command.token = minted(command.token);
      }
      if (client === 'publish' || client === 'ready') {
        this.calls.push(command.as);
      }
      const withUrl = ['delays', 'create'].includes(client) && {url: this.url};
      const whole = {do: client, ...withUrl, ...command};
      if (this.ahead) {
        testee.send(whole);
        return;
      }
      const done = testee.command(whole, step.within);
      if (background) {
        done.catch(() => {});
        this.background = done;
      } else {
        await done;
      }
    } else if (step.foreground) {
      await this.background;
    } else if (step.gateway) {
      await target.play(step);
    } else if (step.see) {
      const event = await testee.see(step.see, step.within);
      for (const [name, member] of Object.entries(step.keep ?? {})) {
        this.values[name] = event[member];
      }
    } else if (step.unseen) {
      const found = testee.events.find((event) => matches(step.unseen, event));
      same(found ?? null, null, 'seen');
    } else if (step.seen) {
      let at = 0;
      let count = 0;
      const times = () => {
        for (; at < testee.events.length; at++) {
          count += matches(step.seen, testee.events[at]);
        }
        return count;
      };
      await becomes(times, step.times, `times that ${JSON.stringify(step.seen)} was seen`, step.within);
    } else if (step.got) {
      await target.got(step);
    } else if (step.count) {
      await becomes(() => target.count(step.count, step.peer), step.is, `requests ${JSON.stringify(step.count)}`, step.within);
    } else if (step.indexOf) {
      same(target.indexOf(step.indexOf, step.peer), step.is, `index of ${JSON.stringify(step.indexOf)}`);
    } else if (step.sameOrder) {
      const [first, ...others] = step.sameOrder.map((handle) =>
        testee.events.filter((event) => event.event === 'message' && event.handle === handle).map(({id}) => id),
      );
      others.forEach((ids) => same(ids, first, 'ids in the order of the other client'));
    } else if (step.attempts !== undefined) {
      await target.whenAttempts(step.attempts, step.within ?? 15_000);
      await pause(30);
      same(target.attempts, step.attempts, 'attempts to connect');
    } else if (step.closedWith) {
      same(await target.closedWith(step), step.closedWith, 'close code of the client');
    } else if (step.order) {
      const at = step.order.map((pattern) => testee.events.findIndex((event) => matches(pattern, event)));
      if (at.includes(-1) || at.some((index, i) => i > 0 && index < at[i - 1])) {
        throw new Error(`order: ${at} of ${JSON.stringify(step.order)}`);
      }
    } else if (step.spread) {
      const slots = new Map();
      const {delays} = await testee.see({event: 'delays'});
      delays.forEach((delay) => slots.set(Math.floor(delay / step.spread.slotMillis), (slots.get(Math.floor(delay / step.spread.slotMillis)) ?? 0) + 1));
      same(Math.max(...slots.values()), {$between: [0, step.spread.most]}, 'clients in the fullest slot');
      same(Math.max(...delays), {$between: step.spread.last}, 'the last client');
    } else if (step.advanceUntil) {
      // In strides of `by`, at most `most` of them, until an event has come.
      const seen = () => testee.events.some((event) => matches(step.advanceUntil, event));
      let strides = 0;
      for (; !seen() && strides <= step.most; strides++) {
        await testee.command({do: 'advance', millis: step.by});
      }
      same(strides, {$between: [step.least ?? 0, step.most]}, `strides of ${step.by} ms until ${JSON.stringify(step.advanceUntil)}`);
    } else if (step.wait) {
      await pause(step.wait);
    } else if (step.repeat) {
      // Commands alone are sent ahead: the client carries them out one after the other anyway.
      this.ahead = step.steps.every(({client, background}) => client && !background);
      for (let i = 1; i <= step.repeat; i++) {
        this.values.i = i;
        await this.steps(step.steps);
      }
      this.ahead = false;
      await testee.carriedOut();
    } else {
      throw new Error('not a step');
    }
  }
}

/** Runs a case once against a target. Rejects with what was wrong. */
export async function play({testee: how, target, json, variant = {}}) {
  const values = {...variant};
  const it = substitute(json, values);
  await target.start({...it.settings, clients: it.clients});
  const testee = new Testee(how);
  const run = new Play(target, testee, target.url);
  run.values = values;
  try {
    const {token = [{jwt: {}}], ...create} = it.create ?? {};
    if (!it.bare) {
      await testee.command({do: 'create', url: target.url, token: minted(token), ...create});
    }
    await run.steps(it.steps);
    await testee.command({do: 'end'});
    const end = await testee.see({event: 'end'});
    same(end.unhandled, [], 'unhandled rejections and exceptions');
    same(end.leaks, Object.fromEntries(Object.keys(end.leaks).map((key) => [key, 0])), 'left behind');
    const code = await testee.exitCode(30_000);
    same(code, 0, `exit of the testee ${testee.stderr.slice(-500)}`);
    for (const call of run.calls) {
      same(testee.events.filter((event) => event.event === 'settled' && event.call === call).length, 1, `times that the call ${call} ended`);
    }
    const told = new Set(['state', 'token', 'settled', 'end', 'resync', ...(it.ignore ?? [])]);
    const rest = [...new Set(testee.events.map(streamOf))].flatMap((stream) => testee.rest(stream)).filter((event) => !told.has(event.event));
    same(rest, [], 'events that the case does not expect');
    same(target.faults(), [], 'what a client must never do');
    return target.gateway?.transcript;
  } catch (error) {
    error.log = testee.events
      .slice(-25)
      .map((event) => '        ' + JSON.stringify(event).slice(0, 300))
      .join('\n');
    error.stderr = testee.stderr.slice(-2000);
    throw error;
  } finally {
    testee.kill();
    await target.stop();
  }
}
