import type {ShellRequest} from '../../engine/ports/shell.ts';
import {type Become, becoming} from './become.ts';
import {safePath} from './safe-path.ts';

/**
 * How a script is sent: the command line holds a nonce and plain arguments; standard input holds the script, then the
 * script's own input. The output is framed, because neither end of file nor ssh's exit code can be trusted: ssh exits
 * with 255 for a lost connection, for a refused login and for a remote `exit 255`.
 */

/** Where every system has it, also NixOS: a login's PATH may name another user's. */
export const systemShell = '/bin/sh';

const nonceShape = /^[a-z0-9]{8,64}$/;
const argumentShape = /^[A-Za-z0-9._:/@=,+-]*$/;

type Envelope = {
	/** For a login shell, which may be sh, bash, csh or fish: in all of them single quotes protect everything. */
	command: string;
	/** The same, as a program and its arguments. */
	argv: [string, ...string[]];
	/** Goes to standard input before the script's own input. */
	head: Uint8Array;
};

/** @throws TypeError where the nonce or an argument could be read by a shell */
export function seal(
	{script, args = [], launcher}: Pick<ShellRequest, 'script' | 'args' | 'launcher'>,
	nonce: string,
	{become, shell = systemShell}: {become?: Become | undefined; shell?: string} = {},
): Envelope {
	if (!nonceShape.test(nonce)) {
		throw new TypeError(`Not a nonce: ${JSON.stringify(nonce)}`);
	}

	const odd = [...args, ...(launcher?.command ?? [])].find(arg => arg === '' || !argumentShape.test(arg));
	if (odd !== undefined) {
		throw new TypeError(`A script's argument must be plain, use its input: ${JSON.stringify(odd)}`);
	}

	// printf's \000 is octal. The script runs in a subshell, so that its exit does not skip the trailer. The mark on
	// stderr separates what the script writes there from what the login shell and ssh write.
	const text = `nonce=$1; shift
printf '\\000B %s\\000' "$nonce"
printf '\\000B %s\\000' "$nonce" >&2
(
unset nonce
${safePath}${script}
)
code=$?
printf '\\000E %s %s\\000' "$nonce" "$code"
`;
	const head = new TextEncoder().encode(text);
	// dd reads byte by byte and stops after the script, so the script can read its own input; `sh -s` would read ahead.
	// Until the script has chosen its own PATH, both programs come from the system.
	const loader = `eval "$(PATH=/usr/bin:/bin:/run/current-system/sw/bin; dd bs=1 count=${head.length} 2>/dev/null)"`;
	const [program = shell, ...before] = launcher?.command ?? [...becoming(become), shell];
	return {
		command: ['exec', program, ...before, '-c', `'${loader}'`, 'regmedic', nonce, ...args].join(' '),
		argv: [program, ...before, '-c', loader, 'regmedic', nonce, ...args],
		head,
	};
}

type EnvelopeReader = {
	push(chunk: Uint8Array): void;
	/** The script has begun. */
	readonly begun: boolean;
	/** Set only when the whole trailer has arrived. */
	readonly exitCode: number | undefined;
};

/**
 * Drops what login shells print first, passes on what the script prints, and finds the trailer. Bytes that may be the
 * beginning of a trailer are held back, so `onOutput` never gets a part of one.
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

			held = held.length === 0 ? viewOf(chunk) : Buffer.concat([held, chunk]);
			if (!begun) {
				const at = held.indexOf(start);
				begun = at !== -1;
				// An endless banner must not fill the memory.
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

/** The same bytes: a copy of each chunk would be garbage of the size of all that a script prints. */
function viewOf({buffer, byteOffset, byteLength}: Uint8Array): Buffer {
	return Buffer.from(buffer, byteOffset, byteLength);
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

/** Splits stderr at the mark: before it, a login shell or ssh wrote; after it, the script. */
export function splitStderr(text: string, nonce: string): {before: string; script: string} {
	const mark = `\0B ${nonce}\0`;
	const at = text.indexOf(mark);
	return at === -1 ? {before: text, script: text} : {before: text.slice(0, at), script: text.slice(at + mark.length)};
}
