/**
 * The W3C WebTransport interface (https://www.w3.org/TR/webtransport/) as far as it is needed here: structural, so that a
 * browser's object fits, Deno's, and that of `@fails-components/webtransport`. What is optional exists in some only.
 */
export interface W3cWebTransport {
  /** Resolves once streams may be opened. */
  readonly ready: Promise<unknown>;
  /** How the session ended; rejects when it failed. */
  readonly closed: Promise<W3cCloseInfo | undefined>;
  /** Resolves when the peer asks to finish up. */
  readonly draining?: Promise<unknown> | undefined;
  /** WT-Protocol; empty or absent where none was chosen, or where the implementation does not know of it. */
  readonly protocol?: string | null | undefined;
  /** Streams that the peer opens. */
  readonly incomingUnidirectionalStreams: W3cReadable<W3cReadable<Uint8Array>>;
  /** Streams that the peer opens. */
  readonly incomingBidirectionalStreams: W3cReadable<W3cBidirectionalStream>;
  /** Both directions of them. */
  readonly datagrams: W3cDatagrams;
  /** Opens a stream. */
  createUnidirectionalStream(options?: W3cStreamOptions): Promise<W3cWritable>;
  /** Opens a stream. */
  createBidirectionalStream(options?: W3cStreamOptions): Promise<W3cBidirectionalStream>;
  /** Ends the session. */
  close(info?: { closeCode?: number; reason?: string }): void;
  /** Figures of the connection. */
  getStats?(): Promise<W3cStats>;
}

/** WebTransportCloseInfo. */
export interface W3cCloseInfo {
  readonly closeCode?: number | undefined;
  readonly reason?: string | undefined;
}

/** WebTransportSendStreamOptions. */
export interface W3cStreamOptions {
  readonly sendOrder?: number;
  readonly waitUntilAvailable?: boolean;
}

/** WebTransportBidirectionalStream. */
export interface W3cBidirectionalStream {
  readonly readable: W3cReadable<Uint8Array>;
  readonly writable: W3cWritable;
}

/** WebTransportDatagramDuplexStream. */
export interface W3cDatagrams {
  readonly readable: W3cReadable<Uint8Array>;
  /** Payload bytes. */
  readonly maxDatagramSize: number;
  /** The older form; some warn of it. */
  readonly writable?: W3cWritable;
  /** The newer form. */
  createWritable?(): W3cWritable;
}

/** ReadableStream. */
export interface W3cReadable<T> {
  /** Locks the stream. */
  getReader(): W3cReader<T>;
}

/** ReadableStreamDefaultReader. */
export interface W3cReader<T> {
  /** The next item. */
  read(): Promise<{ done: boolean; value?: T | undefined }>;
  /** STOP_SENDING, on a stream of the session. */
  cancel(reason?: unknown): Promise<unknown>;
}

/** WebTransportSendStream, or another WritableStream. */
export interface W3cWritable {
  /** Highest first. */
  sendOrder?: number | null | undefined;
  /** Locks the stream. */
  getWriter(): W3cWriter;
}

/** WritableStreamDefaultWriter. */
export interface W3cWriter {
  /** Null while the stream is failing. */
  readonly desiredSize: number | null;
  /** Rejects when the stream fails. */
  readonly closed: Promise<unknown>;
  /** Resolves when the chunk was taken. */
  write(chunk: Uint8Array): Promise<unknown>;
  /** FIN. */
  close(): Promise<unknown>;
  /** RESET_STREAM, on a stream of the session. */
  abort(reason?: unknown): Promise<unknown>;
}

/** What of WebTransportConnectionStats tells something. */
export interface W3cStats {
  readonly smoothedRtt?: number | undefined;
  readonly minRtt?: number | undefined;
  readonly packetsSent?: number | undefined;
  readonly packetsLost?: number | undefined;
  readonly packetsReceived?: number | undefined;
}
