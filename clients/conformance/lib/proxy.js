// A TCP proxy that cuts, stalls and refuses, for faults in front of a real node.

import {connect, createServer} from 'node:net';

export class Proxy {
  #server;
  #pairs = new Set();
  #targets;
  #stalled = false;
  #refusing = false;
  attempts = 0;
  /** When connections came. */
  arrivals = [];

  /** Connections go to the targets (ports) in turn. */
  static async start(targets, port = 0) {
    const proxy = new Proxy();
    proxy.#targets = targets;
    proxy.#server = createServer((client) => proxy.#onConnection(client));
    await new Promise((resolve) => proxy.#server.listen(port, '127.0.0.1', resolve));
    proxy.port = proxy.#server.address().port;
    return proxy;
  }

  get open() {
    return this.#pairs.size;
  }

  #onConnection(client) {
    this.attempts++;
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    this.arrivals.push(Date.now());
    const node = connect(this.#targets[(this.attempts - 1) % this.#targets.length], '127.0.0.1');
    const pair = {client, node};
    let open = 2;
    this.#pairs.add(pair);
    client.setNoDelay(true);
    node.setNoDelay(true);
    const pass = (from, to) => {
      from.on('data', (chunk) => {
        if (!this.#stalled && !to.destroyed && !to.write(chunk)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
      from.on('end', () => this.#stalled || to.end());
      from.on('error', () => {});
      from.on('close', (failed) => {
        open--;
        open === 0 && this.#pairs.delete(pair);
        // After an end, `to` closes when it has written everything: a client that reads late still gets a close frame.
        failed && !this.#stalled ? to.destroy() : to.resume();
      });
    };
    pass(client, node);
    pass(node, client);
  }

  /** Cuts what is open. */
  reset() {
    for (const {client, node} of this.#pairs) {
      client.resetAndDestroy();
      node.resetAndDestroy();
    }
  }

  /** Passes nothing on, and ends nothing; `false` for what comes from now on to pass again. */
  stall(stalled = true) {
    this.#stalled = stalled;
  }

  refuse(refusing = true) {
    this.#refusing = refusing;
  }

  stop() {
    this.reset();
    this.#server.close();
  }
}
