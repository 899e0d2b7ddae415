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
const skipped = cases.filter((json) => json.not?.[language]).map(({id, not}) => `${id} is not run: ${not[language]}`);
const runnable = cases.filter((json) => !json.not?.[language]);

async function runOne(json, target, variant) {
  const name = [json.id, target.name, ...(variant ? [JSON.stringify(variant)] : [])].join(' ');
  const start = Date.now();
  try {
    const settings = {history: HISTORY.fake, ...json.settings};
    const transcript = await play({testee: {command, cwd}, target, json: {...json, settings}, variant});
    // A token that ends within minutes says nothing when it is replayed later.
    const tokenEnds = /"ttl":(-|\d{1,3}\b)/.test(JSON.stringify(json));
    if (transcript?.length > 0 && !json.settings && !tokenEnds) {
      transcripts.set(transcript.map(({client = '', publish}) => publish ?? client.replace(/"token":"[^"]*"|"id":\d+/g, '')).join(), {name, transcript});
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

/** Runs functions, a few at a time. */
async function pool(tasks, size) {
  const queue = [...tasks];
  const work = async () => {
    for (let task; (task = queue.shift()); ) {
      await task();
    }
  };
  await Promise.all(Array.from({length: size}, work));
}

const start = Date.now();
const targets = (process.env.TARGETS ?? 'fake,node').split(',');
const onNode = !targets.includes('node') ? [] : runnable.filter((json) => json.on.includes('node'));
const jar = Nodes.find();
let nodes;
if (onNode.length > 0 && jar) {
  nodes = new Nodes();
}
const starting = nodes?.start({HISTORY: HISTORY.node}).then(
  () => undefined,
  (error) => error,
);

const variantsOf = (json) => json.variants ?? [undefined];
const onFake = !targets.includes('fake') ? [] : runnable.filter((json) => json.on.includes('fake'));
try {
  await pool(
    onFake.flatMap((json) => variantsOf(json).map((variant) => () => runOne(json, new FakeTarget(), variant))),
    AT_ONCE,
  );
  if (nodes) {
    const error = await starting;
    if (error) {
      throw error;
    }
    const task = (json) => variantsOf(json).map((variant) => () => runOne(json, new NodeTarget(nodes), variant));
    await pool([...transcripts.values()].map(({name, transcript}) => () => replayOne(name, transcript)), AT_ONCE);
    const alone = onNode.filter((json) => json.drains);
    await pool(onNode.filter((json) => !json.drains).flatMap(task), AT_ONCE);
    // These send every client of a node away.
    await pool(alone.flatMap(task), 1);
  } else if (onNode.length > 0) {
    throw new Error('gateway/target/broadcaster.jar is missing: build it, or run the cases with TARGETS=fake');
  }
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
