import { MoqtError } from '../errors/moqt-error.js';

/** A file that is no trace, or one that cannot be read at all. What is wrong further on is a note, not an error. */
export function traceFileError(message: string, hint = 'give a .moqtrace, .qlog or .mlog file'): MoqtError {
  return new MoqtError('MOQT_E_INCOMPLETE', message, { stage: 'decode', cause: 'trace.format', hint });
}
