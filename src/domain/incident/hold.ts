import type {Hold} from '../hold/hold.ts';
import type {Incident} from './incident.ts';

/** What was last seen of cleaners. Undefined: nobody has looked. */
export function holdIn({visits}: Pick<Incident, 'visits'>): Hold | undefined {
	return visits
		.flatMap(({output}) => (output?.kind === 'scan' ? [output.hold] : []))
		.findLast(hold => hold !== undefined);
}
