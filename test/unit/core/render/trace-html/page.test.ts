import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { embedJson } from '../../../../../src/core/render/trace-html/embed.js';
import { traceHtml } from '../../../../../src/core/render/trace-html/index.js';
import { HOSTILE, sampleTrace } from '../../../../support/trace-sample.js';
import { names } from './names.js';

const assets = { script: 'run("</script>")', style: 'p{color:red}' };

describe('embedJson', () => {
  it.each(['</script>', '<!-- <script>', 'a\u2028b\u2029c', '&amp; ]]>', '\\u003c"\\'])(
    'keeps %j, out of the way of the markup',
    (text) => {
      const json = embedJson({ text });
      expect(JSON.parse(json)).toEqual({ text });
      expect(json).not.toMatch(/[<>&\u2028\u2029]/);
    },
  );
});

describe('traceHtml', () => {
  const { html, cuts } = traceHtml(sampleTrace(), names, assets);

  it('puts nothing of a peer into the markup', () => {
    expect(html).not.toContain(HOSTILE);
    expect(html).not.toContain('onerror="');
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).not.toContain('<!--');
  });

  it('allows exactly its own script and style to run, and nothing to be loaded', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const code = /<script>(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'sha256-${createHash('sha256').update(code).digest('base64')}'`);
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(assets.style).digest('base64')}'`);
    expect(code).toBe('run("<\\/script>")');
  });

  it('has no address but those in its data', () => {
    const [markup = ''] = html.split('<script type="application/json"');
    expect(markup.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
    expect(cuts).toEqual([]);
  });
});
