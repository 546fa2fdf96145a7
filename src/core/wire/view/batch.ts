import { fromHex, toHex } from '../../util/bytes.js';
import { PROFILES, profileByDraft } from '../drafts/index.js';
import type { DraftProfile } from '../profile.js';
import { EncodeError, WireError } from '../wire-error.js';
import { decodeView, encodeView, isViewKind, type Json, type JsonObject, VIEW_KINDS, type ViewKind } from './index.js';
import { textView } from './json.js';

/** Longest line that is looked at; the longest control message takes 131 080 hex digits. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const INITIAL_CAPACITY = 4096;
const NEWLINE = 0x0a;

/** An input line that is not what the batch asks for; `MOQT_E_USAGE`. */
class LineError extends Error {}

/** Answers `{"draft","kind","hex"}` with what the bytes say. One line in, one line out, without line ends. */
export function decodeLine(line: string): string {
  return answer(line, (request, profile, kind) => {
    const bytes = typeof request.hex === 'string' ? fromHex(request.hex) : null;
    if (bytes === null) throw new LineError('"hex" must be a string of hex digits, two for each byte');
    const { decoded, rest, canonical } = decodeView(profile, kind, bytes);
    return { ok: true, decoded, rest, canonical: toHex(canonical) };
  });
}

/** Answers `{"draft","kind","decoded"}` with the bytes. One line in, one line out, without line ends. */
export function encodeLine(line: string): string {
  return answer(line, (request, profile, kind) => {
    if (!Object.hasOwn(request, 'decoded')) throw new LineError('"decoded" is missing');
    return { ok: true, hex: toHex(encodeView(profile, kind, request.decoded as Json)) };
  });
}

type Reply = { readonly ok: true } & Record<string, unknown>;

function answer(line: string, reply: (request: JsonObject, profile: DraftProfile, kind: ViewKind) => Reply): string {
  try {
    const request = parse(line);
    return JSON.stringify(reply(request, readDraft(request), readKind(request)));
  } catch (error) {
    return JSON.stringify({ ok: false, error: describe(error) });
  }
}

function parse(line: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new LineError('the line is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LineError('the line is not a JSON object');
  }
  return value as JsonObject;
}

function readDraft(request: JsonObject): DraftProfile {
  const { draft } = request;
  const profile = typeof draft === 'number' || typeof draft === 'string' ? profileByDraft(String(draft)) : undefined;
  if (profile === undefined)
    throw new LineError(`"draft" must be one of ${PROFILES.map(({ draft }) => draft).join(', ')}`);
  return profile;
}

function readKind(request: JsonObject): ViewKind {
  const { kind } = request;
  if (typeof kind !== 'string' || !isViewKind(kind)) {
    throw new LineError(`"kind" must be one of ${VIEW_KINDS.join(', ')}`);
  }
  return kind;
}

/** What an error is in the answer. An error of ours goes on: it is no answer. */
function describe(error: unknown): { code: string; message: string; incomplete: boolean } {
  if (error instanceof WireError) {
    const code = error.incomplete ? 'MOQT_E_INCOMPLETE' : 'MOQT_E_PROTOCOL';
    return { code, message: error.message, incomplete: error.incomplete };
  }
  if (error instanceof EncodeError || error instanceof LineError) {
    return { code: 'MOQT_E_USAGE', message: error.message, incomplete: false };
  }
  throw error;
}

/**
 * Turns a stream of lines into as many answers, in order, with memory bounded by the longest line allowed: a longer one
 * is answered as an error. It reads and writes nothing itself.
 */
export class LineBatch {
  /** The beginning of a line whose end has not come yet. */
  private held = new Uint8Array(INITIAL_CAPACITY);
  private heldBytes = 0;
  private skipping = false;

  /** `answerLine` is decodeLine or encodeLine. */
  constructor(
    private readonly answerLine: (line: string) => string,
    private readonly maxLineBytes = MAX_LINE_BYTES,
  ) {}

  /** The answers to the lines that end in `chunk`, each with a line end; '' when there is none. */
  push(chunk: Uint8Array): string {
    let output = '';
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      output += `${this.finishLine(chunk.subarray(start, end))}\n`;
      start = end + 1;
    }
    this.hold(chunk.subarray(start));
    return output;
  }

  /** The answer to a last line without a line end; '' when there is none. */
  end(): string {
    return this.heldBytes > 0 || this.skipping ? `${this.finishLine(new Uint8Array(0))}\n` : '';
  }

  private finishLine(piece: Uint8Array): string {
    if (this.heldBytes === 0 && !this.skipping && piece.length <= this.maxLineBytes) {
      return this.answerLine(textView(piece));
    }
    this.hold(piece);
    const line = this.skipping ? null : textView(this.held.subarray(0, this.heldBytes));
    this.skipping = false;
    this.heldBytes = 0;
    if (line !== null) return this.answerLine(line);
    const message = `the line is longer than ${this.maxLineBytes} bytes`;
    return JSON.stringify({ ok: false, error: { code: 'MOQT_E_USAGE', message, incomplete: false } });
  }

  private hold(piece: Uint8Array): void {
    if (this.skipping || piece.length === 0) return;
    const needed = this.heldBytes + piece.length;
    if (needed > this.maxLineBytes) {
      this.skipping = true;
      this.heldBytes = 0;
      this.held = new Uint8Array(INITIAL_CAPACITY);
      return;
    }
    if (needed > this.held.length) {
      const larger = new Uint8Array(Math.max(needed, this.held.length * 2));
      larger.set(this.held.subarray(0, this.heldBytes));
      this.held = larger;
    }
    this.held.set(piece, this.heldBytes);
    this.heldBytes = needed;
  }
}
