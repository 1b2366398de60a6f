import type {Scene} from '../state/scene.ts';

/** Who waited longer than this for a machine may be looking elsewhere. */
export const longMs = 10_000;

/**
 * Terminals that make a notification of OSC 9. Others ignore it, but some take it for something else.
 * @see iTerm2, WezTerm, Ghostty, kitty and foot, in their manuals
 */
const notifies = {program: /^(iTerm\.app|WezTerm|ghostty)$/, term: /^(xterm-kitty|xterm-ghostty|wezterm|foot)/};

export type Bell = {
	/** To be told every scene. True where a person who waited long is waited for now. */
	rings(kind: Scene['kind'], now: number): boolean;
};

export function createBell(): Bell {
	let workingSince: number | undefined;
	return {
		rings(kind, now) {
			if (kind === 'working') {
				workingSince ??= now;
				return false;
			}

			const waited = workingSince === undefined ? 0 : now - workingSince;
			workingSince = undefined;
			return waited > longMs;
		},
	};
}

/** BEL, which tmux and screen hand on; where it is likely to be understood, a notification with it. */
export function bellSequence({TMUX, STY, TERM_PROGRAM = '', TERM = ''}: NodeJS.ProcessEnv): string {
	const knows = notifies.program.test(TERM_PROGRAM) || notifies.term.test(TERM);
	return knows && !TMUX && !STY ? '\u001B]9;regmedic waits for you\u0007\u0007' : '\u0007';
}
