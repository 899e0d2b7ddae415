import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {Nodes} from './lib/nodes.js';
import {play} from './lib/play.js';
import {replay} from './lib/replay.js';
import {FakeTarget, NodeTarget} from './lib/targets.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
/** Histories that the cases rely on, for the fake and for the nodes. */
const HISTORY = {fake: {'chat:': 100, 'short:': 2}, node: 'chat:=100/10m,short:=2/10m'};
const AT_ONCE = Number(process.env.CASES_AT_ONCE ?? 6);

const [language, ...wanted] = process.argv.slice(2);
const testees = JSON.parse(readFileSync(here('testees.json')));
if (!(language in testees)) {
  console.error(`usage: run ${Object.keys(testees).join('|')} [case…]`);
  process.exit(2);
}
const {directory, install, command} = testees[language];
const cwd = here(directory);
if (!existsSync(cwd)) {
  console.error(`there is no ${directory}`);
  process.exit(2);
}
execFileSync('bash', ['-c', install], {cwd, stdio: ['ignore', 'inherit', 'inherit']});

const cases = readdirSync(here('cases'))
  .filter((file) => file.endsWith('.json'))
  .sort()
  .map((file) => JSON.parse(readFileSync(here(`cases/${file}`))))
  .filter(({id}) => wanted.length === 0 || wanted.includes(id));

const results = [];
/** What was said to the fake, by case; the same said twice is kept once. */
const transcripts = new Map();
const said = new Set();
const skipped = cases.filter((json) => json.not?.[language]).map(({id, not}) => `${id} is not run: ${not[language]}`);
// The long ones first, so that no end of the run waits for one of them alone.
const runnable = cases.filter((json) => !json.not?.[language]).sort((a, b) => Boolean(b.long) - Boolean(a.long));

async function runOne(json, target, variant) {
  const name = [json.id, target.name, ...(variant ? [JSON.stringify(variant)] : [])].join(' ');
  const start = Date.now();
  try {
    const settings = {history: HISTORY.fake, ...json.settings};
    const transcript = await play({testee: {command, cwd}, target, json: {...json, settings}, variant});
    // A token that ends within minutes says nothing when it is replayed later.
    const tokenEnds = /"ttl":(-|\d{1,3}\b)/.test(JSON.stringify(json));
    if (transcript?.length > 0 && !json.settings && !tokenEnds) {
      const text = transcript.map(({client = '', publish}) => publish ?? client.replace(/"token":"[^"]*"|"id":\d+/g, '')).join();
      said.has(text) || transcripts.set(json.id, [...(transcripts.get(json.id) ?? []), {name, transcript}]);
      said.add(text);
    }
    results.push({name, passed: true, millis: Date.now() - start});
  } catch (error) {
    results.push({name, passed: false});
    console.log(`FAILED ${name} · ${json.title}\n      ${error.message}\n${error.log ?? ''}${error.stderr ? '\n' + error.stderr : ''}`);
  }
}

async function replayOne(name, transcript) {
  try {
    await replay(transcript, nodes);
    results.push({name: `${name}: a node says the same`, passed: true});
  } catch (error) {
    results.push({name, passed: false});
    console.log(`FAILED ${name}: a node says something else than the fake\n      ${error.message}`);
  }
}

/** Runs tasks in the order in which they came, urgent ones first, a few at a time. */
class Pool {
  #waiting = [];
  #free;

  constructor(size) {
    this.#free = size;
  }

  run(task, urgent) {
    return new Promise((resolve, reject) => {
      this.#waiting[urgent ? 'unshift' : 'push'](() => task().then(resolve, reject));
      this.#begin();
    });
  }

  #begin() {
    while (this.#free > 0 && this.#waiting.length > 0) {
      this.#free--;
      void this.#waiting.shift()().finally(() => {
        this.#free++;
        this.#begin();
      });
    }
  }
}

const start = Date.now();
const targets = (process.env.TARGETS ?? 'fake,node').split(',');
const runsOn = (json, target) => targets.includes(target) && json.on.includes(target);
const pool = new Pool(AT_ONCE);
const all = (list, task, urgent) => Promise.all(list.map((each) => pool.run(() => task(each), urgent)));
const variantsOf = (json) => json.variants ?? [undefined];
const onNodes = (json) => all(variantsOf(json), (variant) => runOne(json, new NodeTarget(nodes), variant), json.long || json.drains);

let nodes;
/** Real nodes, for whom no case that sends every client of a node away is left. */
async function startNodes() {
  if (!Nodes.find()) {
    throw new Error('gateway/target/broadcaster.jar is missing: build it, or run the cases with TARGETS=fake');
  }
  nodes = new Nodes();
  await nodes.start({HISTORY: HISTORY.node});
  for (const json of runnable) {
    json.drains && runsOn(json, 'node') && (await onNodes(json));
  }
}

/** A case after the other on each target: all that say something to the nodes use the same channels. */
async function runCase(json, nodesAreReady) {
  if (runsOn(json, 'fake')) {
    await all(variantsOf(json), (variant) => runOne(json, new FakeTarget(), variant));
  }
  await nodesAreReady;
  if (nodes) {
    await all(transcripts.get(json.id) ?? [], ({name, transcript}) => replayOne(name, transcript));
    runsOn(json, 'node') && !json.drains && (await onNodes(json));
  }
}

try {
  const starting = runnable.some((json) => runsOn(json, 'node')) ? startNodes() : undefined;
  starting?.catch(() => {});
  await Promise.allSettled(runnable.map((json) => runCase(json, starting)));
  await starting;
} catch (error) {
  results.push({name: 'the run', passed: false});
  console.log(`FAILED ${error.stack}`);
} finally {
  await nodes?.stop();
}

if (process.env.TABLE) {
  results.sort((a, b) => a.name.localeCompare(b.name)).forEach(({name, passed, millis}) => console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}${millis ? ` ${millis} ms` : ''}`));
}
skipped.forEach((line) => console.log(line));
const failed = results.filter(({passed}) => !passed).length;
console.log(`${new Set(cases.map(({id}) => id)).size} cases, ${((Date.now() - start) / 1000).toFixed(0)} s`);
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && results.length > 0 ? 0 : 1;
