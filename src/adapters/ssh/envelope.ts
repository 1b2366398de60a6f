import type {ShellRequest} from '../../engine/ports/shell.ts';

/**
 * How a script travels: the command line names a nonce and plain arguments, the script itself comes first on standard
 * input, then its own input. What comes back is framed, because neither end of file nor ssh's exit code can be trusted:
 * ssh answers 255 for a lost connection, a refused login and a remote `exit 255` alike.
 */

const nonceShape = /^[a-z0-9]{8,64}$/;
const argumentShape = /^[A-Za-z0-9._:/@=,+-]*$/;

export type Envelope = {
	/** For a login shell that may be sh, bash, csh or fish: in all of them single quotes keep everything. */
	command: string;
	/** The same without a login shell in between. */
	argv: string[];
	/** What goes to standard input before the script's own. */
	head: Uint8Array;
};

export function seal({script, args = []}: Pick<ShellRequest, 'script' | 'args'>, nonce: string): Envelope {
	if (!nonceShape.test(nonce)) {
		throw new TypeError(`Not a nonce: ${JSON.stringify(nonce)}`);
	}

	const odd = args.find(arg => arg === '' || !argumentShape.test(arg));
	if (odd !== undefined) {
		throw new TypeError(`A script's argument must be plain, use its input: ${JSON.stringify(odd)}`);
	}

	// printf's \000 is octal; a subshell, so that the script's exit does not skip the trailer. The marks on stderr
	// separate the script's own words from those of the login shell and of ssh.
	const text = `nonce=$1; shift
printf '\\000B %s\\000' "$nonce"
printf '\\000B %s\\000' "$nonce" >&2
(
unset nonce
${script}
)
code=$?
printf '\\000E %s %s\\000' "$nonce" "$code"
`;
	const head = new TextEncoder().encode(text);
	// dd reads byte by byte, so it leaves everything after the script to the script; `sh -s` would not.
	const loader = `eval "$(dd bs=1 count=${head.length} 2>/dev/null)"`;
	return {
		command: ['exec', 'sh', '-c', `'${loader}'`, 'regmedic', nonce, ...args].join(' '),
		argv: ['-c', loader, 'regmedic', nonce, ...args],
		head,
	};
}

export type EnvelopeReader = {
	push(chunk: Uint8Array): void;
	/** The script runs, or ran. */
	readonly begun: boolean;
	/** Only ever set when the whole trailer came. */
	readonly exitCode: number | undefined;
};

/**
 * Throws away what login shells print first, hands on what the script printed, and finds the trailer. What
 * may be the beginning of a trailer is held back, so `onOutput` never sees a part of one.
 */
export function openEnvelope(nonce: string, onOutput: (chunk: Uint8Array) => void): EnvelopeReader {
	const start = Buffer.from(`\0B ${nonce}\0`);
	const end = Buffer.from(`\0E ${nonce} `);
	const longest = end.length + '255\0'.length;
	let begun = false;
	let exitCode: number | undefined;
	let held: Buffer = Buffer.alloc(0);

	return {
		push(chunk) {
			if (exitCode !== undefined) {
				return;
			}

			held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
			if (!begun) {
				const at = held.indexOf(start);
				begun = at !== -1;
				// Noise without end must not fill the memory.
				held = begun ? held.subarray(at + start.length) : held.subarray(Math.max(0, held.length - start.length));
			}

			if (!begun) {
				return;
			}

			const at = held.indexOf(end);
			if (at !== -1) {
				const code = /^(\d{1,3})\0/.exec(held.toString('latin1', at + end.length, at + longest))?.[1];
				exitCode = code === undefined ? undefined : Number(code);
			}

			const ready = at === -1 ? held.length - beginningAtEnd(held, end) : at;
			if (ready > 0) {
				onOutput(held.subarray(0, ready));
				held = held.subarray(ready);
			}
		},
		get begun() {
			return begun;
		},
		get exitCode() {
			return exitCode;
		},
	};
}

/** How many bytes at the end of `held` may be the beginning of `mark`. */
function beginningAtEnd(held: Buffer, mark: Buffer): number {
	for (let length = Math.min(held.length, mark.length - 1); length > 0; length--) {
		if (held[held.length - length] === 0 && held.subarray(-length).equals(mark.subarray(0, length))) {
			return length;
		}
	}

	return 0;
}

/** What the script itself wrote to stderr: what stands before its mark came from a login shell or from ssh. */
export function splitStderr(text: string, nonce: string): {before: string; script: string} {
	const mark = `\0B ${nonce}\0`;
	const at = text.indexOf(mark);
	return at === -1 ? {before: text, script: text} : {before: text.slice(0, at), script: text.slice(at + mark.length)};
}
