/** A round trip: objects that go through the relay, from one connection to another. */
export interface RoundtripOptions {
  /** Default 100. */
  readonly objects?: number | undefined;
  /** Payload bytes of an object, at least 32. Default 1024. */
  readonly objectBytes?: number | undefined;
  /** Objects a second. Default 100. */
  readonly rate?: number | undefined;
  /** Objects in a group. Default 10. */
  readonly groupEvery?: number | undefined;
  /** How the relay learns of the track. Default `namespace`. */
  readonly via?: 'namespace' | 'publish' | undefined;
  /** One stream a group, or a datagram an object. Default `subgroup`. */
  readonly forwarding?: 'subgroup' | 'datagram' | undefined;
  /** Losses are judged by a threshold instead. */
  readonly lossHasThreshold?: boolean | undefined;
}
