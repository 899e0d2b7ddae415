import {Broadcaster} from './client.js';

const element = (id) => document.getElementById(id);

element('ask').addEventListener('click', async () => {
  const {id} = await (await fetch('/answers', {method: 'POST'})).json();
  location.hash = id; // the address is that of the answer: reload it, or open it in another tab
});
addEventListener('hashchange', () => location.reload());
if (location.hash) {
  await show(location.hash.slice(1));
}

async function show(id) {
  const load = async () => (await fetch(`/answers/${id}`)).json();
  const client = new Broadcaster((await load()).socket, {
    token: async () => {
      const response = await fetch(`/answers/${id}/token`);
      if (!response.ok) {
        throw new Error(`no token: HTTP ${response.status}`); // asked again, with backoff
      }
      return response.text();
    },
  });
  let complete = false;
  client.on('state', ({state}) => (element('state').textContent = complete ? 'complete' : state));
  let words = [];
  const draw = () => (element('answer').textContent = words.join(' '));
  client.subscribe(`stream:${id}`, {
    // At first, and after a gap: the answer so far. Words that come meanwhile are delivered after it.
    resync: async () => {
      const answer = await load();
      words = answer.words;
      draw();
      answer.ended && finish();
    },
    onMessage: ({event, payload: {n, word}}) => {
      if (event === 'end') {
        finish();
      } else if (n > words.length) { // else it was in the answer that was loaded
        words.push(word);
        draw();
      }
    },
  });
  client.connect();

  function finish() {
    complete = true;
    client.close();
  }
}
