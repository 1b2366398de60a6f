import {sayTime} from '../text/time.ts';
import {visibleLine} from '../text/visible.ts';
import type {Usage, UseState} from './usage.ts';
import type {UsedBy} from './used-by.ts';

/** When it needs the image next. Which nodes lack an image, nobody can know: they clean up by themselves. */
export function sayWhen({state, pullsAlways}: {state: UseState; pullsAlways: boolean}): string {
	const where = pullsAlways ? '' : ' on a node that lacks it';
	switch (state) {
		case 'failing':
			return 'now';
		case 'next-start':
			return `at its next start${where}`;
		case 'next-run':
			return `at its next run${where}`;
		case 'rollback':
			return 'if it is rolled back';
		case 'stopped':
			return 'when it is started again';
		case 'never-pulls':
			return 'never: its pull policy is Never';
	}
}

/** `Deployment acme/web fails now (ImagePullBackOff: …), pinned to the digest` */
export function sayUsedBy(user: UsedBy): string {
	const {kind, name, by, state, problem, nodes} = user;
	const who = visibleLine(`${kind} ${name}`);
	const on = nodes.length === 0 ? '' : `; runs on ${visibleLine(nodes.join(', '))}: prune no image there`;
	if (by === 'runs') {
		return `${who} still runs it, and starts with another image${on}`;
	}

	if (state === 'never-pulls') {
		return `${who} names it, and never pulls it`;
	}

	const words = problem === undefined ? '' : ` (${visibleLine(problem)})`;
	const pinned = by === 'digest' ? ', pinned to the digest' : '';
	return `${who} fails ${sayWhen(user)}${words}${pinned}${on}`;
}

/** `no use found in: pods, jobs (kubectl, looked at 2026-04-19 03:12 UTC); not looked at: cronjobs` */
export function sayNoUse(usage: Pick<Usage, 'at' | 'source' | 'lookedAt' | 'notLookedAt'> | undefined): string {
	return usage === undefined ? 'nobody looked which images are used' : `no use found in: ${sayLook(usage)}`;
}

/** `pods, jobs (kubectl, looked at 2026-04-19 03:12 UTC); not looked at: cronjobs` */
export function sayLook({at, source, lookedAt, notLookedAt}: Omit<Usage, 'uses'>): string {
	const rest = notLookedAt.map(({what}) => what);
	return `${lookedAt.join(', ')} (${visibleLine(source)}, looked at ${sayTime(at)})${rest.length === 0 ? '' : `; not looked at: ${rest.join(', ')}`}`;
}
