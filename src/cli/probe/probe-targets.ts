import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { MoqtError } from '../../core/errors/moqt-error.js';
import { parseRelayList, type RelayEntry } from '../../core/probe/relay-list.js';
import type { AuthorizationToken } from '../../core/wire/messages/parameters.js';
import { hideUrlSecrets } from '../command/secrets.js';
import { type ConnectionFlags, type PreparedConnection, prepareConnection } from '../session/connect-settings.js';

/** A relay to probe, and how. */
export interface ProbeTarget {
  readonly url: string;
  readonly name?: string;
  readonly settings: PreparedConnection['settings'];
  readonly requestTokens: readonly AuthorizationToken[];
}

/**
 * The relays of the command line, then those of the list.
 * @throws MoqtError MOQT_E_USAGE for none at all, and for what an entry (named) does not allow.
 */
export async function probeTargets(
  urls: readonly string[],
  file: string | undefined,
  flags: ConnectionFlags,
): Promise<ProbeTarget[]> {
  const shared = await prepareConnection(flags, { stdinTaken: false });
  const targets: ProbeTarget[] = urls.map((url) => ({ url, ...shared }));
  for (const entry of file === undefined ? [] : await readList(file))
    targets.push(await targetOf(entry, file as string, flags));
  if (targets.length === 0) throw usageError('there is no relay to probe', 'give URLs, or a list with -f relays.json');
  for (const { url } of targets) hideUrlSecrets(url);
  return targets;
}

async function readList(file: string): Promise<RelayEntry[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (origin) {
    throw new MoqtError('MOQT_E_LOCAL_IO', `cannot read the list of relays ${file}`, {
      stage: 'config',
      cause: 'relays.unreadable',
      hint: 'check -f and the permissions of the file',
      origin,
    });
  }
  return parseRelayList(text, file);
}

async function targetOf(entry: RelayEntry, file: string, flags: ConnectionFlags): Promise<ProbeTarget> {
  const {
    name,
    url,
    where,
    drafts,
    transport,
    caFile,
    certSha256,
    insecure,
    servername,
    certFile,
    keyFile,
    authToken,
  } = entry;
  // As in other lists of files: paths are relative to the list.
  const path = (given: string) => resolve(dirname(file), given);
  // An entry's way to trust replaces that of the flags, as a whole.
  const trusts = caFile !== undefined || certSha256 !== undefined || insecure !== undefined;
  const merged: ConnectionFlags = {
    ...flags,
    ...(trusts && { ca: caFile && path(caFile), 'cert-sha256': certSha256, insecure: insecure ?? false }),
    ...(drafts && { draft: drafts }),
    ...(transport && { transport }),
    ...(servername !== undefined && { servername }),
    ...(certFile !== undefined && keyFile !== undefined && { cert: path(certFile), key: path(keyFile) }),
    ...(authToken !== undefined && {
      'auth-token': authToken.replace(/^file:(.*)$/s, (_, one: string) => `file:${path(one)}`),
    }),
  };
  try {
    if (certSha256 !== undefined && insecure === true) {
      throw usageError('certSha256 and insecure exclude each other', 'leave one of them out');
    }
    const prepared = await prepareConnection(merged, { stdinTaken: false });
    return { url, ...(name !== undefined && { name }), ...prepared };
  } catch (error) {
    if (error instanceof MoqtError) error.message = `${file}: ${where}: ${error.message}`;
    throw error;
  }
}

function usageError(message: string, hint: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause: 'usage.relays', hint });
}
