import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createMessage, payloadText} from '../src/message.js';

/** A broadcast as the gateway writes it: the payload is the last member. */
const frameOf = (payload: string, event = 'e', before = '') =>
  `{"method":"broadcast","params":{"id":"E-1","seq":1,${before}"event":${JSON.stringify(event)},"payload":${payload}}}`;

test('payloadText_givesThePayloadAsItWasSent_whateverStandsBeforeIt', () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), fc.json(), (payload, event, later) => {
      const frame = frameOf(payload, event, `"later":{"payload":${later}},"payloads":[${later}],`);
      expect(payloadText(frame, undefined)).toBe(payload);
    }),
    {numRuns: 1000},
  );
});

test('payloadText_keepsNumbersAndEscapes', () => {
  for (const json of ['12345678901234567890', '1.0', '"\\ud800"', '"\\u0000"', '{"a":1,"a":2}', '"}\\"{"', '{"payload":{"payload":1.0}}']) {
    expect(payloadText(frameOf(json), undefined)).toBe(json);
  }
});

test('payloadText_givesTheValue_whenANodeWritesThePayloadElsewhere', () => {
  fc.assert(
    fc.property(fc.json(), (payload) => {
      const frame = `{"method":"broadcast","params":{"payload":${payload},"later":1}}`;
      expect(JSON.parse(payloadText(frame, JSON.parse(payload)))).toEqual(JSON.parse(payload));
    }),
  );
});

test('payloadText_readsALargePayload', () => {
  const json = JSON.stringify('\\"'.repeat(500_000));
  expect(payloadText(frameOf(json), undefined)).toBe(json);
});

test('message_showsItsMembersAndNotTheFrame', () => {
  const frame = frameOf('{"n":1.0}');
  const message = createMessage(JSON.parse(frame).params, true, frame);
  expect(message.json).toBe('{"n":1.0}');
  expect(JSON.parse(JSON.stringify(message))).toEqual({id: 'E-1', seq: 1, event: 'e', payload: {n: 1}, replayed: true});
  expect(Object.keys(message)).toEqual(['id', 'seq', 'event', 'payload', 'replayed']);
});
