import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Roots that this machine trusts must not decide what a test sees. They also cost every process that a test starts 50 ms:
// Node parses NODE_EXTRA_CA_CERTS at its start, whether it is used or not.
for (const name of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR']) delete process.env[name];

/** Files that start processes take a minute, the others a second: whichever starts last keeps only one worker busy. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification) =>
      /\/test\/(e2e|browser|contract)\/|\/faults\/cli-/.test(moduleId);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

/** For the tests of these folders of test/. */
export function configFor(folders: string) {
  return defineConfig({
    test: {
      sequence: { sequencer: SlowFirst },
      include: [`test/${folders}/**/*.test.ts`],
      disableConsoleIntercept: true,
      pool: 'forks',
      maxWorkers: 2,
      // A process for each file would load the same modules two hundred times. What is tested holds no state of its own
      // beyond caches, and a test leaves nothing behind.
      isolate: false,
      // Only for what hangs: a busy machine may take ten times as long for a test as an idle one.
      testTimeout: 120_000,
      hookTimeout: 120_000,
    },
  });
}

export default configFor('{unit,wire,transport-compliance,session,support,e2e,browser,contract}');
