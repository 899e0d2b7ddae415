// The programs of README.md, pasted as they stand and run against a real node: all that differs is the node's port.
//
//   node test/readme.mjs     after `mvn package`

import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {Nodes} from '../../conformance/lib/nodes.js';
import {RawSocket} from '../../conformance/lib/socket.js';
import {mint} from '../../conformance/lib/tokens.js';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname;
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, jar] = /java -cp (\S+\.jar) App\.java/.exec(readme);

/** The program that declares this class. */
function program(name) {
  return [...readme.matchAll(/```java\n([^]*?)```/g)].map(([, code]) => code).find((code) => code.includes(`public class ${name} `));
}

const work = mkdtempSync(join(tmpdir(), 'readme-'));
const nodes = new Nodes();
let failed = 0;

async function check(name, isRight) {
  const file = join(work, `${name}.java`);
  writeFileSync(file, program(name).replace('127.0.0.1:8000', `127.0.0.1:${nodes.ports[0]}`));
  try {
    const env = {...process.env, TOKEN: mint()};
    const {stdout} = await run('java', ['-cp', join(root, jar), file], {env, timeout: 120_000});
    if (!(await isRight(stdout))) {
      throw new Error(`it said:\n${stdout}`);
    }
    console.log(`ok     ${name}.java`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}.java\n${error.stderr ?? ''}${error.message}`);
  }
}

/** Whether the node takes the token that the program has printed. */
async function accepts(token) {
  const socket = await RawSocket.open(`ws://127.0.0.1:${nodes.ports[0]}/broadcaster/websocket`);
  socket.send(JSON.stringify({id: 1, method: 'auth', params: {token}}));
  socket.send(JSON.stringify({id: 2, method: 'subscribe', params: {channel: 'chat:lobby'}}));
  const replies = [await socket.take(), await socket.take()].map((text) => JSON.parse(text));
  socket.destroy();
  return replies.every(({result}) => result);
}

try {
  await nodes.start({}, 1);
  await check('App', (said) => said === 'greeting {"text":"hello"}\n');
  await check('Server', async (said) => {
    const [, token] = /^published \S+\ntoken (\S+)\n$/.exec(said) ?? [];
    return token && (await accepts(token));
  });
} finally {
  await nodes.stop();
  rmSync(work, {recursive: true});
}
process.exitCode = failed;
