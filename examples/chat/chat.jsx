import {Broadcaster, Unauthorized} from '@broadcaster/client';
import {BroadcasterProvider, useChannel, useConnection, useMessages} from '@broadcaster/react';
import {StrictMode, useState} from 'react';
import {createRoot} from 'react-dom/client';

const user = new URLSearchParams(location.search).get('user') ?? `guest-${Math.floor(Math.random() * 1000)}`;

const client = new Broadcaster(SOCKET_URL, {
  token: async () => {
    const response = await fetch(`/token?user=${encodeURIComponent(user)}`, {method: 'POST'});
    if (response.status === 401) {
      throw new Unauthorized('log in again');
    }
    if (!response.ok) {
      throw new Error(`no token: HTTP ${response.status}`); // asked again, with backoff
    }
    return response.text();
  },
});

function Room({channel}) {
  const messages = useMessages(channel, {limit: 200, last: 50});
  const [gap, setGap] = useState();
  const [text, setText] = useState('');
  const [trouble, setTrouble] = useState('');
  const {state, error, publish} = useChannel(channel, {onGap: setGap});

  async function send(event) {
    event.preventDefault();
    setText('');
    try {
      await publish('said', {user, text}); // sent again by itself when the connection breaks, and never twice
      setTrouble('');
    } catch (failure) {
      setText(text);
      setTrouble(`not sent: ${failure.message}`);
    }
  }

  return (
    <main>
      <h1>{channel}</h1>
      {error && <p role="alert">{error.message}</p>}
      {gap && <p className="gap">{gap.count ?? 'Some'} messages are missing above.</p>}
      <ol>{messages.map(({id, payload}) => <li key={id}><b>{payload.user}</b> {payload.text}</li>)}</ol>
      <form onSubmit={send}>
        <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} required />
        <button disabled={state !== 'live'}>Send</button>
        <p role="alert">{trouble}</p>
      </form>
    </main>
  );
}

function Connection() {
  const {state, retryIn, retryNow} = useConnection();
  return (
    <p id="connection">
      {user}: {state} {state === 'waiting' && <button onClick={retryNow}>in {Math.ceil(retryIn / 1000)} s; now?</button>}
    </p>
  );
}

createRoot(document.getElementById('app')).render(
  <StrictMode>
    <BroadcasterProvider client={client}>
      <Connection />
      <Room channel="chat:lobby" />
    </BroadcasterProvider>
  </StrictMode>,
);
