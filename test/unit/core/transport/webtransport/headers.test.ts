import { describe, expect, it } from 'vitest';
import {
  checkExtraHeaders,
  parseRequest,
  parseResponse,
} from '../../../../../src/core/transport/webtransport/headers.js';
import type { FieldLine } from '../../../../../src/core/transport/webtransport/qpack/static-table.js';

const CONNECT: FieldLine[] = [
  [':method', 'CONNECT'],
  [':protocol', 'webtransport'],
  [':scheme', 'https'],
  [':authority', 'relay.example'],
  [':path', '/moq?x=1'],
];
const malformed = expect.objectContaining({ codeName: 'H3_MESSAGE_ERROR', scope: 'stream' });
const without = (name: string): FieldLine[] => CONNECT.filter(([field]) => field !== name);

describe('requests', () => {
  it('are read with their pseudo-headers, and repeated headers joined', () => {
    expect(parseRequest([...CONNECT, ['a', '1'], ['a', '2'], ['cookie', 'x'], ['cookie', 'y']])).toEqual({
      method: 'CONNECT',
      protocol: 'webtransport',
      authority: 'relay.example',
      path: '/moq?x=1',
      headers: new Map([
        ['a', '1, 2'],
        ['cookie', 'x; y'],
      ]),
    });
  });

  it.each([
    ['no method', without(':method')],
    ['no scheme', without(':scheme')],
    ['no authority', without(':authority')],
    ['no path', without(':path')],
    ['a path without a slash', [...without(':path'), [':path', 'moq']]],
    ['the scheme http', [...without(':scheme'), [':scheme', 'http']]],
    ['a pseudo-header twice', [...CONNECT, [':path', '/']]],
    ['an unknown pseudo-header', [...CONNECT, [':status', '200']]],
    ['a pseudo-header behind a header', [['a', '1'], ...CONNECT]],
    ['a name in upper case', [...CONNECT, ['Origin', 'x']]],
    ['a name with a space', [...CONNECT, ['a b', 'x']]],
    ['an empty name', [...CONNECT, ['', 'x']]],
    ['a value with a line break', [...CONNECT, ['a', 'x\r\ny']]],
    ['a connection header', [...CONNECT, ['connection', 'close']]],
    ['a protocol without CONNECT', [...without(':method'), [':method', 'GET']]],
  ] as [string, FieldLine[]][])('with %s are malformed', (_what, lines) => {
    expect(() => parseRequest(lines)).toThrow(malformed);
  });
});

describe('responses', () => {
  it('have a status and headers', () => {
    expect(
      parseResponse([
        [':status', '200'],
        ['wt-protocol', '"x"'],
      ]),
    ).toEqual({
      status: 200,
      headers: new Map([['wt-protocol', '"x"']]),
    });
  });

  it.each(['', '20', '2000', '0200', '099', 'abc'])('with the status "%s" are malformed', (status) => {
    expect(() => parseResponse([[':status', status]])).toThrow(malformed);
  });

  it('without a status are malformed', () => {
    expect(() => parseResponse([['a', 'b']])).toThrow(malformed);
  });
});

describe('headers that a user adds', () => {
  it('are lowered to HTTP/3 names', () => {
    expect(checkExtraHeaders([['X-Token', 'abc']])).toEqual([['x-token', 'abc']]);
  });

  it.each([
    [':path', '/'],
    ['a b', 'x'],
    ['', 'x'],
    ['Host', 'x'],
    ['Connection', 'x'],
    ['a', 'x\ny'],
    ['a', '€'],
  ])('are refused: %j', (name, value) => {
    expect(() => checkExtraHeaders([[name, value]])).toThrow(expect.objectContaining({ code: 'MOQT_E_USAGE' }));
  });

  it('never show their value in the error', () => {
    expect(() => checkExtraHeaders([['authorization', 'sec\nret']])).toThrow(/^(?!.*sec)/);
  });
});
