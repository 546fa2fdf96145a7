import { describe, expect, it } from 'vitest';
import { decodeLine, encodeLine, LineBatch } from '../../../../../src/core/wire/view/batch.js';

const UNSUBSCRIBE = { message_type: 'unsubscribe', request_id: '7' };

function parsed(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}

function error(line: string): { code: string; message: string; incomplete: boolean } {
  const { ok, error: found } = parsed(line) as { ok: boolean; error: ReturnType<typeof error> };
  expect(ok).toBe(false);
  return found;
}

describe('decodeLine', () => {
  it('names every field, counts what is left over, and gives the shortest form', () => {
    const line = '{"draft":16,"kind":"control","hex":"0a00024007ffff"}';
    expect(parsed(decodeLine(line))).toEqual({ ok: true, decoded: UNSUBSCRIBE, rest: 2, canonical: '0a000107' });
    expect(decodeLine(line.replace('16', '"16"'))).toBe(decodeLine(line));
  });

  it('tells bytes that end early from bytes that are wrong', () => {
    expect(error(decodeLine('{"draft":16,"kind":"control","hex":"0a0002"}'))).toMatchObject({
      code: 'MOQT_E_INCOMPLETE',
      incomplete: true,
    });
    expect(error(decodeLine('{"draft":16,"kind":"control","hex":""}')).incomplete).toBe(true);
    expect(error(decodeLine('{"draft":16,"kind":"control","hex":"0a000140"}'))).toMatchObject({
      code: 'MOQT_E_PROTOCOL',
      incomplete: false,
    });
  });

  it.each([
    ['', 'not JSON'],
    ['{', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['{"kind":"control","hex":"00"}', '"draft"'],
    ['{"draft":13,"kind":"control","hex":"00"}', '"draft"'],
    ['{"draft":{},"kind":"control","hex":"00"}', '"draft"'],
    ['{"draft":16,"hex":"00"}', '"kind"'],
    ['{"draft":16,"kind":"constructor","hex":"00"}', '"kind"'],
    ['{"draft":16,"kind":"control"}', '"hex"'],
    ['{"draft":16,"kind":"control","hex":"0"}', '"hex"'],
    ['{"draft":16,"kind":"control","hex":"0g"}', '"hex"'],
    ['{"draft":16,"kind":"control","hex":12}', '"hex"'],
  ])('answers the bad line %j with what was expected', (line, expected) => {
    expect(error(decodeLine(line))).toMatchObject({ code: 'MOQT_E_USAGE', incomplete: false });
    expect(error(decodeLine(line)).message).toContain(expected);
  });
});

describe('encodeLine', () => {
  const line = (decoded: unknown) => JSON.stringify({ draft: 16, kind: 'control', decoded });

  it('gives the bytes', () => {
    expect(parsed(encodeLine(line(UNSUBSCRIBE)))).toEqual({ ok: true, hex: '0a000107' });
  });

  it.each([
    [{ ...UNSUBSCRIBE, extra: '1' }, 'extra'],
    [{ message_type: 'unsubscribe' }, 'request_id'],
    [{ ...UNSUBSCRIBE, request_id: 7 }, 'request_id'],
    [{ ...UNSUBSCRIBE, request_id: '07' }, 'request_id'],
    [{ ...UNSUBSCRIBE, request_id: '-1' }, 'request_id'],
    [{ ...UNSUBSCRIBE, request_id: '4611686018427387904' }, '4611686018427387904'],
    [{ message_type: 'setup' }, 'setup'],
    [{ message_type: 'constructor' }, 'constructor'],
    [{}, 'message_type'],
    [null, 'object'],
    [[], 'object'],
    ['x', 'object'],
  ])('refuses %j and names what is wrong', (decoded, expected) => {
    expect(error(encodeLine(line(decoded)))).toMatchObject({ code: 'MOQT_E_USAGE', incomplete: false });
    expect(error(encodeLine(line(decoded))).message).toContain(expected);
  });

  it('needs the field "decoded"', () => {
    expect(error(encodeLine('{"draft":16,"kind":"control"}')).message).toContain('"decoded" is missing');
  });

  it('does not take values that the wire may not carry', () => {
    const update = {
      message_type: 'publish_ok',
      request_id: '1',
      parameters: [{ type: '0x20', name: 'subscriber_priority', value: '256' }],
    };
    expect(error(encodeLine(line(update))).message).toContain('256');
    const namespace = { message_type: 'namespace', namespace_suffix: Array.from({ length: 33 }, () => 'x') };
    expect(error(encodeLine(line(namespace))).message).toContain('33');
  });
});

describe('LineBatch', () => {
  const lines = ['one', '', 'three ü', 'four'];
  const echo = (line: string) => `<${line}>`;
  const expected = lines.map((line) => `<${line}>\n`).join('');

  it('answers every line in order, however the input is cut, with and without a last line end', () => {
    for (const text of [lines.join('\n'), `${lines.join('\n')}\n`]) {
      const bytes = new TextEncoder().encode(text);
      for (let size = 1; size <= bytes.length; size++) {
        const batch = new LineBatch(echo);
        let output = '';
        for (let i = 0; i < bytes.length; i += size) output += batch.push(bytes.slice(i, i + size));
        expect(output + batch.end(), `chunks of ${size}`).toBe(expected);
      }
    }
  });

  it('answers a line that is too long with an error and goes on with the next', () => {
    for (const size of [1, 5, 100]) {
      const batch = new LineBatch(echo, 8);
      const bytes = new TextEncoder().encode('12345678\n123456789\nlast\n123456789');
      let output = '';
      for (let i = 0; i < bytes.length; i += size) output += batch.push(bytes.slice(i, i + size));
      const answers = (output + batch.end()).trimEnd().split('\n');
      expect(answers).toHaveLength(4);
      expect(answers[0]).toBe('<12345678>');
      expect(error(answers[1] as string).message).toContain('longer than 8 bytes');
      expect(answers[2]).toBe('<last>');
      expect(error(answers[3] as string).message).toContain('longer than 8 bytes');
      expect(batch.end()).toBe('');
    }
  });
});
