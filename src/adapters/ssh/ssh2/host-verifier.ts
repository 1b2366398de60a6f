import {createHash} from 'node:crypto';
import {defined} from '../../../domain/defined.ts';
import type {OperatorError} from '../../../domain/errors.ts';
import {hostKeyRefused} from '../errors.ts';
import {type HostKeyVerdict, judgeHostKey, type KnownHost, knownHostsName, linesFor} from './known-hosts.ts';
import type {SshTarget} from './ssh-target.ts';

/** In ssh2's own order, without SHA-1. The key types known for a host come first, as in OpenSSH. */
const keyAlgorithms = [
	'ssh-ed25519',
	'ecdsa-sha2-nistp256',
	'ecdsa-sha2-nistp384',
	'ecdsa-sha2-nistp521',
	'rsa-sha2-512',
	'rsa-sha2-256',
] as const;

type HostVerifier = {
	/** In the order in which the host should prefer them. */
	algorithms: (typeof keyAlgorithms)[number][];
	/** For ssh2, which refuses a key only on a strict `false`: undefined, a promise, null and 0 all connect. */
	verify(key: Buffer, answer: (trusted: boolean) => void): void;
	/** Why the key was refused, if it was. */
	refusal(): OperatorError | undefined;
};

export function createHostVerifier(lines: readonly KnownHost[], target: SshTarget, place: string): HostVerifier {
	const {host, port, hostKeyAlias, knownHostsFiles} = target;
	const name = hostKeyAlias ?? knownHostsName(host, port);
	const known = new Set(linesFor(lines, name).flatMap(line => (line.marker === undefined ? [line.keyType] : [])));
	const isKnown = (algorithm: string) => known.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
	const hostName = {host, port, ...defined({knownHostsFile: knownHostsFiles[0]})};
	let refused: OperatorError | undefined;

	return {
		algorithms: [...keyAlgorithms.filter(isKnown), ...keyAlgorithms.filter(algorithm => !isKnown(algorithm))],
		verify(key, answer) {
			const verdict = judgeHostKey(lines, name, key);
			const trusted = verdict.state === 'trusted';
			if (verdict.state !== 'trusted') {
				const detail = [`It presents ${fingerprint(key)}.`, ...sayKnown(verdict)].join(' ');
				refused = hostKeyRefused(verdict.state, place, hostName, {detail});
			}

			answer(trusted === true);
		},
		refusal: () => refused,
	};
}

function sayKnown(verdict: HostKeyVerdict): string[] {
	if (verdict.state === 'changed') {
		return [`The known key is of type ${verdict.knownTypes.join(', ')}.`];
	}

	return verdict.state === 'unknown' && verdict.authority
		? ['A certificate authority is known for it: only the system’s ssh can check its certificate.']
		: [];
}

/** As `ssh-keygen -l` prints it. */
function fingerprint(key: Uint8Array): string {
	return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
