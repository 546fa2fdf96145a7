import type { ObjectStatus } from './messages/object.js';
import type { VarintCodec } from './varint.js';

/** What an end-of-range entry of a FETCH stream says about the objects it covers. */
export type RangeKind = 'non-existent' | 'unknown';

/** Serialization flags say which fields of an object follow (from draft-15 §10.4.4). */
export interface FlaggedFetchLayout {
  readonly kind: 'flags';
  /** The flags are one byte (15) instead of a varint. */
  readonly flagsAreOneByte: boolean;
  /** The flag of an object without a subgroup, 0x40 from 16; 0 where there is none. */
  readonly datagramFlag: number;
  /**
   * What "the prior object's subgroup" is after an object that has none: that of the last object that had one, or
   * nothing. The drafts are silent; this is how independent decoders of each draft read it.
   */
  readonly priorSubgroup: 'last-known' | 'prior-object';
  /** Group and object IDs that are present are absolute, or deltas from the prior object's (18). */
  readonly ids: 'absolute' | 'delta';
  /** An object without payload has a status (15). */
  readonly status: boolean;
  /** Flag values that are no object but the end of a range. */
  readonly ranges: ReadonlyMap<number, RangeKind>;
}

/** How objects are written on a FETCH stream: all fields of each, absolute (draft-14 §10.4.4), or by flags. */
export type FetchLayout = { readonly kind: 'absolute' } | FlaggedFetchLayout;

/** Type bits of SUBGROUP_HEADER; 0 where the draft has no such bit. */
export interface SubgroupTypeBits {
  readonly properties: number;
  /** Two bits: 0 the ID is 0, 1 it is the first object's, 2 it is in the header, 3 reserved. */
  readonly idModeShift: number;
  readonly endOfGroup: number;
  /** Set in every type. */
  readonly base: number;
  readonly defaultPriority: number;
  readonly firstObject: number;
}

/** Type bits of OBJECT_DATAGRAM; 0 where the draft has no such bit. */
export interface DatagramTypeBits {
  readonly properties: number;
  readonly endOfGroup: number;
  readonly zeroObjectId: number;
  readonly defaultPriority: number;
  readonly status: number;
  /** Every type that is assigned. */
  readonly valid: ReadonlySet<number>;
}

/** Everything about data streams and datagrams in which drafts differ, as data. See drafts/data-*.ts. */
export interface DataLayout {
  readonly varints: VarintCodec;
  /** The form of `varints`, for the codecs that treat short integers in line. */
  readonly integers: 'quic' | 'vi64';
  /** Keys of properties count from the pair before (16+) or from nothing. */
  readonly propertyKeys: 'absolute' | 'delta';
  /** Statuses by number. A status that is absent here is a PROTOCOL_VIOLATION. */
  readonly statuses: ReadonlyMap<number, ObjectStatus>;
  /** Statuses whose objects may carry properties. */
  readonly statusesWithProperties: ReadonlySet<ObjectStatus>;
  readonly subgroup: SubgroupTypeBits;
  readonly datagram: DatagramTypeBits;
  readonly fetch: FetchLayout;
  readonly streamTypes: {
    readonly fetch: number;
    /** The unidirectional control stream (17+). */
    readonly control: number | null;
    /** PADDING streams (18+). */
    readonly padding: number | null;
  };
  /** The type of a PADDING datagram (18+). */
  readonly paddingDatagram: number | null;
}

/** What the files of drafts/ state; the integers come from the draft's own definition. */
export type DataDefinition = Omit<DataLayout, 'varints'>;

/** What the data codecs need of a draft: a DraftProfile fits. */
export interface DataProfile {
  readonly data: DataLayout;
}

/** Bounds on what a peer can make us hold or count; both in bytes. */
export interface DataLimits {
  readonly maxObjectBytes: number;
  readonly maxPropertiesBytes: number;
}
