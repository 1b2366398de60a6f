import type {Hold} from '../hold/hold.ts';
import {placeOf} from '../hold/say-hold.ts';
import type {Incident} from './incident.ts';

/** What was last seen of cleaners, without what was suspended since. Undefined: nobody has looked. */
export function holdIn({visits}: Pick<Incident, 'visits'>): Hold | undefined {
	const holds = visits.map(({output}) =>
		output?.kind === 'scan' || output?.kind === 'scope' || output?.kind === 'hold' ? output.hold : undefined,
	);
	const last = holds.findLastIndex(hold => hold !== undefined);
	const hold = holds[last];
	const suspended = visits
		.slice(last + 1)
		.flatMap(({output}) => (output?.kind === 'suspension' ? [output.suspended] : []));
	return hold === undefined || suspended.length === 0
		? hold
		: {...hold, next: hold.next.filter(next => !suspended.includes(`${placeOf(next)}: ${next.line}`))};
}
