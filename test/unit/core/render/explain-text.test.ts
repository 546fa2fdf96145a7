import { describe, expect, it } from 'vitest';
import { Explainer } from '../../../../src/core/explain/explain.js';
import { explanationText, meaningsTable } from '../../../../src/core/render/explain-text.js';

const explainer = new Explainer();
const plain = { all: false, width: 80, paint: (_style: string, text: string) => text };
const text = (input: string, over = {}) => explanationText(explainer.explain(input), { ...plain, ...over });

describe('an explanation for people', () => {
  it('has the number in both forms, what was wrapped, and the likeliest meaning first', () => {
    expect(text('0x178').split('\n')[0]).toBe('0x178 = 376');
    expect(text('code 376').split('\n')[0]).toBe('code 376: 0x178 = 376');
    expect(text('91141958510811').split('\n')[0]).toBe(
      '0x52e4a40fa8db = 91141958510811, which is 0 (0x0) wrapped by WebTransport',
    );
    expect(text('udp.refused').split('\n')[0]).toBe('udp.refused');
    expect(text('16')).toMatch(/^ 1\. request-error 0x10 DOES_NOT_EXIST \(drafts 18, 16\)$/m);
  });

  it('tells a few meanings in full, the others in a line each, and all with -v', () => {
    const short = text('0');
    expect(short).toContain('Less likely');
    expect(short.match(/^ *why here/gm)).toHaveLength(3);
    const count = explainer.explain('0').meanings.length;
    const long = text('0', { all: true });
    expect(long).not.toContain('Less likely');
    expect(long.match(/^ *why here/gm)).toHaveLength(count);
  });

  it('keeps to the width, with what follows a bullet below its text', () => {
    for (const line of text('0', { all: true, width: 72 })
      .split('\n')
      .filter((line) => !/^ *\d+\. /.test(line))) {
      expect(line.length, line).toBeLessThanOrEqual(72);
    }
    expect(text('16')).toMatch(/\n {4}try {7}- nobody publishes this track[^\n]*\n {16}\S/);
  });

  it('shows nothing raw of what was typed, and names what comes nearest', () => {
    expect(text('\u001b[31mred')).not.toContain('\u001b');
    expect(text('UNAUTHORISED')).toContain('Nearest:\n    session 0x2 UNAUTHORIZED');
  });
});

describe('the list', () => {
  it('is a table by space and number', () => {
    const [head, ...rows] = meaningsTable(new Explainer({ space: 'tls' }).list()).split('\n');
    expect(head).toMatch(/^space +hex +decimal +name +where$/);
    expect(rows[0]).toMatch(/^tls +0x0 +0 +close_notify +RFC 8446 §6\.1$/);
    expect(rows).toContainEqual(expect.stringMatching(/^tls +0x78 +120 +no_application_protocol +/));
    expect(rows.at(-1)).toMatch(/^tls +0x79 +121 +ech_required +/);
  });
});
