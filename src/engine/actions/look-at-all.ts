import {defined} from '../../domain/defined.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import type {Repaired} from '../../domain/plan/judge-repair.ts';
import {count} from '../../domain/text/wording.ts';
import {findDamage, type Scope} from '../plan/scope.ts';
import type {ActionContext, Ports, Progress} from './action.ts';

/** `checked`: the planned images, just before. `follow`: who is told from now on how far the look is, and of all of its requests. */
type Look = {
	checked: readonly Repaired[];
	found: Promise<Scope>;
	follow(context: Pick<ActionContext, 'progress' | 'log'>): void;
};

type Begun = Look & {about: string; stop: AbortController; signal: AbortSignal};

/** Until the step comes that takes the look. A log of evidence keeps no more either. */
const mostRequestsKept = 20_000;

/** The looks that are under way, each of one session: it has its ports to itself. */
const begun = new WeakMap<Ports, Begun>();

/** What is on the disk and what each tag answers. Where nothing was planned, the reported image is asked for as well. */
export async function lookAtAll(
	context: Pick<ActionContext, 'ports' | 'settings' | 'signal' | 'progress'>,
	reported?: ImageReference,
): Promise<Scope> {
	const {ports, settings, signal, progress} = context;
	const registry = ports.registry.fresh();
	try {
		return await findDamage({
			registry,
			role: settings.role,
			platforms: settings.platforms,
			everyTag: true,
			clock: ports.clock,
			signal,
			onProgress: progress,
			...defined({storage: ports.storage, inventory: ports.inventory, reported}),
		});
	} finally {
		await registry.close();
	}
}

/**
 * Begins a look that goes on while the next steps are shown and asked. It is a read: nothing of it is in the journal before a step
 * takes it, and after a kill that step looks anew. It ends with the session.
 */
export function beginLook(context: ActionContext, checked: readonly Repaired[]): void {
	const {ports} = context;
	begun.get(ports)?.stop.abort(new Error('A later look replaces it.'));
	const stop = new AbortController();
	const signal = context.session === undefined ? stop.signal : AbortSignal.any([context.session, stop.signal]);
	let tell: (how: Progress) => void = () => {};
	// The steps between have logs of their own.
	const requests: string[] = [];
	let dropped = 0;
	let log = (line: string): void => {
		dropped += requests.length < mostRequestsKept ? 0 : 1;
		requests.length = Math.min(requests.push(line), mostRequestsKept);
	};
	const look = () => lookAtAll({...context, signal, progress: how => tell(how)});
	const found = context.ports.requests?.apart(line => log(line), look) ?? look();
	// Whoever takes it is told; nobody has to.
	found.catch(() => {});
	const follow: Look['follow'] = ({progress, log: own}) => {
		tell = progress;
		for (const line of requests.splice(0)) {
			own(line);
		}

		if (dropped > 0) {
			own(`… and ${count(dropped, 'more request')}`);
		}

		log = own;
	};
	begun.set(ports, {checked, found, follow, about: whatWasDone(context), stop, signal});
}

/** The look that was begun in this session after the last repair, once. Undefined: there is none. */
export function takeLook(context: ActionContext): Look | undefined {
	const look = begun.get(context.ports);
	begun.delete(context.ports);
	// Who skips the step that took it wants nothing of it any more.
	context.signal.addEventListener('abort', () => look?.stop.abort(context.signal.reason), {once: true});
	if (look === undefined || look.signal.aborted) {
		return undefined;
	}

	if (look.about !== whatWasDone(context)) {
		look.stop.abort(new Error('More was repaired since it began.'));
		return undefined;
	}

	return look;
}

function whatWasDone({planned = []}: ActionContext): string {
	return JSON.stringify(planned.map(({damaged, item}) => [damaged.id, item ?? null]));
}
