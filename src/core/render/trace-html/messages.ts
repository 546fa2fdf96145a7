import type { ControlMessageEvent, TraceValue } from '../../records/trace-event.js';
import { fieldNamed, integerText, namespaceText, nameText, pageFields, pageText, rawHex } from './fields.js';
import { codeText, type TraceNames } from './names.js';
import type { PageFamily, PageMessage } from './page-data.js';

/** A message of the page, with what joining and naming need to know of it. */
export interface MessageFacts {
  readonly page: Omit<PageMessage, 'exchange'>;
  readonly requestId: string | null;
  readonly alias: string | null;
  /** Full track name, where the message has one. */
  readonly track: string | null;
  readonly code: { readonly space: 'request-error' | 'publish-done'; readonly value: bigint } | null;
}

export function messageFacts(event: ControlMessageEvent, peer: number, names: TraceNames): MessageFacts {
  const { message } = event;
  const name = messageName(event, names);
  const track = trackOf(message);
  const code = codeOf(name, message);
  const reason = fieldNamed(message, 'reason', 'reasonphrase', 'errorreason');
  const summary = [
    code === null ? '' : codeText(names, code.space, code.value),
    track ?? '',
    reason === undefined || reason === null ? '' : nameText(message, reason),
  ];
  return {
    page: {
      t: event.timeUs,
      seq: event.sequence,
      peer,
      sent: event.direction === 'sent',
      name,
      type: `0x${event.messageType.toString(16)}`,
      family: familyOf(name),
      stream: event.streamId?.toString() ?? null,
      summary: summary.filter((part) => part !== '').join(' · '),
      fields: message === null ? [] : pageFields(message),
      ...rawHex(event.raw),
    },
    requestId: integerText(fieldNamed(message, 'requestid', 'subscribeid')),
    alias: integerText(fieldNamed(message, 'trackalias')),
    track,
    code,
  };
}

function messageName(event: ControlMessageEvent, names: TraceNames): string {
  const known = names.message(event.messageType);
  if (known !== null) return known;
  const written = fieldNamed(event.message, 'messagetype', 'type', 'name');
  if (typeof written === 'string' && /^[A-Za-z_ ]{3,40}$/.test(written))
    return written.replaceAll(' ', '_').toUpperCase();
  return pageText(`MESSAGE 0x${event.messageType.toString(16)}`);
}

function trackOf(message: TraceValue): string | null {
  const target = fieldNamed(message, 'target', 'standalone', 'track', 'fulltrackname');
  const inner = target === undefined ? null : trackOf(target);
  if (inner !== null) return inner;
  const namespace = namespaceText(
    message,
    fieldNamed(
      message,
      'tracknamespace',
      'namespace',
      'tracknamespaceprefix',
      'namespaceprefix',
      'tracknamespacesuffix',
      'prefix',
      'suffix',
    ),
  );
  const name = fieldNamed(message, 'trackname', 'name');
  if (name === undefined || name === null) return namespace;
  return `${namespace === null || namespace === '' ? '' : `${namespace}/`}${nameText(message, name)}`;
}

function codeOf(name: string, message: TraceValue): MessageFacts['code'] {
  const space = name === 'PUBLISH_DONE' || name === 'SUBSCRIBE_DONE' ? 'publish-done' : 'request-error';
  if (space === 'request-error' && !name.endsWith('_ERROR')) return null;
  const text = integerText(fieldNamed(message, 'errorcode', 'statuscode', 'code', 'status'));
  return text === null ? null : { space, value: BigInt(text) };
}

function familyOf(name: string): PageFamily {
  if (name.endsWith('_ERROR')) return 'error';
  if (name.endsWith('SETUP')) return 'setup';
  if (name.includes('NAMESPACE') || name.startsWith('ANNOUNCE')) return 'namespace';
  if (name.includes('FETCH')) return 'fetch';
  if (name.startsWith('PUBLISH')) return 'publish';
  if (name.includes('SUBSCRIBE') || name.startsWith('TRACK_STATUS') || name.startsWith('REQUEST_')) return 'subscribe';
  return 'session';
}
