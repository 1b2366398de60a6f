import {createHash} from 'node:crypto';
import type {OperatorError} from '../../domain/errors.ts';
import {hostKeyRefused} from './errors.ts';
import {judgeHostKey, type KnownHost, knownHostsName, linesFor} from './known-hosts.ts';
import type {SshTarget} from './ssh-target.ts';

/** ssh2's own order, without SHA-1. The key types known for a host come first, as OpenSSH has it. */
const keyAlgorithms = [
	'ssh-ed25519',
	'ecdsa-sha2-nistp256',
	'ecdsa-sha2-nistp384',
	'ecdsa-sha2-nistp521',
	'rsa-sha2-512',
	'rsa-sha2-256',
] as const;

export type HostVerifier = {
	/** In the order in which the host should prefer them. */
	algorithms: (typeof keyAlgorithms)[number][];
	/** For ssh2, which takes anything but a strict `false` for a yes: undefined, a promise, null and 0 all connect. */
	verify(key: Buffer, answer: (trusted: boolean) => void): void;
	/** Why the key was refused, if it was. */
	refusal(): OperatorError | undefined;
};

export function createHostVerifier(lines: readonly KnownHost[], target: SshTarget, place: string): HostVerifier {
	const {host, port, hostKeyAlias, knownHostsFiles} = target;
	const name = hostKeyAlias ?? knownHostsName(host, port);
	const known = new Set(linesFor(lines, name).flatMap(line => (line.marker === undefined ? [line.keyType] : [])));
	const isKnown = (algorithm: string) => known.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
	const shown = {host, port, ...(knownHostsFiles[0] === undefined ? {} : {knownHostsFile: knownHostsFiles[0]})};
	let refused: OperatorError | undefined;

	return {
		algorithms: [...keyAlgorithms.filter(isKnown), ...keyAlgorithms.filter(algorithm => !isKnown(algorithm))],
		verify(key, answer) {
			const verdict = judgeHostKey(lines, name, key);
			const trusted = verdict.state === 'trusted';
			if (verdict.state !== 'trusted') {
				refused = hostKeyRefused(
					verdict.state,
					place,
					shown,
					undefined,
					` It shows ${fingerprint(key)}.${aside(verdict)}`,
				);
			}

			answer(trusted === true);
		},
		refusal: () => refused,
	};
}

function aside(verdict: ReturnType<typeof judgeHostKey>): string {
	if (verdict.state === 'changed') {
		return ` Known is its ${verdict.knownTypes.join(', ')} key.`;
	}

	return verdict.state === 'unknown' && verdict.authority
		? ' A certificate authority is known for it: only the system’s ssh can check that.'
		: '';
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(key: Uint8Array): string {
	return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
