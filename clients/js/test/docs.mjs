// The token endpoints of docs/clients/javascript.md, pasted as they stand and run in the languages that are installed: a
// real node must accept what each of them mints, and allow what it says. Then every JavaScript block of the documents is
// bundled with the packages: its syntax is right, and the packages export what it imports.
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

async function tokens() {
  const port = await freePort();
  const settings = {...env, PORT: port, MANAGEMENT_PORT: '0', HOST: '127.0.0.1', API_KEYS: 'a-key-of-the-test'};
  const node = spawn('java', ['-XX:TieredStopAtLevel=1', '-Xmx256m', '-jar', jar, 'serve'], {env: settings, stdio: 'ignore'});
  try {
    await until(() => fetch(`http://127.0.0.1:${port}/broadcaster/ready`).then(({ok}) => ok, () => false), 'a node that is ready');
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
  for (const file of ['docs/clients/javascript.md', 'clients/js/README.md', 'clients/js/react/README.md']) {
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
  await tokens();
  await blocks();
} finally {
  rmSync(work, {recursive: true, force: true});
}
process.exit(failed === 0 ? 0 : 1);
