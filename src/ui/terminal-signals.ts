import type {Situation} from './state/situation.ts';

/** A person who waited longer than this for a machine may be looking elsewhere. */
export const longWaitMs = 10_000;

/**
 * Terminals that make a notification of OSC 9. Others ignore it, but some take it for something else.
 * @see iTerm2, WezTerm, Ghostty, kitty and foot, in their manuals
 */
const notifies = {program: /^(iTerm\.app|WezTerm|ghostty)$/, term: /^(xterm-kitty|xterm-ghostty|wezterm|foot)/};

export type Bell = {
	/** To be told every situation. True where the incident waits for a person after the person waited long for it. */
	rings(kind: Situation['kind'], now: number): boolean;
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
			return waited > longWaitMs;
		},
	};
}

/** BEL, which tmux and screen pass on; with a notification where the terminal is known to show one. */
export function bellSequence({TMUX, STY, TERM_PROGRAM = '', TERM = ''}: NodeJS.ProcessEnv): string {
	const isKnown = notifies.program.test(TERM_PROGRAM) || notifies.term.test(TERM);
	return isKnown && !TMUX && !STY ? '\u001B]9;regmedic waits for you\u0007\u0007' : '\u0007';
}

/** Terminals cut longer ones, or ignore them. */
const longestCopyBytes = 74_000;

/**
 * Asks the terminal to put text on the clipboard: OSC 52, which works through SSH.
 * tmux and screen pass it on only when it is wrapped for them, with every ESC doubled in tmux.
 * @returns undefined where the text is too long
 */
export function copySequence(text: string, env: NodeJS.ProcessEnv): string | undefined {
	const bytes = Buffer.from(text);
	if (bytes.length > longestCopyBytes) {
		return undefined;
	}

	const osc = `\u001B]52;c;${bytes.toString('base64')}\u0007`;
	if (env.TMUX) {
		return `\u001BPtmux;${osc.replaceAll('\u001B', '\u001B\u001B')}\u001B\\`;
	}

	return env.STY ? `\u001BP${osc}\u001B\\` : osc;
}
