import {cut} from './text.js';

/** Publishes over REST; `payload` is JSON text, and goes out as it is. */
export function publishOverRest(url, apiKey, channel, event, payload) {
  const head = JSON.stringify({channel, event});
  return call('POST', url, apiKey, `${head.slice(0, -1)},"payload":${payload}}`);
}

/** Sends a request with an API key. Returns the body of the answer, or throws what the gateway said. */
export async function call(method, url, apiKey, body) {
  const headers = {'Authorization': `Bearer ${apiKey}`};
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
  }
  const response = await fetch(url, {method, headers, body});
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`HTTP ${response.status}: ${cut(text, 200)}`);
  }
  if (answer.error) {
    throw new Error(`${answer.error.code}: ${answer.error.message}`);
  }
  return answer;
}
