import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Finished, run, start, startRelay, startRelayWithoutTcp, type TestRelay } from '../support/moqt.js';

const FOLDER = new URL('../../schemas/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const documents = new Map(
  files.map((file) => [file.slice(0, -'.json'.length), JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))]),
);
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
for (const schema of documents.values()) ajv.addSchema(schema);

/** Names of the schemas that real output was held against, and the events that were among it. */
const exercised = new Set<string>();
const events = new Set<string>();

function validator(name: string): ValidateFunction {
  return ajv.getSchema(documents.get(name).$id) as ValidateFunction;
}

/** Fails unless the line is JSON that the schema accepts; gives what it says. */
function check(name: string, line: string): Record<string, unknown> {
  const value = JSON.parse(line);
  const validate = validator(name);
  expect(validate(value), `${name}.json does not accept ${line}\n${ajv.errorsText(validate.errors)}`).toBe(true);
  exercised.add(name);
  const kind = value.event ?? value.kind;
  if (typeof kind === 'string') events.add(`${name} ${kind}`);
  return value;
}

const linesOf = (output: Buffer | string): string[] => output.toString().split('\n').filter(Boolean);

/** Every line of the output under one schema; at least one. */
function checkAll(name: string, output: Buffer | string): Record<string, unknown>[] {
  const lines = linesOf(output);
  expect(lines.length).toBeGreaterThan(0);
  return lines.map((line) => check(name, line));
}

/** The only line of the output. */
function checkOne(name: string, output: Buffer | string): Record<string, unknown> {
  const lines = checkAll(name, output);
  expect(lines).toHaveLength(1);
  return lines[0] as Record<string, unknown>;
}

function succeeded(result: Finished): Finished {
  expect(result.code, result.stderr).toBe(0);
  return result;
}

let relay: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
});

const client = (...args: string[]) => [...args, ...relay.trust];

test('every schema is valid, named by its file, and versioned', () => {
  for (const [name, schema] of documents) {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.$id).toMatch(new RegExp(`^urn:moqt:schema:${name}:\\d+\\.\\d+\\.\\d+$`));
    expect(() => validator(name)).not.toThrow();
  }
});

test('every schema is listed in the README of the schemas', () => {
  const listed = [...readFileSync(new URL('README.md', FOLDER), 'utf8').matchAll(/^\| `([a-z-]+\.json)`/gm)];
  expect(listed.map(([, file]) => file).sort()).toEqual([...files].sort());
});

const TRANSPORTS = ['quic', 'webtransport', 'webtransport-h2'] as const;

test.each(TRANSPORTS)('connect reports as connect.json says over %s', async (transport) => {
  for (const draft of ['14', '16', '18']) {
    const result = succeeded(
      await run(client('connect', relay.url(transport), '--draft', draft, '--transport', transport, '--json')),
    );
    const document = checkOne('connect', result.stdout);
    expect(document).toMatchObject({ draft, transport });
    const { totalMs } = document as { totalMs: number };
    expect(totalMs * 1000, 'whole microseconds').toBeCloseTo(Math.round(totalMs * 1000), 6);
  }
});

test.each(TRANSPORTS)('probe reports as probe.json says over %s', async (transport) => {
  const url = transport === 'quic' ? relay.quic : relay.webtransport;
  const args = ['probe', url, '--transport', transport];
  expect(checkOne('probe', succeeded(await run(client(...args, '--json'))).stdout)).toMatchObject({
    ok: true,
    transport,
  });
  const untrusted = await run([...args, '--jsonl']);
  expect(checkOne('probe', untrusted.stdout)).toMatchObject({ ok: false, cause: 'tls.self-signed', exitCode: 4 });
  expect(untrusted.code).toBe(4);
});

test('probe --roundtrip with a threshold, and a track that is not there, are as probe.json says', async () => {
  const args = ['probe', relay.quic, '--rtt-warning', '1ms', '--loss-critical', '1%', '--json'];
  const sent = ['--roundtrip', '--objects', '20', '--rate', '1000'];
  expect(checkOne('probe', succeeded(await run(client(...args, ...sent))).stdout)).toMatchObject({
    roundtrip: { sent: 20, received: 20 },
    thresholds: [{ name: 'rtt' }, { name: 'loss', value: 0, state: 'ok' }],
  });
  const missing = await run(client('probe', relay.quic, '--subscribe', 'no/body/here', '--json'));
  expect(checkOne('probe', missing.stdout)).toMatchObject({ cause: 'track.not-found', exitCode: 8 });
  expect(missing.code).toBe(8);
});

test('probe --matrix is as probe-matrix.json says', async () => {
  const result = succeeded(await run(client('probe', relay.quic, '--matrix', '--json')));
  const document = checkOne('probe-matrix', result.stdout) as { cells: { ok: boolean }[] };
  expect(document.cells.map(({ ok }) => ok)).toEqual(Array(9).fill(true));
  expect(document).toMatchObject({
    fingerprint: {
      implementation: { declared: expect.stringMatching(/^moqt\//) },
      behaviour: { answersFetch: true, answersTrackStatus: true, acceptsPublish: true, replaysAnnouncements: true },
      webtransportPath: { anyPathAccepted: true },
    },
  });
  const cells = ['--matrix', '--no-fingerprint', '--draft', '18', '--json'];
  const alone = succeeded(await run(client('probe', relay.quic, ...cells)));
  expect(checkOne('probe-matrix', alone.stdout)).toMatchObject({
    cells: Array(3).fill({ ok: true }),
    fingerprint: { reason: 'it was not asked for' },
  });
});

test('several probes, a list of relays, and what changes are as their schemas say', async () => {
  const own = await startRelay();
  const folder = mkdtempSync(join(tmpdir(), 'moqt-relays-'));
  const list = join(folder, 'relays.json');
  const relays = [{ url: own.quic, name: 'lab', draft: ['18', '16'], insecure: true }, 'moqt://127.0.0.1:9'];
  writeFileSync(list, JSON.stringify(relays));
  check('relays', JSON.stringify(relays));
  const all = await run(['probe', '-f', list, '--json']);
  expect(checkOne('probe-list', all.stdout)).toMatchObject({
    reports: [{ ok: true, name: 'lab', draft: '18' }, { ok: false }],
  });
  const held = start(['probe', '-f', list, '--jsonl', '--interval', '200ms']);
  await held.until((m) => m.stdout.includes('"name":"lab"'), 'the first round was told');
  await own.stop();
  await held.until((m) => m.stderr.includes('"change"'), 'the change was told');
  held.child.kill('SIGTERM');
  const { stdout, stderr } = await held.done;
  checkAll('probe', stdout);
  expect(checkAll('probe-change', stderr)[0]).toMatchObject({ change: { name: 'lab', from: 'ok' } });
  rmSync(folder, { recursive: true });
});

test('connect --jsonl and its held events are as connect-event.json says', async () => {
  const own = await startRelay(['--drain-timeout', '500ms']);
  const held = start(['connect', own.quic, ...own.trust, '--jsonl', '--hold', '--prefix', 'held']);
  await held.until((m) => m.stdout.includes('"prefix-accepted"'), 'the session was open');
  await run(['announce', own.quic, 'held/here', '--once', ...own.trust]);
  await held.until((m) => m.stdout.includes('"namespace-done"'), 'a namespace came and went');
  own.process.kill('SIGTERM');
  const result = await held.done;
  checkAll('connect-event', result.stdout);
  for (const event of ['connected', 'prefix-accepted', 'namespace', 'namespace-done', 'goaway']) {
    expect(events).toContain(`connect-event ${event}`);
  }
  await own.process.done;
});

test('announce is as its schemas say, the requests of others among it', async () => {
  const once = succeeded(await run(client('announce', relay.quic, 'an/one', 'an/two', '--once', '--json')));
  expect(checkOne('announce', once.stdout)).toMatchObject({ outcome: 'once', accepted: 2 });

  const held = start(client('announce', relay.quic, 'an/held', '--jsonl'));
  await held.until((m) => m.stdout.includes('"accepted"'), 'the namespace was accepted');
  await run(client('subscribe', relay.quic, 'an/held', 'nothing', '--json'));
  await held.until((m) => m.stdout.includes('"request"'), 'the request was shown');
  held.kill('SIGINT');
  const result = await held.done;
  checkAll('announce-event', result.stdout);
  for (const event of ['accepted', 'request', 'report']) expect(events).toContain(`announce-event ${event}`);
});

/** A track whose first subscriber is there before it begins. */
async function transfer(input: { name: string; publish: string[]; subscribe: string[]; stdin: Uint8Array }) {
  const subscriber = start(client('subscribe', relay.quic, 'contract', input.name, '--wait', ...input.subscribe));
  const publisher = run(client('publish', relay.webtransport, 'contract', input.name, ...input.publish), {
    stdin: input.stdin,
  });
  return { published: succeeded(await publisher), received: await subscriber.done };
}

test('publish --json and subscribe --json are as their schemas say', async () => {
  const bytes = new Uint8Array(100_000).fill(7);
  const { published, received } = await transfer({
    name: 'bulk',
    publish: ['--json'],
    subscribe: ['--json'],
    stdin: bytes,
  });
  expect(checkOne('publish', published.stdout)).toMatchObject({ outcome: 'complete', bytes: bytes.length });
  succeeded(received);
  // stdout is the payload's: the document is the last line of stderr.
  const last = linesOf(received.stderr).at(-1) as string;
  expect(check('subscribe', last)).toMatchObject({ outcome: 'complete', bytes: bytes.length });
});

test('publish --jsonl and the records of subscribe are as their schemas say, binary payloads among them', async () => {
  const { published, received } = await transfer({
    name: 'records',
    publish: ['--frame', 'lines', '--group-every', '2', '--jsonl'],
    subscribe: ['--jsonl'],
    stdin: new Uint8Array([0x61, 0x0a, 0xff, 0xfe, 0x0a, 0x0a, 0x62, 0x0a]),
  });
  checkAll('publish-event', published.stdout);
  for (const event of ['subscribed', 'waiting-for-subscriber', 'source-ended', 'subscription-ended', 'report'])
    expect(events).toContain(`publish-event ${event}`);
  const records = checkAll('record', succeeded(received).stdout);
  expect(records.map(({ encoding }) => encoding)).toContain('base64');
  expect(records.at(-1)).toMatchObject({ kind: 'end', why: 'track' });
});

test('a record of a gap is as record.json says', async () => {
  const record = (group: number, object: number) =>
    `${JSON.stringify({ v: 1, kind: 'object', group: `${group}`, subgroup: '0', object: `${object}`, priority: 128, forwarding: 'subgroup', status: 'normal', properties: [], encoding: 'utf8', payload: 'x' })}\n`;
  const { received } = await transfer({
    name: 'gaps',
    publish: ['--frame', 'jsonl', '--json'],
    // Group 1 is missing.
    subscribe: ['--jsonl', '--allow-gaps', '--reorder-wait', '200ms'],
    stdin: Buffer.from(record(0, 0) + record(2, 0)),
  });
  const kinds = checkAll('record', received.stdout).map(({ kind }) => kind);
  expect(kinds).toContain('gap');
  expect(kinds).toContain('end');
});

test('a failure and a warning are one line each, as their schemas say', async () => {
  const refused = await run(client('subscribe', relay.quic, 'nobody', 'here', '--json'));
  const error = checkOne('error', refused.stderr).error as Record<string, unknown>;
  expect(error).toMatchObject({ code: 'MOQT_E_REJECTED', exitCode: refused.code, stage: 'subscribe' });
  expect(error.wire).toMatchObject({ name: expect.any(String) });

  const usage = await run(['publish', 'moqt://127.0.0.1:1/', 'a', 't', '--rate', 'fast', '--json']);
  expect(checkOne('error', usage.stderr)).toMatchObject({ error: { code: 'MOQT_E_USAGE', exitCode: 2 } });
  expect(usage.code).toBe(2);

  const insecure = succeeded(await run(['connect', relay.quic, '--insecure', '--jsonl']));
  checkOne('warning', insecure.stderr);
  checkOne('connect-event', insecure.stdout);
});

test.each(['connect', 'announce', 'publish', 'subscribe', 'relay', 'decode', 'encode', 'explain'])(
  '%s --show-config --json is as config.json says',
  async (command) => {
    const positional: Record<string, string[]> = {
      connect: ['moqt://h/'],
      announce: ['moqt://h/', 'a'],
      publish: ['moqt://h/', 'a', 't'],
      subscribe: ['moqt://h/', 'a', 't'],
    };
    const args = [command, ...(positional[command] ?? []), '--show-config', '--json'];
    const env = { MOQT_QUIET: '1', MOQT_DRAFT: '18,14' };
    const { config } = checkOne('config', succeeded(await run(args, { env })).stdout);
    const origins = (config as { flag: string; origin: string }[]).map(({ origin }) => origin);
    expect(origins).toContain('command line');
    expect(origins).toContain('default');
    expect(origins).toContain('environment MOQT_QUIET');
  },
);

test('decode and encode are as their schemas say, and each undoes the other', async () => {
  const hex = '07000100';
  const decoded = checkOne('decode', succeeded(await run(['decode', '--draft', '18', hex, '--json'])).stdout);
  const text = JSON.stringify(decoded.decoded);
  expect(checkOne('encode', succeeded(await run(['encode', '--draft', '18', text, '--json'])).stdout)).toEqual({ hex });

  const decodeLines = [`{"draft":18,"kind":"control","hex":"${hex}"}`, '{"draft":18,"kind":"control","hex":"07"}', '{'];
  const decodings = await run(['decode', '--jsonl'], { stdin: Buffer.from(`${decodeLines.join('\n')}\n`) });
  expect(checkAll('decode-line', decodings.stdout).map(({ ok }) => ok)).toEqual([true, false, false]);

  const encodeLines = [`{"draft":18,"kind":"control","decoded":${text}}`, '{"draft":18,"kind":"control","decoded":{}}'];
  const encodings = await run(['encode', '--jsonl'], { stdin: Buffer.from(`${encodeLines.join('\n')}\n`) });
  expect(checkAll('encode-line', encodings.stdout).map(({ ok }) => ok)).toEqual([true, false]);
});

test('explain is as its schemas say, what is not known included', async () => {
  const inputs = ['0x178', '91141958510811', 'closed by peer: 0', 'udp.refused', '99999999999999999999999'];
  const result = await run(['explain', ...inputs, '--json']);
  expect(result.code).toBe(1);
  const { explanations } = checkOne('explain', result.stdout) as { explanations: { input: string }[] };
  expect(explanations.map(({ input }) => input)).toEqual(inputs);
  checkOne('error', result.stderr);
  const lines = await run(['explain', ...inputs, '--jsonl']);
  expect(checkAll('explain-line', lines.stdout)).toEqual(explanations);

  const nothing = await run(['explain']);
  expect(nothing.code).toBe(2);
  const { meanings } = checkOne('explain', succeeded(await run(['explain', '--list', '--json'])).stdout);
  expect(checkAll('explain-line', succeeded(await run(['explain', '--list', '--jsonl'])).stdout)).toEqual(meanings);
});

test('everything that a relay prints is as relay.json says', async () => {
  const own = await startRelay(['--drain-timeout', '500ms']);
  const first = start(['connect', own.quic, ...own.trust, '--hold', '--jsonl']);
  await first.until((m) => m.stdout.includes('"connected"'), 'the first session was open');
  await run(['announce', own.quic, 'a/b', '--once', '--json', ...own.trust]);
  await run(['subscribe', own.quic, 'nobody', 'here', '--json', ...own.trust]);
  own.process.kill('SIGUSR1');
  await own.process.until((m) => m.stdout.includes('"counters"'), 'the counters were printed');
  const result = await own.stop();
  await first.done;
  expect(result.code).toBe(143);
  expect(checkAll('relay', result.stdout)[0]).toMatchObject({ event: 'listening' });
  for (const event of [
    'listening',
    'session-opened',
    'session-closed',
    'namespace-published',
    'namespace-withdrawn',
    'request-refused',
    'draining',
    'counters',
  ])
    expect(events).toContain(`relay ${event}`);
});

test('everything the shared relay printed in these tests is as relay.json says', async () => {
  checkAll('relay', relay.process.stdout);
  for (const event of ['track-published', 'track-ended', 'subscribed', 'subscription-ended'])
    expect(events).toContain(`relay ${event}`);
});

test('trace html is as its schema says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'moqt-schemas-'));
  try {
    const trace = new URL('../fixtures/traces/moq-relay-ietf-subscriber.mlog', import.meta.url).pathname;
    const made = await run(['trace', 'html', trace, '-o', join(folder, 'page.html'), '--json']);
    expect(checkOne('trace-html', succeeded(made).stdout)).toMatchObject({ file: join(folder, 'page.html'), cuts: [] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the certs commands are as their schemas say', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'moqt-schemas-'));
  try {
    const made = checkOne(
      'certs-generate',
      succeeded(await run(['certs', 'generate', '--out', folder, '--json'])).stdout,
    );
    const url = relay.webtransport;
    const inspected = succeeded(await run(client('certs', 'inspect', url, '--json')));
    expect(checkOne('certs-inspect', inspected.stdout)).toMatchObject({ comparison: 'same' });
    const quicOnly = await startRelayWithoutTcp();
    const partly = succeeded(await run(['certs', 'inspect', quicOnly.webtransport, '--json']));
    expect(checkOne('certs-inspect', partly.stdout)).toMatchObject({ comparison: null });
    await quicOnly.stop();
    const file = succeeded(await run(['certs', 'fingerprint', made.certFile as string, '--json']));
    expect(checkOne('certs-fingerprint', file.stdout)).toMatchObject({ hex: made.hex, over: 'file' });
    const targets = [url, 'moqt://127.0.0.1:9'];
    const checked = await run(client('certs', 'check', ...targets, '--json'));
    expect(checkOne('certs-check', checked.stdout)).toMatchObject({ state: 'critical' });
    const lines = await run(client('certs', 'check', ...targets, '--expiry-warning', '14d', '--jsonl'));
    expect(checkAll('certs-check-line', lines.stdout).map(({ state }) => state)).toEqual(['critical', 'warning']);
    const watch = ['certs', 'watch', 'moqt://127.0.0.1:9', '--interval', '50ms', '--for', '300ms'];
    checkOne('certs-watch', succeeded(await run([...watch, '--json'])).stdout);
    checkAll('certs-watch-event', succeeded(await run([...watch, '--jsonl'])).stdout);
    const near = start(client('certs', 'watch', relay.quic, '--expiry-warning', '14d', '--jsonl'));
    await near.until((m) => m.stdout.includes('"expiring"'), 'the certificate was called near its end');
    near.kill('SIGTERM');
    const seen = checkAll('certs-watch-event', (await near.done).stdout);
    expect(seen.map(({ event }) => event)).toEqual(['certificate', 'expiring']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the trace commands are as their schemas say', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'moqt-schemas-'));
  try {
    const file = join(folder, 'a.moqtrace');
    succeeded(await run(client('connect', relay.quic, '--trace', file)));
    checkOne('trace-show', succeeded(await run(['trace', 'show', file, '--json'])).stdout);
    const lines = checkAll('trace-line', succeeded(await run(['trace', 'show', file, '--jsonl'])).stdout);
    expect(lines[0]).toMatchObject({ kind: 'header', detail: 'headers+sizes' });
    const stats = checkOne('trace-stats', succeeded(await run(['trace', 'stats', file, '--json'])).stdout);
    expect(stats.events).toBe(lines.length - 1);
    const output = join(folder, 'b.qlog');
    checkOne('trace-written', succeeded(await run(['trace', 'convert', file, '-o', output, '--json'])).stdout);
    const same = succeeded(await run(['trace', 'diff', file, output, '--json']));
    expect(checkOne('trace-diff', same.stdout)).toMatchObject({ same: true });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

// Last, because it looks at what the tests above have done.
test('every schema was held against real output', () => {
  exercised.add('common');
  expect([...documents.keys()].filter((name) => !exercised.has(name))).toEqual([]);
});

test('what is not in a schema is refused', async () => {
  const { stdout } = succeeded(await run(client('connect', relay.quic, '--json')));
  const document = checkOne('connect', stdout);
  expect(validator('connect')({ ...document, more: 1 })).toBe(false);
  const { draft: _draft, ...less } = document;
  expect(validator('connect')(less)).toBe(false);
});
