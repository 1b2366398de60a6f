import {sayTime} from '../../domain/text/time.ts';
import {lookForCleaners} from '../scan/between-looks.ts';
import type {ActionContext} from './action.ts';

/** Until when what no manifest names any more stays on the disk: `until the next collection, 2026-04-19 03:25 UTC`. */
export async function untilNextCollection({
	ports: {storage, registry, clock},
	signal,
}: Pick<ActionContext, 'ports' | 'signal'>): Promise<string> {
	const usual = 'until the next collection';
	if (storage === undefined) {
		return `${usual}, whenever that is`;
	}

	const {next} = await lookForCleaners(storage, {now: () => clock.now().getTime(), host: registry.host, signal});
	const starts = next.find(({kind}) => kind === 'collection')?.starts;
	return starts === undefined
		? `${usual}; none is known to be scheduled`
		: `${usual}, ${sayTime(`${starts.slice(0, 16)}Z`)}`;
}
