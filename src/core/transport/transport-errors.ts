import type { CloseInfo } from './transport.js';

/** The peer reset the stream that was being read. `code` is the unwrapped application code. */
export class StreamReset extends Error {
  override readonly name = 'StreamReset';
  constructor(readonly code: bigint) {
    super(`stream reset by peer: 0x${code.toString(16)}`);
  }
}

/** The peer sent STOP_SENDING for the stream that was being written. */
export class StreamStopped extends Error {
  override readonly name = 'StreamStopped';
  constructor(readonly code: bigint) {
    super(`peer stopped reading the stream: 0x${code.toString(16)}`);
  }
}

/** The transport session under the operation has ended. */
export class SessionClosed extends Error {
  override readonly name = 'SessionClosed';
  constructor(readonly info: CloseInfo) {
    super(`session closed (${info.by}): 0x${info.code.toString(16)}${info.reason ? ` ${info.reason}` : ''}`);
  }
}
