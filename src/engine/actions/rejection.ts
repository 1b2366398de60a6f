import type {Problem} from '../../domain/incident/event.ts';

/** What CI rejected, each with its hint: a person reads both on the screen, in plain lines and in the post-mortem. */
export function rejection(rejected: readonly {detail: string; hint: string}[]): Problem {
	return {
		code: 'ci.rejected',
		message: rejected.map(({detail}) => detail).join('; '),
		hint: [...new Set(rejected.map(({hint}) => hint))].join(' '),
	};
}
