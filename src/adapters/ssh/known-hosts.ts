import {createHmac, timingSafeEqual} from 'node:crypto';

/**
 * One line of a known_hosts file that names a key.
 * @see sshd(8), SSH_KNOWN_HOSTS FILE FORMAT
 */
export type KnownHost = {
	marker?: 'cert-authority' | 'revoked';
	hosts: string;
	keyType: string;
	/** base64, as it stands in the file */
	key: string;
};

export type HostKeyVerdict =
	| {state: 'trusted'}
	/** `authority`: a certificate authority vouches for this host, which takes a client that reads certificates. */
	| {state: 'unknown'; authority: boolean}
	/** Another key is known for this name, of whatever type. @see openssh-portable hostfile.c, check_key_in_hostkeys */
	| {state: 'changed'; knownTypes: string[]}
	| {state: 'revoked'};

export function parseKnownHosts(text: string): KnownHost[] {
	return text.split('\n').flatMap(line => {
		const fields = line.trim().split(/[ \t]+/);
		const marked = fields[0]?.startsWith('@') === true;
		const [hosts, keyType, key] = marked ? fields.slice(1) : fields;
		const marker = fields[0]?.slice(1);

		if (line.trim().startsWith('#') || !hosts || !keyType || !key || !/^[A-Za-z0-9+/]+={0,2}$/.test(key)) {
			return [];
		}

		if (!marked) {
			return [{hosts, keyType, key}];
		}

		return marker === 'cert-authority' || marker === 'revoked' ? [{marker, hosts, keyType, key}] : [];
	});
}

/** The name a host's key stands under: HostKeyAlias as it is, else the host as typed, with a port that is not 22. */
export function knownHostsName(host: string, port = 22): string {
	const name = host.toLowerCase();
	return port === 22 ? name : `[${name}]:${port}`;
}

/** Lines that speak about this name. */
export function linesFor(lines: readonly KnownHost[], name: string): KnownHost[] {
	return lines.filter(({hosts}) => (hosts.startsWith('|') ? matchesHash(hosts, name) : matchesPatterns(hosts, name)));
}

/** Any line may vouch for the key; a revoked line outranks them all, whatever host it names the key for. */
export function judgeHostKey(lines: readonly KnownHost[], name: string, key: Uint8Array): HostKeyVerdict {
	const offered = Buffer.from(key).toString('base64');
	const about = linesFor(lines, name);

	if (about.some(line => line.marker === 'revoked' && sameKey(line.key, offered))) {
		return {state: 'revoked'};
	}

	const plain = about.filter(line => line.marker === undefined);
	if (plain.some(line => sameKey(line.key, offered))) {
		return {state: 'trusted'};
	}

	return plain.length > 0
		? {state: 'changed', knownTypes: [...new Set(plain.map(line => line.keyType))]}
		: {state: 'unknown', authority: about.some(line => line.marker === 'cert-authority')};
}

/** base64 may differ in its padding. */
function sameKey(a: string, b: string): boolean {
	return a.replace(/=+$/, '') === b.replace(/=+$/, '');
}

function matchesHash(hosts: string, name: string): boolean {
	const [, version, salt = '', hash = ''] = hosts.split('|');
	const wanted = Buffer.from(hash, 'base64');
	const got = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
	return version === '1' && wanted.length === got.length && timingSafeEqual(wanted, got);
}

/** A negated pattern that matches rules the whole line out. */
function matchesPatterns(hosts: string, name: string): boolean {
	const patterns = hosts.toLowerCase().split(',');
	const excluded = patterns.some(pattern => pattern.startsWith('!') && matches(pattern.slice(1), name));
	return !excluded && patterns.some(pattern => !pattern.startsWith('!') && matches(pattern, name));
}

function matches(pattern: string, name: string): boolean {
	const source = pattern
		.replace(/[.+^${}()|[\]\\]/g, '\\$&')
		.replace(/\*+/g, '.*')
		.replace(/\?/g, '.');
	return new RegExp(`^${source}$`).test(name);
}
