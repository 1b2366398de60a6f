/** Terminals cut longer ones, or ignore them. */
const longestCopyBytes = 74_000;

/**
 * Asks the terminal to put text on the clipboard: OSC 52, which works through SSH.
 * tmux and screen hand it on only when it is wrapped for them, with every ESC doubled in tmux.
 * Undefined: too long.
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
