// The token endpoints of docs/clients/javascript.md, pasted as they stand and run in the languages that are installed: a
// real node must accept what each of them mints, and allow what it says. Then every JavaScript block of the documents is
// bundled with the packages: its syntax is right, and the packages export what it imports. The commands of the README and
// of docs/quick-start.md end with a message on the screen, and that of docs/troubleshooting.md with 101.
//
//   node test/docs.mjs     after the builds and `mvn package`

import {execFileSync, spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {WebSocket} from 'ws';
import {build} from '../bundle/bundle.mjs';
import {Broadcaster} from '../dist/broadcaster.js';

const root = new URL('../../../', import.meta.url).pathname;
const jar = process.env.BROADCASTER_JAR ?? join(root, 'gateway/target/broadcaster.jar');
const page = readFileSync(join(root, 'docs/clients/javascript.md'), 'utf8');
const work = mkdtempSync(join(tmpdir(), 'docs-'));
const JWT_SECRET = 'a-secret-of-the-test-that-is-long-enough';
const GO_JWT = 'v5.3.0';
const env = {...process.env, JWT_SECRET};
let failed = 0;

/** The block of this language in the section about token endpoints. */
function snippet(language) {
  const section = page.slice(page.indexOf('## A token endpoint'), page.indexOf('## What happens'));
  const [, code] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(section);
  return code;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const {port} = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(condition, what) {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(50)) {
    if (await condition()) {
      return;
    }
  }
  throw new Error(`${what}: not in 60 s`);
}

const installed = (command, ...args) => {
  try {
    execFileSync(command, args, {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
};

function run(name, files, command, ...args) {
  const cwd = join(work, name);
  mkdirSync(cwd, {recursive: true});
  Object.entries(files).forEach(([file, text]) => writeFileSync(join(cwd, file), text));
  return execFileSync(command, args, {cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit']}).trim();
}

/** Language → a function that mints a token, or undefined where the language is not installed. */
const minters = {
  async js() {
    const port = await freePort();
    mkdirSync(join(work, 'js'));
    writeFileSync(join(work, 'js/server.mjs'), snippet('js').replace('.listen(3000)', `.listen(${port})`));
    const server = spawn(process.execPath, ['server.mjs'], {cwd: join(work, 'js'), env, stdio: ['ignore', 'ignore', 'inherit']});
    try {
      let token;
      await until(async () => (token = await fetch(`http://127.0.0.1:${port}/`).then((r) => r.text(), () => undefined)), 'the endpoint in Node');
      return token;
    } finally {
      server.kill();
    }
  },
  java() {
    const main = `public class Main { public static void main(String[] a) throws Exception { System.out.println(Tokens.tokenFor("alice", java.util.List.of("chat:*"))); } }`;
    const code = snippet('java').replace('class Tokens', `${main}\n\nclass Tokens`);
    // The gateway's jar has Nimbus in it.
    return run('java', {'Main.java': code}, 'java', '-cp', jar, 'Main.java');
  },
  python() {
    const code = `${snippet('python')}\n\nprint(token_for("alice", ["chat:*"]))\n`;
    let python = 'python3';
    if (!installed(python, '--version')) {
      return undefined;
    }
    if (!installed(python, '-c', 'import jwt')) {
      execFileSync(python, ['-m', 'venv', join(work, 'venv')]);
      python = join(work, 'venv/bin/python');
      execFileSync(python, ['-m', 'pip', 'install', '-q', 'PyJWT'], {stdio: ['ignore', 'ignore', 'inherit']});
    }
    return run('python', {'mint.py': code}, python, 'mint.py');
  },
  php() {
    if (!installed('php', '--version')) {
      return undefined;
    }
    return run('php', {'mint.php': `<?php\n${snippet('php')}\necho tokenFor('alice', ['chat:*']);\n`}, 'php', 'mint.php');
  },
  go() {
    if (!installed('go', 'version')) {
      return undefined;
    }
    const code = `package main\n\n${snippet('go').replace('"os"', '"fmt"\n\t"os"')}
func main() {
	token, err := tokenFor("alice", []string{"chat:*"})
	if err != nil {
		panic(err)
	}
	fmt.Println(token)
}
`;
    const module = `module mint\n\ngo 1.21\n\nrequire github.com/golang-jwt/jwt/v5 ${GO_JWT}\n`;
    return run('go', {'main.go': code, 'go.mod': module}, 'go', 'run', '-mod=mod', '.');
  },
};

/** A real node lets the token in, lets it publish and subscribe where it says so, and nowhere else. */
async function accepted(url, token) {
  const client = new Broadcaster(url, {token, webSocket: WebSocket});
  try {
    client.on('error', () => {});
    const got = new Promise((resolve) => client.subscribe('chat:docs', {onMessage: resolve}).ready().then(() => client.publish('chat:docs', 'event', 1)));
    client.connect();
    await client.ready();
    await got;
    const refused = await client.subscribe('other:docs').ready().catch((error) => error.code);
    if (refused !== 'Denied') {
      throw new Error(`a channel that is not in the token: ${refused} (expected: Denied)`);
    }
  } finally {
    client.close();
  }
}

/** The blocks without a language of a section, with the port of a node of the test for the default one. */
function commands(file, title, port, managementPort) {
  const text = readFileSync(join(root, file), 'utf8');
  const [, section] = new RegExp(`\n## ${title}\n([^]*?)(?=\n## |$)`).exec(text);
  return [...section.matchAll(/^```\n([^]*?)```/gm)].map(([, block]) =>
    block
      .replaceAll('java -jar gateway/target/broadcaster.jar', `java -XX:TieredStopAtLevel=1 -jar '${jar}'`)
      .replaceAll(/ (subscribe|publish) (?=--dev|[a-z])/g, ` $1 --url http://127.0.0.1:${port}/broadcaster `)
      .replaceAll(' health --ready', ` health --ready --url http://127.0.0.1:${managementPort}`)
      .replaceAll('127.0.0.1:8000', `127.0.0.1:${port}`),
  );
}

/** What a reader sees in the terminal that subscribes, after the block in another one has published. */
async function seen(subscribe, publish, variables) {
  const options = {cwd: root, env: variables, detached: true};
  const terminal = spawn('bash', ['-ec', subscribe], options);
  let screen = '';
  terminal.stdout.on('data', (chunk) => (screen += chunk));
  terminal.stderr.on('data', (chunk) => (screen += chunk));
  try {
    await until(() => {
      if (terminal.exitCode !== null) {
        throw new Error(`the subscriber has ended: ${screen}`);
      }
      return screen.includes('subscribed: ');
    }, 'a subscription');
    execFileSync('bash', ['-ec', publish], {...options, stdio: ['ignore', 'ignore', 'inherit']});
    await until(() => /^\S+Z\t\S+\t1\tgreeting\t\{"text":"hello"}$/m.test(screen), `the message on the screen, which shows: ${screen}`);
  } finally {
    if (terminal.exitCode === null) {
      process.kill(-terminal.pid);
    }
  }
}

async function check(name, action) {
  try {
    await action();
    console.log(`ok     ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}\n      ${error.message}`);
  }
}

async function startNode(port, managementPort, settings, ...arguments_) {
  const node = spawn('java', ['-XX:TieredStopAtLevel=1', '-Xmx256m', '-jar', jar, 'serve', ...arguments_], {
    env: {...settings, PORT: port, MANAGEMENT_PORT: managementPort, HOST: '127.0.0.1'},
    stdio: 'ignore',
  });
  try {
    await until(() => fetch(`http://127.0.0.1:${port}/broadcaster/ready`).then(({ok}) => ok, () => false), 'a node that is ready');
  } catch (error) {
    node.kill();
    throw error;
  }
  return node;
}

async function tryIt() {
  const port = await freePort();
  const node = await startNode(port, 0, process.env, '--dev');
  const [, subscribe, publish] = commands('README.md', 'Try it', port);
  await check('README.md, Try it', () => seen(subscribe, publish, process.env));
  node.kill();
}

async function tokens() {
  const port = await freePort();
  const managementPort = await freePort();
  const settings = {...env, API_KEYS: 'a-key-of-the-test'};
  const node = await startNode(port, managementPort, settings);
  try {
    const [, subscribe, publish] = commands('docs/quick-start.md', 'Your own secrets', port, managementPort);
    await check('docs/quick-start.md, your own secrets', () => seen(subscribe, publish, settings));
    await check('docs/troubleshooting.md, the handshake', () => {
      const [command] = commands('docs/troubleshooting.md', 'A browser says 1006', port);
      // The connection stays open until curl ends it, with 28.
      const answer = execFileSync('bash', ['-c', `${command.trim().replace('-m 3', '-m 1')} || [ $? = 28 ]`], {encoding: 'utf8'});
      if (!answer.startsWith('HTTP/1.1 101 ')) {
        throw new Error(answer);
      }
    });
    for (const [language, mint] of Object.entries(minters)) {
      try {
        const token = await mint();
        token && (await accepted(`ws://127.0.0.1:${port}/broadcaster/websocket`, token));
        console.log(token ? `ok     the token endpoint in ${language}` : `not run: the token endpoint in ${language}, which is not installed here`);
      } catch (error) {
        failed++;
        console.log(`FAILED the token endpoint in ${language}\n      ${error.message}`);
      }
    }
  } finally {
    node.kill();
  }
}

async function blocks() {
  for (const file of ['README.md', 'docs/clients/javascript.md', 'clients/js/README.md', 'clients/js/react/README.md']) {
    const found = [...readFileSync(join(root, file), 'utf8').matchAll(/^```(js|jsx|ts)\n([^]*?)```/gm)];
    for (const [i, [, loader, contents]] of found.entries()) {
      await build({
        stdin: {contents, loader, resolveDir: work},
        bundle: true,
        write: false,
        logLevel: 'silent',
        format: 'esm',
        external: ['node:*', 'ws', 'react', 'react/jsx-runtime'],
        jsx: 'automatic',
        alias: {'@broadcaster/client': join(root, 'clients/js/dist/broadcaster.js'), '@broadcaster/react': join(root, 'clients/js/react/dist/react.js')},
      }).catch((error) => {
        failed++;
        console.log(`FAILED block ${i + 1} of ${file}\n      ${error.message}`);
      });
    }
    console.log(`bundled: ${found.length} blocks of ${file}`);
  }
}

try {
  await tryIt();
  await tokens();
  await blocks();
} finally {
  rmSync(work, {recursive: true, force: true});
}
process.exit(failed === 0 ? 0 : 1);
