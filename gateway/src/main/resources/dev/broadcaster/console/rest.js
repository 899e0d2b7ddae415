import {cut} from './text.js';

/** Publishes over REST; `payload` is JSON text, and goes out as it is. */
export async function publishOverRest(url, apiKey, channel, event, payload) {
  const head = JSON.stringify({channel, event});
  const response = await fetch(url, {
    method: 'POST',
    headers: {'Authorization': `Bearer ${apiKey}`, 'Content-Type': 'application/json'},
    body: `${head.slice(0, -1)},"payload":${payload}}`,
  });
  const text = await response.text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Error(`HTTP ${response.status}: ${cut(text, 200)}`);
  }
  if (body.error) {
    throw new Error(`${body.error.code}: ${body.error.message}`);
  }
  return body;
}
