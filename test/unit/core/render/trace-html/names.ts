import type { TraceNames } from '../../../../../src/core/render/trace-html/index.js';

const MESSAGES: Readonly<Record<string, string>> = {
  '3': 'SUBSCRIBE',
  '4': 'SUBSCRIBE_OK',
  '5': 'REQUEST_ERROR',
  '7': 'REQUEST_OK',
  '11': 'PUBLISH_DONE',
  '12032': 'SETUP',
};

/** Numbers that resemble those of draft 18. */
export const names: TraceNames = {
  message: (type) => MESSAGES[type.toString()] ?? null,
  code: (space, code) =>
    space === 'request-error' && code === 0x10n ? { name: 'DOES_NOT_EXIST', meaning: 'There is no such track.' } : null,
};
