import {createHash} from 'node:crypto';
import type {AnyAuthMethod, Client} from 'ssh2';
import {defined} from '../../../domain/defined.ts';
import type {OperatorError} from '../../../domain/errors.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {hostKeyRefused, misconfigured, unauthorized, unreachable} from '../errors.ts';
import {
	type HostKeyVerdict,
	judgeHostKey,
	type KnownHost,
	knownHostsName,
	linesFor,
	readHostKeys,
} from './known-hosts.ts';
import type {SshTarget} from './ssh-target.ts';
import {readUserFile} from './user-file.ts';

const readyTimeoutMs = 15_000;
const keepaliveIntervalMs = 15_000;
const keepaliveCount = 3;

/**
 * Connects and logs in once. It never retries: sshd penalises repeated failures. @see sshd_config(5), PerSourcePenalties
 * @throws OperatorError ssh.unreachable | ssh.unauthorized | ssh.config | ssh.host-key-unknown and its like
 */
export async function connectSsh2(
	target: SshTarget,
	place: string,
	{signal}: Waiting,
): Promise<{client: Client; hostKey: string | undefined}> {
	const {host, port, user} = target;
	const verifier = createHostVerifier(await readHostKeys(target), target, place);
	const methods = await loginMethods(target);
	if (methods.length === 0) {
		throw unauthorized(place, `there is no usable key for ${user}`);
	}

	// Loaded only when needed: it costs a tenth of a second, and most people use the system's ssh.
	const {default: ssh2} = await import('ssh2');
	const client = new ssh2.Client();
	const ready = Promise.withResolvers<void>();
	client.once('ready', ready.resolve);
	client.on('error', error => ready.reject(verifier.refusal() ?? connectError(error, place)));
	client.once('close', () => ready.reject(verifier.refusal() ?? unreachable(place, 'the connection was closed')));
	const stop = () => ready.reject(signal.reason);
	signal.throwIfAborted();
	signal.addEventListener('abort', stop, {once: true});
	client.connect({
		host,
		port,
		username: user,
		authHandler: methods,
		hostVerifier: verifier.verify,
		readyTimeout: readyTimeoutMs,
		keepaliveInterval: keepaliveIntervalMs,
		keepaliveCountMax: keepaliveCount,
		algorithms: {
			kex: [
				'curve25519-sha256',
				'curve25519-sha256@libssh.org',
				'ecdh-sha2-nistp256',
				'ecdh-sha2-nistp384',
				'ecdh-sha2-nistp521',
			],
			serverHostKey: verifier.algorithms,
			cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'],
			hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
		},
	});

	try {
		await ready.promise;
	} catch (error) {
		client.destroy();
		throw error;
	} finally {
		signal.removeEventListener('abort', stop);
	}

	client.setNoDelay(true);
	return {client, hostKey: verifier.presented()};
}

/** The agent first, then each key file that exists and needs no passphrase. */
async function loginMethods({user, agent, identityFiles}: SshTarget): Promise<AnyAuthMethod[]> {
	const {default: ssh2} = await import('ssh2');
	const methods: AnyAuthMethod[] = agent === undefined ? [] : [{type: 'agent', username: user, agent}];

	for (const file of identityFiles) {
		const key = await readUserFile(file).catch(() => undefined);
		if (key !== undefined && !(ssh2.utils.parseKey(key) instanceof Error)) {
			methods.push({type: 'publickey', username: user, key});
		}
	}

	return methods;
}

function connectError(error: Error & {level?: string}, place: string): OperatorError {
	if (error.level === 'client-authentication') {
		return unauthorized(place, error.message, error);
	}

	return /no matching/.test(error.message)
		? misconfigured(
				`${place}: ${error.message}`,
				'The built-in transport lacks an algorithm that the host requires: use the system’s ssh.',
				error,
			)
		: unreachable(place, error.message, error);
}

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
	/** The fingerprint of the key. */
	presented(): string | undefined;
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
	let presented: string | undefined;

	return {
		algorithms: [...keyAlgorithms.filter(isKnown), ...keyAlgorithms.filter(algorithm => !isKnown(algorithm))],
		verify(key, answer) {
			presented = fingerprint(key);
			const verdict = judgeHostKey(lines, name, key);
			const trusted = verdict.state === 'trusted';
			if (verdict.state !== 'trusted') {
				const detail = [`It presents ${presented}.`, ...sayKnown(verdict)].join(' ');
				refused = hostKeyRefused(verdict.state, place, hostName, {detail});
			}

			answer(trusted === true);
		},
		presented: () => presented,
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
