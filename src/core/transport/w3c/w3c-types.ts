/**
 * The W3C WebTransport interface (https://www.w3.org/TR/webtransport/) as far as it is needed here: structural, so that a
 * browser's object fits, Deno's, and that of `@fails-components/webtransport`. What is optional exists in some only.
 */
export interface W3cWebTransport {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<W3cCloseInfo | undefined>;
  readonly draining?: Promise<unknown> | undefined;
  /** WT-Protocol; empty or absent where none was chosen, or where the implementation does not know of it. */
  readonly protocol?: string | null | undefined;
  readonly incomingUnidirectionalStreams: W3cReadable<W3cReadable<Uint8Array>>;
  readonly incomingBidirectionalStreams: W3cReadable<W3cBidirectionalStream>;
  readonly datagrams: W3cDatagrams;
  createUnidirectionalStream(options?: W3cStreamOptions): Promise<W3cWritable>;
  createBidirectionalStream(options?: W3cStreamOptions): Promise<W3cBidirectionalStream>;
  close(info?: { closeCode?: number; reason?: string }): void;
  getStats?(): Promise<W3cStats>;
}

export interface W3cCloseInfo {
  readonly closeCode?: number | undefined;
  readonly reason?: string | undefined;
}

export interface W3cStreamOptions {
  readonly sendOrder?: number;
  readonly waitUntilAvailable?: boolean;
}

export interface W3cBidirectionalStream {
  readonly readable: W3cReadable<Uint8Array>;
  readonly writable: W3cWritable;
}

export interface W3cDatagrams {
  readonly readable: W3cReadable<Uint8Array>;
  readonly maxDatagramSize: number;
  /** The older form. */
  readonly writable?: W3cWritable;
  createWritable?(): W3cWritable;
}

export interface W3cReadable<T> {
  getReader(): W3cReader<T>;
}

export interface W3cReader<T> {
  read(): Promise<{ done: boolean; value?: T | undefined }>;
  cancel(reason?: unknown): Promise<unknown>;
}

export interface W3cWritable {
  /** Highest first. */
  sendOrder?: number | null | undefined;
  getWriter(): W3cWriter;
}

export interface W3cWriter {
  /** Null while the stream is failing. */
  readonly desiredSize: number | null;
  readonly closed: Promise<unknown>;
  write(chunk: Uint8Array): Promise<unknown>;
  close(): Promise<unknown>;
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
