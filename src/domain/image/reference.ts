import {defined} from '../defined.ts';
import {OperatorError} from '../errors.ts';
import {type Digest, isDigest} from './digest.ts';
import {isHub} from './docker-hub.ts';

/** `host[:port]/repository:tag` or `…@digest`. It has a tag or a digest; with both, the digest decides. */
export type ImageReference = {
	host: string;
	repository: string;
	tag?: string;
	digest?: Digest;
};

const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagShape = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const hostShape = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?$/;

/**
 * Reads a whole reference. Docker's own registry keeps `alpine` as `library/alpine`. A name without a host is refused: in an incident, guessing a public registry is never right.
 * @see distribution/reference for the grammar
 * @throws OperatorError reference.malformed
 */
export function parseReference(text: string): ImageReference {
	const login = /^[^/@]*:.*@(?!sha\d+:)/i.exec(text)?.[0];
	if (login !== undefined) {
		throw malformed(`…@${text.slice(login.length)}`, 'it begins with a login, which is not repeated here');
	}

	const host = hostPart(text);

	if (!isHost(host)) {
		throw malformed(text, 'it does not start with a registry host');
	}

	const [named, digest, ...more] = text.slice(host.length + 1).split('@');
	const colon = named!.lastIndexOf(':');
	const written = colon === -1 ? named! : named!.slice(0, colon);
	const repository = isHub(host.toLowerCase()) && !written.includes('/') ? `library/${written}` : written;
	const tag = colon === -1 ? undefined : named!.slice(colon + 1);

	if (more.length > 0 || !isRepositoryName(repository)) {
		throw malformed(text, `"${repository}" is not a repository name`);
	}

	if (tag !== undefined && !tagShape.test(tag)) {
		throw malformed(text, `"${tag}" is not a tag`);
	}

	if (digest !== undefined && !isDigest(digest)) {
		throw malformed(text, `"${digest}" is not a digest`);
	}

	return {
		host: host.toLowerCase(),
		repository,
		...(digest === undefined ? {tag: tag ?? 'latest'} : {digest, ...defined({tag})}),
	};
}

/** What stands before the first slash, whether it is a host or not; empty without a slash. */
export function hostPart(text: string): string {
	return text.slice(0, Math.max(0, text.indexOf('/')));
}

export function isHost(text: string): boolean {
	const port = Number(/:(\d+)$/.exec(text)?.[1] ?? 1);
	return hostShape.test(text) && port >= 1 && port <= 65_535 && (/[.:]/.test(text) || text === 'localhost');
}

export function isRepositoryName(text: string): boolean {
	return text.length <= 255 && text.split('/').every(part => component.test(part));
}

export function isTag(text: string): boolean {
	return tagShape.test(text);
}

export function formatReference({host, repository, tag, digest}: ImageReference): string {
	return `${host}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** What is requested from the registry: the digest where there is one, else the tag. */
export function target({tag, digest}: ImageReference): string {
	return digest ?? tag ?? 'latest';
}

/** `infra-ci:latest`: the image without its registry, for titles. */
export function shortName({repository, tag, digest}: ImageReference): string {
	return tag === undefined ? `${repository}@${digest?.slice(0, 19)}` : `${repository}:${tag}`;
}

/** Loopback hosts are reached over plain HTTP. @param host with or without a port */
export function isLoopback(host: string): boolean {
	const name = host.replace(/:\d+$/, '').toLowerCase();
	return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name);
}

function malformed(text: string, why: string): OperatorError {
	return new OperatorError('reference.malformed', `"${text}" is not an image reference: ${why}.`, {
		hint: 'Write it as host[:port]/repository:tag, for example registry.example:5050/infra-ci:latest.',
		exit: 'usage',
	});
}
