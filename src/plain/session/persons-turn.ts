import type {SessionView} from '../../engine/session/session.ts';

/** Nothing goes on until somebody says a word. */
export function isPersonsTurn({incident: {phase}, held}: SessionView): boolean {
	return (
		held !== undefined ||
		phase.is === 'gate' ||
		phase.is === 'asking' ||
		phase.is === 'stuck' ||
		(phase.is === 'unsure' && phase.asked)
	);
}
