import { MoqtError } from '../../errors/moqt-error.js';
import { closestName } from '../../util/closest-name.js';
import { escapeText } from '../../util/escape.js';
import { seededRandom } from '../../util/seeded-random.js';
import { FaultFormError } from './arguments.js';
import { FAULTS } from './catalogue.js';
import { FaultSet } from './fault-set.js';

export { FaultSet } from './fault-set.js';

/** One line a fault: its form, and what it does. */
export function describeFaults(): { readonly form: string; readonly summary: string }[] {
  return FAULTS.map(({ form, summary }) => ({ form, summary }));
}

/**
 * The faults that `specs` such as `drop:1%` ask for. The same seed gives the same misfortunes. Throws MOQT_E_USAGE for
 * what is not one, with the accepted form.
 */
export function parseFaults(specs: readonly string[], seed: number): FaultSet {
  const faults = specs.map((spec, i) => {
    const colon = spec.indexOf(':');
    const name = colon < 0 ? spec : spec.slice(0, colon);
    const definition = FAULTS.find((one) => one.name === name);
    if (definition === undefined) throw unknown(name);
    try {
      // A sequence of its own, so that one fault more does not change what the others do.
      const random = seededRandom(seed + i * 0x9e3779b1);
      return definition.make(colon < 0 ? undefined : spec.slice(colon + 1), { random });
    } catch (error) {
      if (!(error instanceof FaultFormError)) throw error;
      throw refusal(`the fault "${shown(spec)}" is not of the form ${definition.form}`, error.message);
    }
  });
  return new FaultSet([...specs], faults, seededRandom(seed ^ 0x5bd1e995));
}

function unknown(name: string): MoqtError {
  const names = FAULTS.map((one) => one.name);
  const closest = closestName(name, names);
  const hint = closest === null ? `expected one of ${names.join(', ')}` : `did you mean ${closest}?`;
  return refusal(`there is no fault "${shown(name)}"`, `${hint}; \`moqt relay --fault help\` lists them`);
}

function refusal(message: string, hint: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause: 'relay.fault', hint });
}

function shown(text: string): string {
  return escapeText(text, { maxLength: 100 });
}
