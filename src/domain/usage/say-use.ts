import {sayTime} from '../text/time.ts';
import {visibleLine} from '../text/visible.ts';
import {count, upperFirst} from '../text/wording.ts';
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
	const pinned = by === 'digest' ? ', pinned to the digest: no rebuild helps it' : '';
	return `${who} fails ${sayWhen(user)}${words}${pinned}${on}`;
}

const mostUsers = 3;

/** Undefined: nobody was to look. */
export function sayUsers(
	usedBy: readonly UsedBy[] | null,
	look: Omit<Usage, 'uses'> | undefined,
): string[] | undefined {
	if (look === undefined) {
		return undefined;
	}

	if (usedBy === null || usedBy.length === 0) {
		return [upperFirst(`${sayNoUse(look)}.`)];
	}

	const more = usedBy.length - mostUsers;
	return [...usedBy.slice(0, mostUsers).map(sayUsedBy), ...(more > 0 ? [`and ${count(more, 'more workload')}`] : [])];
}

/** `no use found in: pods, jobs (kubectl, looked at 2026-04-19 03:12 UTC); not looked at: cronjobs` */
export function sayNoUse(look: Omit<Usage, 'uses'> | undefined): string {
	if (look === undefined || look.lookedAt.length === 0) {
		const why = look?.notLookedAt[0]?.why;
		return `its use is not known${why === undefined ? '; nobody configured where to look' : `: ${visibleLine(why.replace(/\.$/, ''))}`}`;
	}

	return `no use found in: ${sayLook(look)}`;
}

/** `pods, jobs (kubectl, looked at 2026-04-19 03:12 UTC); not looked at: cronjobs` */
export function sayLook({at, source, lookedAt, notLookedAt}: Omit<Usage, 'uses'>): string {
	const rest = notLookedAt.map(({what}) => what);
	return `${lookedAt.join(', ')} (${visibleLine(source)}, looked at ${sayTime(at)})${rest.length === 0 ? '' : `; not looked at: ${rest.join(', ')}`}`;
}

const mostNamed = 10;

/** `Deployment acme/web (failing), pipelines of acme/infra`. Undefined: no use is known. */
export function sayImpact(users: readonly UsedBy[], pipelines: readonly string[]): string | undefined {
	const names = new Set([
		...users.filter(({by}) => by !== 'runs').map(({kind, name, state}) => `${kind} ${name} (${state})`),
		...pipelines.map(each => `pipelines of ${each}`),
	]);
	const more = names.size - mostNamed;
	return names.size === 0
		? undefined
		: visibleLine([...names].slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : ''));
}
