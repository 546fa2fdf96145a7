import { describe, expect, it } from 'vitest';
import { chainPath } from '../../../../src/core/certs/path.js';
import { authority, selfSigned } from '../../../support/certs.js';

describe('chainPath', () => {
  it('ends below the first trusted root, whatever order the others came in', async () => {
    const root = await authority('Root');
    const upper = await root.intermediate('Upper');
    const lower = await upper.intermediate('Lower');
    const leaf = await lower.issue();
    const stranger = await selfSigned();
    const sent = [leaf, stranger, root, upper, lower].map(({ x509 }) => x509);
    const subjects = (roots: (typeof root)[]) => {
      const { members, isComplete } = chainPath(
        sent,
        roots.map(({ x509 }) => x509),
      );
      return [isComplete, ...members.map(({ subject }) => subject)];
    };
    expect(subjects([root])).toEqual([true, 'CN=leaf', 'CN=Lower', 'CN=Upper']);
    // An old cross-signature above a trusted root is nobody's concern.
    expect(subjects([upper])).toEqual([true, 'CN=leaf', 'CN=Lower']);
    expect(subjects([])).toEqual([true, 'CN=leaf', 'CN=Lower', 'CN=Upper', 'CN=Root']);
  });

  it('is incomplete where an issuer was not sent', async () => {
    const root = await authority('Root');
    const leaf = await (await root.intermediate('Middle')).issue();
    expect(chainPath([leaf.x509], [root.x509])).toMatchObject({ isComplete: false });
    expect(chainPath([(await selfSigned()).x509], [])).toMatchObject({ isComplete: true });
  });
});
