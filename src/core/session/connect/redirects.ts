import { MoqtError, type Stage } from '../../errors/moqt-error.js';
import { formatNamespace, formatTrackName } from '../../url/namespace.js';
import { type MoqtUrl, parseMoqtUrl } from '../../url/parse-url.js';
import { escapeText } from '../../util/escape.js';
import { redactUrl } from '../../util/redact.js';
import { type FullTrackName, trackKey } from '../../wire/full-track-name.js';
import type { Redirect, RequestKind } from '../../wire/messages/control-message.js';
import { stageOf } from '../requests/request-deadline.js';
import { RequestRejected } from '../session-errors.js';

/** How many redirects are followed for one request. */
export const MAX_REDIRECTS = 5;

/** Where a request goes. For requests of a namespace the track's name is empty. */
export interface RequestPlace {
  readonly url: string;
  readonly track: FullTrackName;
}

/** One redirect that is followed; texts are fit for a terminal, secrets redacted. */
export interface RedirectHop {
  readonly request: RequestKind;
  readonly from: string;
  readonly to: string;
  /** What is asked for there, where it has another name there. */
  readonly track: string | null;
  /** Another host or port than that of the URL which credentials were given for. */
  readonly otherOrigin: boolean;
}

/** What to do after a redirect. */
export interface NextPlace {
  readonly place: RequestPlace;
  readonly hop: RedirectHop;
}

/** The redirects of one request (draft-18 §10.6.1), and where they led. */
export class RedirectTrail {
  readonly hops: RedirectHop[] = [];
  readonly #home: MoqtUrl;
  readonly #seen = new Set<string>();
  #at: RequestPlace;

  /** `home` is the URL that credentials were given for; default the first. Throws MOQT_E_URL. */
  constructor(place: RequestPlace, home: string = place.url) {
    this.#at = place;
    this.#home = parseMoqtUrl(home);
    this.#seen.add(identity(parseMoqtUrl(place.url), place.track));
  }

  /** The latest place. */
  get place(): RequestPlace {
    return this.#at;
  }

  /** Where a request that failed is to be made instead; null when its error is no redirect. Throws as `follow` does. */
  next(error: unknown): NextPlace | null {
    if (!(error instanceof RequestRejected)) return null;
    const { redirect, request } = error.rejection;
    return redirect === undefined ? null : this.follow(request, redirect);
  }

  /**
   * The place that a redirect names. Throws MOQT_E_REJECTED when it was there already, after MAX_REDIRECTS, and for a URI that
   * cannot be used or would take the hash to trust from plain HTTP.
   */
  follow(request: RequestKind, { connectUri, track }: Redirect): NextPlace {
    const named = track.namespace.length > 0 || track.name.length > 0;
    const place: RequestPlace = {
      url: connectUri === '' ? this.#at.url : connectUri,
      track: named ? track : this.#at.track,
    };
    const stage = stageOf(request);
    const url = this.#parse(place.url, stage);
    const hop: RedirectHop = {
      request,
      from: shownUrl(this.#at.url),
      to: shownUrl(place.url),
      track: named ? shownTrack(track) : null,
      otherOrigin: url.host !== this.#home.host || url.port !== this.#home.port,
    };
    if (this.#seen.has(identity(url, place.track))) {
      throw this.#refuse(
        stage,
        `${request} is redirected in a circle: ${this.#path(hop)}`,
        'tell the operator of the relay',
      );
    }
    if (this.hops.length === MAX_REDIRECTS) {
      const hint = 'the last place can be named by hand; tell the operator of the relay';
      throw this.#refuse(stage, `${request} is redirected more than ${MAX_REDIRECTS} times: ${this.#path(hop)}`, hint);
    }
    this.#seen.add(identity(url, place.track));
    this.hops.push(hop);
    this.#at = place;
    return { place, hop };
  }

  #parse(text: string, stage: Stage): MoqtUrl {
    let url: MoqtUrl;
    try {
      url = parseMoqtUrl(text);
    } catch (error) {
      const why = error instanceof MoqtError ? error.message : String(error);
      throw this.#refuse(stage, `the redirect cannot be followed: ${why}`, 'tell the operator of the relay');
    }
    if (url.scheme === 'http' && this.#home.scheme !== 'http') {
      throw this.#refuse(
        stage,
        `the redirect to ${shownUrl(text)} is not followed: what to trust there would come over plain HTTP`,
        'name that URL yourself if you trust the network between',
      );
    }
    return url;
  }

  #path(last: RedirectHop): string {
    return [...this.hops, last]
      .map(({ from }) => from)
      .concat(last.to)
      .join(' → ');
  }

  #refuse(stage: Stage, message: string, hint: string): MoqtError {
    return new MoqtError('MOQT_E_REJECTED', message, { stage, cause: 'request.redirected', hint });
  }
}

/** What to do about a redirect that was not followed. */
export function redirectHint({ connectUri, track }: Redirect): string {
  const as = track.namespace.length > 0 ? ` as ${shownTrack(track)}` : '';
  const at = connectUri === '' ? '' : ` at ${shownUrl(connectUri)}`;
  return at + as === '' ? 'the peer does not say where to go' : `the peer has it${at}${as}: go there with --follow`;
}

/** A hop as a line for people. */
export function hopText({ request, to, from, track }: RedirectHop): string {
  const where = to === from ? '' : ` to ${to}`;
  return `${request} is redirected${where}${track === null ? '' : ` as ${track}`}`;
}

function identity({ scheme, host, port, path }: MoqtUrl, track: FullTrackName): string {
  return `${scheme} ${host} ${port} ${path} ${trackKey(track)}`;
}

function shownUrl(url: string): string {
  return escapeText(redactUrl(url), { maxLength: 300 });
}

function shownTrack({ namespace, name }: FullTrackName): string {
  const path = formatNamespace(namespace);
  return name.length === 0 ? path : `${path}/${formatTrackName(name).replaceAll('/', '%2F')}`;
}
