import fc from 'fast-check';
import {expect, test} from 'vitest';
import {payloadText} from '../src/message.js';

test('payloadText_givesThePayloadAsItWasSent_whateverSurroundsIt', () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), fc.json(), fc.boolean(), (payload, event, later, last) => {
      const members = [`"event":${JSON.stringify(event)}`, `"later":{"payload":${later}}`];
      members.splice(last ? 2 : 0, 0, `"payload" : ${payload}`);
      const frame = `{"payload":1,"method":"broadcast","params":{${members.join(' , ')}}}`;
      expect(payloadText(frame)).toBe(payload.trim());
      expect(JSON.parse(payloadText(frame))).toEqual(JSON.parse(payload));
    }),
    {numRuns: 1000},
  );
});

test('payloadText_keepsNumbersAndEscapes', () => {
  for (const json of ['12345678901234567890', '1.0', '"\\ud800"', '"\\u0000"', '{"a":1,"a":2}', '"}\\"{"']) {
    expect(payloadText(`{"method":"broadcast","params":{"payload":${json},"x":2}}`)).toBe(json);
  }
});

test('payloadText_readsALargePayload', () => {
  const json = JSON.stringify('\\"'.repeat(500_000));
  expect(payloadText(`{"method":"broadcast","params":{"payload":${json}}}`)).toBe(json);
});
